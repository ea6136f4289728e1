import Identity
import OpenSSL
import Testing

@testable import Server

@Suite struct GoDurationTests {
    @Test(
        "lengths of time as Go writes them",
        arguments: [
            ("30s", .seconds(30)), ("1m30s", .seconds(90)), ("500ms", .milliseconds(500)), ("1h", .seconds(3600)),
            ("1.5s", .milliseconds(1500)), (".5s", .milliseconds(500)), ("1.s", .seconds(1)), ("0", .zero),
            ("10us", .microseconds(10)), ("10µs", .microseconds(10)), ("7ns", .nanoseconds(7)),
            ("0.0000001h", .zero), ("2h45m", .seconds(9900)),
        ] as [(String, Duration)])
    func good(text: String, duration: Duration) {
        #expect(GoDuration.parse(text) == duration)
    }

    @Test(
        "anything else is none, whatever its length",
        arguments: [
            "", "30", "s", ".s", "1", "-1s", "+1s", "1d", "1 s", " 1s", "1S", "1,5s", "9999999999999999999s",
            "999999999999h", "1h1", "1s.", "٣s", String(repeating: "1", count: 100_000) + "s",
            String(repeating: "9999999h", count: 1000),
        ])
    func bad(text: String) {
        #expect(GoDuration.parse(text) == nil)
    }
}

@Suite struct SettingsTests {
    private static func settings(
        _ arguments: [String] = [], _ environment: [String: String] = [:]
    ) -> Settings {
        Settings(CommandLineSettings(arguments, switches: []), EnvironmentSettings(environment))
    }

    private static func options(_ arguments: [String], _ warnings: inout [String]) throws -> ServerOptions {
        try ServerOptions(settings(arguments), warnings: &warnings) { _ in false }
    }

    private static func options(_ arguments: String...) throws -> ServerOptions {
        var warnings: [String] = []
        return try options(["--ca=ephemeralca"] + arguments, &warnings)
    }

    private static func mistakes(_ arguments: String...) -> [String] {
        var warnings: [String] = []
        do {
            _ = try options(arguments, &warnings)
            return []
        } catch {
            return (error as? SettingMistakes)?.lines ?? ["\(error)"]
        }
    }

