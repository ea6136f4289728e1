internal import Identity
internal import Issuance

/// What the operator chose for one run of the server.
package struct ServerOptions: Sendable {
    /// Keys, certificates and log.
    package let dataDirectory: DataDirectory

    /// The path of the Fulcio identity configuration.
    package let issuerFile: String

    /// The address and port of the API and the log; port 0 takes a free one.
    package let host: String
    package let port: Int

    /// The address and port of the metrics; port 0 takes a free one.
    package let metricsHost: String
    package let metricsPort: Int

    /// The names of the algorithms that clients may sign with, separated by commas.
    package let algorithms: String

    /// Whether the published example keys are accepted.
    package let isDevelopment: Bool

    /// Options; nothing is checked yet.
    package init(
        dataDirectory: DataDirectory, issuerFile: String, host: String, port: Int, metricsHost: String,
        metricsPort: Int, algorithms: String, isDevelopment: Bool
    ) {
        self.dataDirectory = dataDirectory
        self.issuerFile = issuerFile
        self.host = host
        self.port = port
        self.metricsHost = metricsHost
        self.metricsPort = metricsPort
        self.algorithms = algorithms
        self.isDevelopment = isDevelopment
    }

    /// The key policy; adds a mistake for each unknown name and a warning for each that promises more than it does.
    func keyPolicy(mistakes: inout [String], warnings: inout [String]) -> KeyPolicy {
        var algorithms: [ClientSigningAlgorithm] = []
        for name in self.algorithms.split(separator: ",").map(String.init) {
            guard let algorithm = ClientSigningAlgorithm(rawValue: name) else {
                mistakes.append("could not find matching signature algorithm for flag: \(name)")
                continue
            }
            if algorithm.isMisleading {
                warnings.append("\(name) is compared by key and hash alone: it admits PKCS #1 v1.5 or pure signatures")
            }
            algorithms.append(algorithm)
        }
        if algorithms.isEmpty { mistakes.append("--client-signing-algorithms names no algorithm") }
        return KeyPolicy(allowed: algorithms)
    }

    /// Whether a host is this machine alone.
    var isLoopback: Bool {
        host == "localhost" || IPAddress(text: host)?.reach == .loopback
    }
}
