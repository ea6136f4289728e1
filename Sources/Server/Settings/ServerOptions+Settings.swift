internal import CertificateTransparency
internal import Identity
internal import OpenSSL
internal import TransparencyLog

extension ServerOptions {
    /// What the settings mean together; throws every mistake in them at once.
    ///
    /// `requiresAuthority` is false when nothing is to be served, so that neither a CA nor a data directory is missed.
    /// `exists` says whether a default configuration file is there. Adds to the warnings what is allowed but may not be
    /// meant.
    package init(
        _ settings: Settings, requiresAuthority: Bool = true, warnings: inout [String],
        exists: (String) -> Bool = PrivateFile.exists
    ) throws(SettingMistakes) {
        var mistakes: [String] = []
        self.init(
            dataDirectory: settings.text("data-dir").map { DataDirectory($0) },
            issuerFile: Self.issuerFile(settings, &mistakes, exists),
            http: ListenAddress(host: settings.text("host") ?? "", port: settings.number("port")),
            grpc: ListenAddress(host: settings.text("grpc-host") ?? "", port: settings.number("grpc-port")),
            metrics: ListenAddress(host: settings.text("metrics-host") ?? "", port: settings.number("metrics-port")),
            algorithms: settings.texts("client-signing-algorithms").joined(separator: ","),
            isDevelopment: settings.toggle("development"))
        for name in ["host", "grpc-host", "metrics-host"] where settings.text(name) == nil {
            mistakes.append("\(name) is empty")
        }
        if settings.text("passphrase-file") != nil, settings.text("passphrase-fd") != nil {
            mistakes.append("give either passphrase-file or passphrase-fd, not both")
        }
        tls = Self.tlsFiles("", settings, &mistakes)
        grpcTLS = Self.tlsFiles("grpc-", settings, &mistakes)
        authority = settings.authority(&mistakes, &warnings) ?? .dataDirectory
        if requiresAuthority, settings.isFileUsable, !settings.isChosen("ca"), dataDirectory == nil {
            mistakes.append("required flag \"ca\" not set; or give --data-dir with the CA that mintmark init made")
        }
        log = settings.logChoice(&mistakes, &warnings)
        logAcceptance = settings.text("log-accept").flatMap(LogAcceptance.init) ?? .own
        logMonitoring = settings.text("log-monitoring-port").map { _ in
            ListenAddress(host: http.host, port: settings.number("log-monitoring-port"))
        }
        logGuardFile = settings.text("log-guard")
        logScrubInterval = settings.number("log-scrub-interval")
        alignsLogPages = settings.toggle("log-align-entries")
        logReadLimit = settings.number("log-read-limit")
        logSubmitTokenFile = settings.text("log-submit-token-file")
        trustedProxies = settings.trustedProxies(&mistakes)
        witnessPolicyFile = settings.text("witness-policy")
        witnessMode = settings.text("witness-mode").flatMap(WitnessMode.init) ?? .failOpen
        auditsOwnLog = settings.text("log-self-audit") == "on"
        logMonitoringURL = settings.logMonitoringURL(&mistakes)
        submitsCertificates = settings.text("ct-log-submission") == "certificate"
        logBudget = .seconds(settings.number("ct-log-budget"))
        idleTimeout = settings.duration("idle-connection-timeout")
        readHeaderTimeout = settings.duration("read-header-timeout")
        writeTimeout = settings.duration("write-timeout")
        if writeTimeout > .seconds(60) { mistakes.append("write-timeout must be from 100ms to 1m") }
        shares.connections = settings.number("max-connections")
        shares.connectionsPerAddress = settings.number("max-connections-per-address")
        shares.signingPerAddress = settings.number("max-signing-per-address")
        shares.signingPerIssuer = settings.number("max-signing-per-issuer")
        auditFile = settings.text("audit-log")
        auditsSubjects = settings.toggle("audit-subject")
        issuesWithoutAudit = settings.text("audit-failure") == "continue"
        auditListener = AuditListener(settings, log, &mistakes, &warnings)
        hasAuditIndex = settings.isChosen("audit-index") ? settings.toggle("audit-index") : auditListener != nil
        warnings += exposureWarning
        var all = settings.mistakes
        all.other += mistakes
        guard all.lines.isEmpty else { throw all }
    }

    /// The file of the issuers; the default one may be absent, then its sibling counts, then the built-in issuers.
    private static func issuerFile(
        _ settings: Settings, _ mistakes: inout [String], _ exists: (String) -> Bool
    ) -> String? {
        guard settings.isChosen("config-path") else { return BuiltInIssuers.defaultFiles.first(where: exists) }
        if settings.text("config-path") == nil { mistakes.append("config-path is empty") }
        return settings.text("config-path")
    }

    private static func tlsFiles(_ prefix: String, _ settings: Settings, _ mistakes: inout [String]) -> TLSFiles? {
        let (certificate, key) = ("\(prefix)tls-certificate", "\(prefix)tls-key")
        switch (settings.text(certificate), settings.text(key)) {
        case (nil, nil): return nil
        case (let chain?, let key?): return TLSFiles(certificate: chain, key: key)
        case (nil, _): mistakes.append("\(certificate) must be set when \(key) is")
        case (_, nil): mistakes.append("\(key) must be set when \(certificate) is")
        }
        return nil
    }