    @Test func `OPS-10 a flag counts before the environment, and that before the file and the default`() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let file = "\(base.path)/c.yaml"
        try PrivateFile.create(file, Array("port: 4\ngrpc-port: 4\nmetrics-port: 4\n".utf8))
        let environment = ["MINTMARK_PORT": "2", "MINTMARK_GRPC_PORT": "2", "FULCIO_SERVE_PORT": "3"]
        let settings = Self.settings(["--port=1", "--config", file], environment)
        #expect(settings.mistakes.lines.isEmpty)
        #expect(["port", "grpc-port", "metrics-port"].map(settings.number) == [1, 2, 4])
        #expect(Self.settings().number("port") == 8080)
    }

    @Test(
        "OPS-10: the variables of one setting, the strongest first; an empty one is none",
        arguments: [
            ["MINTMARK_CT_LOG_TLS_CA_CERT", "FULCIO_SERVE_CT-LOG.TLS-CA-CERT", "FULCIO_SERVE_CT_LOG_TLS_CA_CERT"]
        ])
    func variables(names: [String]) {
        var environment = Dictionary(names.map { ($0, $0) }) { first, _ in first }
        for name in names {
            #expect(Self.settings([], environment).text("ct-log.tls-ca-cert") == name)
            environment[name] = ""
        }
        #expect(Self.settings([], environment).text("ct-log.tls-ca-cert") == nil)
    }

    @Test func `a variable with one of our prefixes that sets nothing is a warning`() {
        let unknown = EnvironmentSettings(["MINTMARK_PROT": "1", "FULCIO_SERVE_x": "", "PORT": "1", "MINTMARK": "x"])
        #expect(unknown.unknown == ["FULCIO_SERVE_x", "MINTMARK_PROT"])
        #expect(unknown.values.isEmpty)
    }

    @Test(
        "arguments that are no settings are mistakes",
        arguments: [
            "--unheard=1", "-x", "word", "--", "--port", "--=1", "--=", "-", "--Port=1", "--port =1", "--help=maybe",
        ])
    func arguments(argument: String) {
        #expect(CommandLineSettings([argument], switches: ["help"]).mistakes.count == 1)
    }

    @Test func `switches and settings without values take nothing that follows`() {
        let given = CommandLineSettings(["--fileca-watch", "--help", "--port", "1", "-h", "-cx"], switches: ["help"])
        #expect(given.mistakes.isEmpty && given.switches == ["help"])
        #expect(given.values["fileca-watch"]?.texts == ["true"] && given.values["port"]?.texts == ["1"])
        #expect(given.values["config"]?.texts == ["x"])
    }

    @Test func `every name is there once, and no variable means two settings`() {
        let names = Setting.all.flatMap(\.names)
        let variables = Setting.all.flatMap(\.variables)
        #expect(Set(names).count == names.count && Set(variables).count == variables.count)
        #expect(Setting.all.allSatisfy { $0.standard.map($0.kind.texts)?.allSatisfy { $0 != "" } ?? true })
        for setting in Setting.all {
            for text in setting.standard.map(setting.kind.texts) ?? [] {
                #expect(setting.kind.mistake(in: text) == nil)
            }
        }
    }

    @Test func `R-46 a secret is masked in what is printed, wherever it comes from`() {
        for settings in [
            Self.settings(["--fileca-key-passwd=marker"]), Self.settings([], ["MINTMARK_FILECA_KEY_PASSWD": "marker"]),
        ] {
            #expect(!settings.yaml.contains("marker") && settings.yaml.contains("# fileca-key-passwd: ********"))
        }
        #expect(Self.settings(["--fileca-key-passwd=marker"]).warnings.count == 1)
    }

    @Test func `logs are one's own, none, or others with their keys by position`() throws {
        guard case .own = try Self.options().log else { throw Unexpected() }
        for none in ["--ct-log-url=", "--ct-log-url=none"] {
            guard case .none = try Self.options(none).log else { throw Unexpected() }
        }
        let remote = try Self.options(
            "--ct-log-url=https://a,https://b", "--ct-log-url=https://c", "--ct-log-public-key-path=,k",
            "--ct-log-origin=o", "--ct-log.tls-ca-cert=r")
        guard case .remote(let logs) = remote.log else { throw Unexpected() }
        #expect(logs.map(\.url) == ["https://a", "https://b", "https://c"])
        #expect(logs.map(\.publicKeyFile) == [nil, "k", nil])
        #expect(logs.allSatisfy { $0.origin == "o" && $0.tlsAuthorityFile == "r" })
        #expect(Self.mistakes("--ca=ephemeralca", "--ct-log-url=https://a,none").count == 1)
        #expect(Self.mistakes("--ca=ephemeralca", "--ct-log-url=https://a", "--ct-log-public-key-path=a,b").count == 1)
    }

    @Test func `a list of logs without one is a mistake, and not the same as none`() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        for (name, text) in [("c.yaml", "ct-log-url: []\n"), ("c.json", "{\"ct-log-url\": []}")] {
            try PrivateFile.create("\(base.path)/\(name)", Array(text.utf8))
            let found = Self.mistakes("--ca=ephemeralca", "--config=\(base.path)/\(name)")
            #expect(found == ["ct-log-url names no log; write none"])
        }
    }

    @Test func `R-46 a password in a file that others may read is a warning`() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let (password, file) = ("\(base.path)/p", "\(base.path)/c.yaml")
        try PrivateFile.create(password, Array("x\n".utf8))
        try PrivateFile.create(file, Array("fileca-key-passwd: \"x\"\n".utf8))
        let files = ["--ca=fileca", "--fileca-cert=c", "--fileca-key=k", "--host=::1", "--grpc-host=::1"]
        for (argument, path) in [("--fileca-key-passwd-file=\(password)", password), ("--config=\(file)", file)] {
            for (mode, count) in [(0o600, 0), (0o640, 1), (0o604, 1)] {
                try base.setMode(path, mode)
                let settings = Self.settings(files + [argument])
                var warnings = settings.warnings
                _ = try ServerOptions(settings, warnings: &warnings) { _ in false }
                #expect(warnings.count { $0.contains(path) } == count && warnings.count == count, "\(warnings)")
            }
        }
    }

    private struct Unexpected: Error {}

    @Test func `every setting reaches its option`() throws {
        let options = try Self.options(
            "--data-dir=/d", "--config-path=/i", "--host=a", "--port=1", "--grpc-host=b", "--grpc-port=2",
            "--metrics-host=c", "--metrics-port=3", "--tls-certificate=tc", "--tls-key=tk",
            "--grpc-tls-certificate=gc", "--grpc-tls-key=gk", "--ct-log-submission=certificate", "--ct-log-budget=7",
            "--idle-connection-timeout=1m", "--read-header-timeout=2s", "--audit-log=/a", "--audit-subject=false",
            "--audit-failure=continue", "--client-signing-algorithms=x,y", "--development")
        #expect(options.dataDirectory == DataDirectory("/d") && options.issuerFile == "/i")
        #expect(options.http == ListenAddress(host: "a", port: 1) && options.grpc == ListenAddress(host: "b", port: 2))
        #expect(options.metrics == ListenAddress(host: "c", port: 3))
        #expect(options.tls == TLSFiles(certificate: "tc", key: "tk"))
        #expect(options.grpcTLS == TLSFiles(certificate: "gc", key: "gk"))
        #expect(options.submitsCertificates && options.logBudget == .seconds(7))
        #expect(options.idleTimeout == .seconds(60) && options.readHeaderTimeout == .seconds(2))
        #expect(options.auditFile == "/a" && !options.auditsSubjects && options.issuesWithoutAudit)
        #expect(options.algorithms == "x,y" && options.isDevelopment)
        guard case .ephemeral = options.authority else { throw Unexpected() }
    }

    @Test func `fileca takes its password from the setting or from a file's first line`() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        try PrivateFile.create("\(base.path)/p", Array("secret\nmore\n".utf8))
        try PrivateFile.create("\(base.path)/empty", Array("\n".utf8))
        let files = ["--ca=fileca", "--fileca-cert=c", "--fileca-key=k"]
        for (argument, hasPassphrase) in [
            ("--fileca-key-passwd=x", true), ("--fileca-key-passwd=", false),
            ("--fileca-key-passwd-file=\(base.path)/p", true), ("--fileca-key-passwd-file=\(base.path)/empty", false),
        ] {
            var warnings: [String] = []
            let options = try Self.options(files + [argument, "--fileca-watch=false"], &warnings)
            guard case .files("c", "k", let passphrase, false) = options.authority else { throw Unexpected() }
            #expect((passphrase != nil) == hasPassphrase)
        }
        let missing = "--fileca-key-passwd-file=/no"
        #expect(Self.mistakes("--ca=fileca", "--fileca-cert=c", "--fileca-key=k", missing).count == 1)
    }

    @Test func `2.6 the default file, its sibling, and the built-in issuers, in this order`() throws {
        for (present, expected) in [
            (["/etc/fulcio-config/config.yaml", "/etc/fulcio-config/config.json"], "/etc/fulcio-config/config.yaml"),
            (["/etc/fulcio-config/config.json"], "/etc/fulcio-config/config.json"), ([], nil),
        ] as [([String], String?)] {
            var warnings: [String] = []
            let options = try ServerOptions(Self.settings(["--ca=ephemeralca"]), warnings: &warnings) {
                present.contains($0)
            }
            #expect(options.issuerFile == expected)
        }
        #expect(try LoadedIssuers.load(nil).configuration.listed.count == 3)
        #expect(throws: ConfigurationMistakes.self) { try LoadedIssuers.load("/no/such/file") }
    }

    @Test func `what reaches beyond this machine without TLS is one warning`() throws {
        for (arguments, count) in [
            (["--ca=ephemeralca"], 1), (["--ca=ephemeralca", "--host=127.0.0.1"], 1),
            (["--ca=ephemeralca", "--host=127.0.0.1", "--grpc-host=::1"], 0),
            (["--ca=ephemeralca", "--tls-certificate=c", "--tls-key=k"], 0),
            (["--ca=ephemeralca", "--grpc-tls-certificate=c", "--grpc-tls-key=k"], 1),
        ] {
            var warnings: [String] = []
            _ = try Self.options(arguments, &warnings)
            #expect(warnings.count == count, "\(arguments): \(warnings)")
        }
    }
}
