package import CertificateTransparency
internal import Identity
internal import Issuance
package import TransparencyLog

/// What the operator chose for one run of the server; nothing is checked yet.
package struct ServerOptions: Sendable {
    /// Keys, certificates and log; nil when the CA and the log are elsewhere.
    package var dataDirectory: DataDirectory?

    /// The path of the Fulcio identity configuration; nil for the built-in issuers.
    package var issuerFile: String?

    /// Where HTTP is served, gRPC with it.
    package var http: ListenAddress

    /// Where gRPC is served as well; equal to `http` for one port.
    package var grpc: ListenAddress

    /// Where the metrics are served.
    package var metrics: ListenAddress

    /// TLS on the port of HTTP; nil for clear text.
    package var tls: TLSFiles?

    /// TLS on the port of gRPC; nil for clear text.
    package var grpcTLS: TLSFiles?

    /// Where the chain and key that issue come from.
    package var authority = AuthoritySource.dataDirectory

    /// Where certificates are logged.
    package var log = LogChoice.own

    /// Whose chains the own log takes over HTTP.
    package var logAcceptance = LogAcceptance.own

    /// Where the log's monitoring prefix is served instead of on the port of HTTP; nil for there.
    package var logMonitoring: ListenAddress?

    /// The origin at which clients reach the monitoring prefix; nil when it is the public URL's, or that host at the
    /// port of `logMonitoring`.
    package var logMonitoringURL: PublicURL?

    /// Whether the certificate itself goes to the log and its timestamp stands beside it, instead of a precertificate.
    package var submitsCertificates = false

    /// How long other logs may take to answer for one request, with all tries.
    package var logBudget = Duration.seconds(25)

    /// How long a connection to the API may be idle.
    package var idleTimeout = Duration.seconds(30)

    /// How long a client may take for an answer.
    package var writeTimeout = Duration.seconds(60)

    /// How much one client, or the clients of one issuer, may have at once.
    package var shares = ShareLimits()

    /// How long a connection to the metrics may be without a request.
    package var readHeaderTimeout = Duration.seconds(10)

    /// The file that remembers the newest head shown, apart from the log; nil for one beside the log.
    ///
    /// It is the first shard's; see `ShardSettings.guardFile`.
    package var logGuardFile: String?

    /// Seconds from the beginning of one recomputation of the whole log to the beginning of the next.
    package var logScrubInterval = 7 * 86_400

    /// Whether whole pages of entries end at multiples of their size.
    package var alignsLogPages = false

    /// How many pages and proofs one address may ask the own log for in a second; 0 for no limit.
    package var logReadLimit = 0

    /// The file with the token for submissions to the own log; nil when there is none.
    package var logSubmitTokenFile: String?

    /// The proxies whose `X-Forwarded-For` counts.
    package var trustedProxies = TrustedProxies()

    /// The file that names the witnesses of the own log; nil for none.
    package var witnessPolicyFile: String?

    /// What it means for the own log when witnesses do not cosign.
    package var witnessMode = WitnessMode.failOpen

    /// Whether the server looks at its own log through the public URL.
    package var auditsOwnLog = false

    /// The file of the audit stream; nil for none.
    package var auditFile: String?

    /// Whether the audit stream names the subjects of tokens.
    package var auditsSubjects = true

    /// Whether issuance goes on when the audit stream cannot be written.
    package var issuesWithoutAudit = false

    /// Where auditors look certificates up; nil for nowhere.
    package var auditListener: AuditListener?

    /// Whether the own log is indexed for that.
    package var hasAuditIndex = false

    /// The names of the algorithms that clients may sign with, separated by commas.
    package var algorithms: String

    /// Whether the published example keys are accepted.
    package var isDevelopment: Bool

    /// Options with the CA and the log of a data directory.
    package init(
        dataDirectory: DataDirectory?, issuerFile: String?, http: ListenAddress, grpc: ListenAddress,
        metrics: ListenAddress, algorithms: String, isDevelopment: Bool
    ) {
        self.dataDirectory = dataDirectory
        self.issuerFile = issuerFile
        self.http = http
        self.grpc = grpc
        self.metrics = metrics
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

    /// Whether the chain and key are read again when their files change.
    var watchesIssuingFiles: Bool {
        if case .files(_, _, _, let isWatched) = authority { isWatched } else { true }
    }

    /// The files that are read again while the server runs.
    var watchedPaths: [String] {
        var paths = [
            issuerFile, tls?.certificate, tls?.key, grpcTLS?.certificate, grpcTLS?.key, logSubmitTokenFile,
            auditListener?.tokenFile,
        ].compactMap(\.self)
        if let ownLogDirectory { paths.append(ownLogDirectory.settings) }
        switch authority {
        case .dataDirectory:
            if let dataDirectory { paths += [dataDirectory.chain, dataDirectory.issuingKey] }
        case .files(let certificate, let key, _, true): paths += [certificate, key]
        case .files, .ephemeral: break
        }
        return paths
    }

    /// Whether the API is served to this machine alone.
    var isLoopback: Bool { http.isLoopback && grpc.isLoopback }
}
