internal import CertificateTransparency
internal import Identity
internal import OpenSSL

/// Reads and checks what the operator said about other logs (CA specification 6.2, 6.5).
enum RemoteLogFiles {
    /// The longest that the logs may take: what is left of a request's 55 seconds is for the token and the keys.
    private static let maximumBudget: Duration = .seconds(40)

    /// The settings of every other log; empty when there is none.
    ///
    /// Throws every mistake at once, one line each; warnings are added to `warnings`.
    static func settings(
        _ options: ServerOptions, warnings: inout [String]
    ) throws(ConfigurationMistakes) -> [RemoteLogSettings] {
        var mistakes: [String] = []
        let logs: [RemoteLogOptions] = if case .remote(let logs) = options.log { logs } else { [] }
        if case .remote = options.log, logs.isEmpty { mistakes.append("--ct-log-url names no log") }
        mistakes += flowMistakes(options, logs)
        let settings = logs.compactMap { log in
            read(log, budget: options.logBudget, mistakes: &mistakes, warnings: &warnings)
        }
        if Set(settings.map(\.url)).count < settings.count { mistakes.append("--ct-log-url names a log twice") }
        let keys = settings.compactMap { $0.key?.subjectPublicKeyInfo.sha256 }
        if Set(keys).count < keys.count { mistakes.append("--ct-log-public-key-path: two logs have one key") }
        if settings.count > 1 {
            warnings.append("certificates carry \(settings.count) timestamps: widely used clients accept exactly one")
        }
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        return settings
    }

    /// What does not go together, whatever the files say.
    private static func flowMistakes(_ options: ServerOptions, _ logs: [RemoteLogOptions]) -> [String] {
        var mistakes: [String] = []
        if options.submitsCertificates, logs.count > 1 {
            mistakes.append("--ct-log-submission certificate goes with one --ct-log-url alone")
        }
        if options.submitsCertificates, case .none = options.log {
            mistakes.append("--ct-log-submission certificate needs a log")
        }
        if !logs.isEmpty, options.logBudget < .seconds(1) || options.logBudget > maximumBudget {
            mistakes.append("--ct-log-budget must be from 1 to \(maximumBudget.components.seconds) seconds")
        }
        return mistakes
    }

    private static func read(
        _ log: RemoteLogOptions, budget: Duration, mistakes: inout [String], warnings: inout [String]
    ) -> RemoteLogSettings? {
        let count = mistakes.count
        let address = address(log, &mistakes)
        let key = log.publicKeyFile.flatMap { Self.key($0, &mistakes) }
        let roots = log.tlsAuthorityFile.map { Self.roots($0, &mistakes) } ?? []
        let host = log.origin.map { HTTPAddress("http://\($0)") }
        if let host, host?.path != "" || host?.query != nil {
            mistakes.append("--ct-log-origin must be a host, with or without a port")
        }
        guard let address, mistakes.count == count else { return nil }
        let url = address.text.trimmingTrailingSlashes
        if log.publicKeyFile == nil {
            warnings.append(
                "\(url): without --ct-log-public-key-path timestamps stay unchecked; clients may refuse them")
        }
        if address.origin.scheme == .http, !address.origin.isLoopback {
            warnings.append("\(url): certificates travel to the log in clear text")
        }
        return RemoteLogSettings(url: url, host: log.origin, key: key, trustRoots: roots, budget: budget)
    }

    private static func address(_ log: RemoteLogOptions, _ mistakes: inout [String]) -> HTTPAddress? {
        guard let address = HTTPAddress(log.url), address.query == nil else {
            mistakes.append("--ct-log-url must be an absolute http or https URL without a query")
            return nil
        }
        return address
    }

    private static func key(_ path: String, _ mistakes: inout [String]) -> PublicKey? {
        do {
            return try RemoteLogKey.read(pem: try PrivateFile.read(path, readers: .anyone))
        } catch let refusal as RemoteLogKey.Refusal {
            mistakes.append("--ct-log-public-key-path=\(path): \(refusal)")
        } catch {
            mistakes.append("--ct-log-public-key-path: \(error)")
        }
        return nil
    }

    private static func roots(_ path: String, _ mistakes: inout [String]) -> [Certificate] {
        do {
            let blocks = PEM.blocks(in: try PrivateFile.read(path, readers: .anyone)) ?? []
            let roots = blocks.compactMap { $0.label == "CERTIFICATE" ? try? Certificate(der: $0.bytes) : nil }
            if !roots.isEmpty, roots.count == blocks.count { return roots }
            mistakes.append("--ct-log.tls-ca-cert=\(path): not certificates in PEM")
        } catch {
            mistakes.append("--ct-log.tls-ca-cert: \(error)")
        }
        return []
    }
}

extension String {
    /// The text without the slashes at its end.
    fileprivate var trimmingTrailingSlashes: String {
        var text = self[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text)
    }
}
