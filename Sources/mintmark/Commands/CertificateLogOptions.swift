internal import ArgumentParser
internal import Server

/// Where certificates are logged, when not in the log of the data directory.
struct CertificateLogOptions: ParsableArguments {
    @Option(help: "Another log that certificates go to, once per log; none or empty for no log at all.")
    var ctLogUrl: [String] = []

    @Option(help: "The public key of the log, PEM, in the order of the URLs.")
    var ctLogPublicKeyPath: [String] = []

    @Option(help: "The HTTP Host to ask the log for.")
    var ctLogOrigin: String?

    @Option(name: .customLong("ct-log.tls-ca-cert"), help: "The roots to trust for TLS with the log, PEM.")
    var ctLogTLSAuthority: String?

    @Option(help: "What goes to the log: precertificate, or certificate for a timestamp beside it.")
    var ctLogSubmission = Submission.precertificate

    @Option(help: "How many seconds the logs may take for one certificate, with all attempts.")
    var ctLogBudget = 25

    /// What goes to a log.
    enum Submission: String, ExpressibleByArgument, CaseIterable {
        case precertificate
        case certificate
    }

    func validate() throws {
        guard ctLogPublicKeyPath.count <= ctLogUrl.count else {
            throw ValidationError("--ct-log-public-key-path needs a --ct-log-url each")
        }
        guard ctLogUrl.count == 1 || !ctLogUrl.contains(where: Self.isNone) else {
            if ctLogUrl.isEmpty { return }
            throw ValidationError("--ct-log-url is either none or URLs")
        }
    }

    /// Sets what was chosen.
    func apply(to options: inout ServerOptions) {
        options.submitsCertificates = ctLogSubmission == .certificate
        options.logBudget = .seconds(ctLogBudget)
        if ctLogUrl.contains(where: Self.isNone) {
            options.log = .none
        } else if !ctLogUrl.isEmpty {
            options.log = .remote(
                ctLogUrl.enumerated().map { position, url in
                    RemoteLogOptions(
                        url: url, publicKeyFile: ctLogPublicKeyPath.dropFirst(position).first, origin: ctLogOrigin,
                        tlsAuthorityFile: ctLogTLSAuthority)
                })
        }
    }

    private static func isNone(_ url: String) -> Bool { url.isEmpty || url == "none" }
}