    /// One line about the ports that others than this machine reach without TLS.
    private var exposureWarning: [String] {
        let open = [("HTTP", http, tls), ("gRPC", grpc, grpcTLS ?? tls)].filter { $0.2 == nil && !$0.1.isLoopback }
        guard !open.isEmpty else { return [] }
        let ports = open.map { "\($0.0) on \($0.1.host) port \($0.1.port)" }.joined(separator: " and ")
        return ["\(ports) without TLS: tokens travel in clear text unless a proxy terminates TLS"]
    }
}

extension Settings {
    /// The back end that the settings name (CA specification 7); nil for the data directory's, and after mistakes.
    fileprivate func authority(_ mistakes: inout [String], _ warnings: inout [String]) -> AuthoritySource? {
        if text("ca") != "fileca" {
            let idle = ["fileca-cert", "fileca-key", "fileca-key-passwd", "fileca-key-passwd-file"].filter(isChosen)
            warnings += idle.map { "\($0) has no effect without --ca fileca" }
        }
        guard isChosen("ca") else { return nil }
        switch text("ca") {
        case "fileca": return fileAuthority(&mistakes, &warnings)
        case "ephemeralca": return .ephemeral
        case let other:
            mistakes.append("--ca=\(other?.debugQuoted ?? "") is not a valid selection. Try: fileca, or ephemeralca")
            return nil
        }
    }

    private func fileAuthority(_ mistakes: inout [String], _ warnings: inout [String]) -> AuthoritySource? {
        let (certificate, key) = (text("fileca-cert"), text("fileca-key"))
        if certificate == nil {
            mistakes.append("fileca-cert must be set to certificate path when using fileca")
        }
        if key == nil { mistakes.append("fileca-key must be set to private key path when using fileca") }
        let passphrase = filePassphrase(&mistakes, &warnings)
        guard let certificate, let key else { return nil }
        return .files(certificate: certificate, key: key, passphrase: passphrase, isWatched: toggle("fileca-watch"))
    }

    /// The password of fileca's key; nil for an empty one.
    private func filePassphrase(_ mistakes: inout [String], _ warnings: inout [String]) -> Passphrase? {
        let file = text("fileca-key-passwd-file")
        switch (isChosen("fileca-key-passwd"), file) {
        case (false, nil):
            mistakes.append(
                "fileca-key-passwd must be set to encryption password for private key file when using fileca")
        case (true, .some):
            mistakes.append("give either fileca-key-passwd or fileca-key-passwd-file, not both")
        case (false, let path?):
            if PrivateFile.isReadableByOthers(path) {
                warnings.append("others than its owner may read fileca-key-passwd-file \(path)")
            }
            do {
                return try PassphraseLine.read(path, mayBeEmpty: true)
            } catch let error as ConfigurationMistakes {
                mistakes += error.lines
            } catch {
                mistakes.append("\(error)")
            }
        case (true, nil):
            guard let password = text("fileca-key-passwd") else { return nil }
            do {
                return try Passphrase(Array(password.utf8))
            } catch {
                mistakes.append("fileca-key-passwd is longer than 1,024 octets")
            }
        }
        return nil
    }

    /// The proxies whose word about addresses counts; adds a mistake for each text that is no network.
    fileprivate func trustedProxies(_ mistakes: inout [String]) -> TrustedProxies {
        let networks = texts("trusted-proxies").filter { !$0.isEmpty }.compactMap { text in
            let network = IPNetwork(text: text)
            if network == nil { mistakes.append("trusted-proxies: \(text.debugQuoted) is no address or network") }
            return network
        }
        return TrustedProxies(networks)
    }

    /// The origin of the own log's monitoring prefix; nil when none is named, and after a mistake.
    fileprivate func logMonitoringURL(_ mistakes: inout [String]) -> PublicURL? {
        guard let text = text("log-monitoring-url") else { return nil }
        let url = PublicURL(text)
        if url == nil { mistakes.append("--log-monitoring-url must be the http or https URL of an origin") }
        return url
    }

    /// The logs that the settings name (CA specification 6); keys belong to the URLs by their place.
    fileprivate func logChoice(_ mistakes: inout [String], _ warnings: inout [String]) -> LogChoice {
        let keys = texts("ct-log-public-key-path")
        let urls = texts("ct-log-url")
        guard isChosen("ct-log-url") else {
            let idle = ["ct-log-public-key-path", "ct-log-origin", "ct-log.tls-ca-cert"].filter { text($0) != nil }
            warnings += idle.map { "\($0) has no effect without --ct-log-url" }
            return .own
        }
        guard !urls.isEmpty else {
            mistakes.append("ct-log-url names no log; write none")
            return .own
        }
        let idle = [
            "log-accept", "log-monitoring-port", "log-monitoring-url", "log-guard", "log-scrub-interval",
            "log-align-entries", "log-read-limit", "log-submit-token-file", "witness-policy", "witness-mode",
            "log-self-audit",
        ].filter(isChosen)
        warnings += idle.map { "\($0) has no effect with --ct-log-url" }
        let isNone = urls.map { $0.isEmpty || $0 == "none" }
        if isNone.contains(true), urls.count > 1 {
            mistakes.append("ct-log-url names a log and none, or an empty one among several")
            return .none
        }
        if isNone.allSatisfy(\.self) { return .none }
        if keys.count > urls.count { mistakes.append("ct-log-public-key-path has more keys than ct-log-url has logs") }
        let paths = keys + Array(repeating: "", count: max(0, urls.count - keys.count))
        return .remote(
            zip(urls, paths).map { url, path in
                RemoteLogOptions(
                    url: url, publicKeyFile: path.isEmpty ? nil : path, origin: text("ct-log-origin"),
                    tlsAuthorityFile: text("ct-log.tls-ca-cert"))
            })
    }
}
