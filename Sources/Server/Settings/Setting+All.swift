internal import CertificateTransparency
internal import Issuance
internal import StrictJSON
internal import TransparencyLog

extension Setting {
    /// Every setting, in the order in which they are shown.
    package static let all: [Setting] = general + listening + authority + log + policy + observing + refused

    /// The setting of a name or alias; nil when there is none.
    static func named(_ name: String) -> Setting? {
        all.first { setting in setting.names.contains { $0.hasSameBytes(as: name) } }
    }

    private static let general = [
        Setting(
            "config", .text, .general, isAllowedInFiles: false,
            "A file with any of these settings, by their names: .yaml, .yml or .json. Short: -c."),
        Setting(
            "data-dir", .text, .general,
            "The directory that init made: the CA and the log. Whoever can write to it can forge certificates."),
        Setting(
            "passphrase-file", .text, .general,
            "A file whose first line is the passphrase of the data directory's keys."),
        Setting(
            "passphrase-fd", .number(0...65_535), .general,
            "A file descriptor from which that passphrase is read, such as 3 with 3<file."),
    ]

    private static let listening = [
        Setting(
            "host", .text, .listening, standard: "0.0.0.0", aliases: ["http-host"],
            "The address of the HTTP API and the log."),
        Setting(
            "port", .number(0...65_535), .listening, standard: "8080", aliases: ["http-port"],
            "Its port; 0 takes a free one."),
        Setting("grpc-host", .text, .listening, standard: "0.0.0.0", "The address of the gRPC API."),
        Setting(
            "grpc-port", .number(0...65_535), .listening, standard: "8081",
            "Its port. The same address and port as for HTTP make one port that serves both."),
        Setting("metrics-host", .text, .listening, standard: "0.0.0.0", "The address of the metrics."),
        Setting("metrics-port", .number(0...65_535), .listening, standard: "2112", "Their port; 0 takes a free one."),
        Setting(
            "trusted-proxies", .list, .listening,
            "Addresses and networks such as 10.0.0.0/8 of proxies in front: only behind one of them the client's"
                + " address, for limits and audit records, is taken from X-Forwarded-For. Their own connections have no"
                + " limit per address."),
        Setting("tls-certificate", .text, .listening, "The PEM chain for TLS on the HTTP port; read again on change."),
        Setting("tls-key", .text, .listening, "Its PEM key."),
        Setting(
            "grpc-tls-certificate", .text, .listening,
            "The PEM chain for TLS on the gRPC port; absent, the one of the HTTP port counts."),
        Setting("grpc-tls-key", .text, .listening, "Its PEM key."),
        Setting(
            "idle-connection-timeout", .duration, .listening, standard: "30s",
            "How long a connection to the API may be idle."),
        Setting(
            "read-header-timeout", .duration, .listening, standard: "10s",
            "How long a connection to the metrics may be without a request."),
        Setting(
            "write-timeout", .duration, .listening, standard: "60s",
            "How long a client may take for an answer, 1m at most."),
        Setting(
            "max-connections", .number(16...20_000), .listening, standard: "2000",
            "How many connections one port may have at once; the next ones wait. The memory ceiling depends on it."),
        Setting(
            "max-connections-per-address", .number(0...20_000), .listening, standard: "128",
            "How many connections one address may have at once; 0 for as many as there are. All clients behind a proxy"
                + " have its address; one of --trusted-proxies is not limited."),
        Setting(
            "max-signing-per-address", .number(0...256), .listening, standard: "128",
            "How many signing requests of one address may be under way, of 256 in all; 0 for all of them."),
        Setting(
            "max-signing-per-issuer", .number(0...256), .listening, standard: "128",
            "How many certificates may be in the making for tokens of one configured issuer, likewise."),
        Setting("legacy-unix-domain-socket", .text, .listening, "Accepted and ignored."),
    ]

    private static let authority = [
        Setting(
            "ca", .text, .authority,
            "fileca (chain and key from two files) or ephemeralca (a new root at each start, for tests); absent, the"
                + " data directory has the CA."),
        Setting("fileca-cert", .text, .authority, "fileca: the PEM chain, the issuing certificate first."),
        Setting("fileca-key", .text, .authority, "fileca: the PEM key of the issuing certificate."),
        Setting(
            "fileca-key-passwd", .text, .authority, isSecret: true,
            "fileca: the password of the key; must be set, may be empty. Every user of the machine can read arguments:"
                + " use the file below."),
        Setting("fileca-key-passwd-file", .text, .authority, "fileca: a file whose first line is that password."),
        Setting("fileca-watch", .toggle, .authority, standard: "true", "fileca: read both files again on change."),
        Setting(
            "development", .toggle, .authority, standard: "false",
            "Accept the published example keys; only on loopback addresses, and never for anything real."),
    ]

    private static let log = [
        Setting(
            "ct-log-url", .list, .log,
            "RFC 6962 logs to enter certificates in; absent, the data directory's own log. none or empty: no log at"
                + " all, so that nobody sees what was issued."),
        Setting(
            "ct-log-public-key-path", .list, .log,
            "The PEM public keys of those logs in the same order; without one, a log's timestamps stay unchecked."),
        Setting("ct-log-origin", .text, .log, "The HTTP Host to ask those logs for, when it is not their URL's."),
        Setting(
            "ct-log.tls-ca-cert", .text, .log,
            "The PEM roots that TLS with those logs trusts instead of the system's."),
        Setting(
            "ct-log-submission", .choice(["precertificate", "certificate"]), .log, standard: "precertificate",
            "Whether a timestamp lies in the certificate or is sent beside it."),
        Setting(
            "ct-log-budget", .number(1...40), .log, standard: "25",
            "How many seconds those logs may take for one request, with all tries."),
        Setting(
            "log-accept", .choice(LogAcceptance.allCases.map(\.rawValue)), .log,
            standard: LogAcceptance.own.rawValue, "Whose chains the own log takes over HTTP."),
        Setting(
            "log-monitoring-port", .number(0...65_535), .log,
            "The port for the own log's checkpoint and tiles, when it is not that of the API; 0 takes a free one."),
        Setting(
            "log-monitoring-url", .text, .log,
            "Where clients reach the own log's checkpoint and tiles: the URL of an origin, without a path."),
        Setting(
            "log-guard", .text, .log,
            "The guard file: the newest head of the own log shown to anyone. Put it on another volume: whoever restores"
                + " the log's volume must not restore this file with it. Absent, beside the log; it must be there (see"
                + " mintmark log adopt)."),
        Setting(
            "log-scrub-interval", .number(1...999_999_999), .log, standard: "604800",
            "How often everything that the own log has stored is recomputed, in seconds."),
        Setting(
            "log-align-entries", .toggle, .log, standard: "false",
            "Whether get-entries ends whole pages at multiples of 1000, so that crawlers ask for the same ranges and a"
                + " cache in front has them."),
        Setting(
            "log-read-limit", .number(0...1_000_000), .log, standard: "75",
            "How many pages of entries and proofs one address may ask the own log for in a second, with twice as many"
                + " at once; 0: no limit. Tree heads and tiles have none."),
        Setting(
            "log-submit-token-file", .text, .log,
            "A file whose first line is a bearer token of at least 32 characters with which chains may be submitted"
                + " to the own log over HTTP whatever log-accept says; read again on change and on SIGHUP."),
        Setting(
            "witness-policy", .text, .log,
            "The file that names the witnesses of the own log (C2SP tlog-policy). They are asked to cosign its heads."
                + " Each can stop the log by saying that it has seen another history."),
        Setting(
            "witness-mode", .choice(WitnessMode.allCases.map(\.rawValue)), .log,
            standard: WitnessMode.failOpen.rawValue,
            "required: nothing is issued before the policy's quorum has cosigned a head that covers it."),
        Setting(
            "log-self-audit", .choice(["on", "off"]), .log, standard: "off",
            "Whether the server looks at its own log through the URL that clients use, at least once a minute."),
    ]

    private static let policy = [
        Setting(
            "config-path", .text, .policy, standard: BuiltInIssuers.defaultFiles.first,
            "The identity configuration, YAML or JSON: who may vouch for which names; read again on change and on"
                + " SIGHUP. Whoever can write to it decides what is certified. When the default file and config.json"
                + " beside it are both absent, the public instance's three issuers count."),
        Setting(
            "client-signing-algorithms", .list, .policy,
            standard: ClientSigningAlgorithm.defaults.map(\.rawValue).joined(separator: ","),
            "The pairs of key and hash that are certified. Known: "
                + ClientSigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ") + "."),
    ]

    private static let observing = [
        Setting(
            "log_type", .choice(["dev", "prod"]), .observing,
            "dev: text on standard output; prod: JSON on standard error; absent: on standard error, text for a"
                + " terminal and JSON otherwise."),
        Setting(
            "log-level", .choice(["debug", "info", "notice"]), .observing,
            "The least severe lines to write; absent: debug for dev, info for prod, notice otherwise. What was issued"
                + " and refused is always written."),
        Setting("audit-log", .text, .observing, "A file to which a record of every decision is appended."),
        Setting("audit-subject", .toggle, .observing, standard: "true", "Whether the records name subjects."),
        Setting(
            "audit-failure", .choice(["stop", "continue"]), .observing, standard: "stop",
            "Whether issuing stops when that file cannot be written."),
        Setting(
            "audit-host", .text, .observing, standard: "127.0.0.1",
            "The address at which auditors look certificates of the own log up."),
        Setting(
            "audit-port", .number(0...65_535), .observing,
            "Its port; absent, there are no such look-ups; 0 takes a free one."),
        Setting(
            "audit-token-file", .text, .observing,
            "A file whose first line every auditor must present as a bearer token."),
        Setting(
            "audit-index", .toggle, .observing,
            "Whether the own log is indexed for look-ups; absent, when audit-port is given."),
    ]

    private static let refused = [
        ("kms-resource", "kmsca"), ("kms-cert-chain-path", "kmsca"), ("gcp-kms-retries", "kmsca"),
        ("gcp-kms-timeout", "kmsca"), ("tink-kms-resource", "tinkca"), ("tink-cert-chain-path", "tinkca"),
        ("tink-keyset-path", "tinkca"), ("hsm-caroot-id", "pkcs11ca"), ("hsm-key-label", "pkcs11ca"),
        ("pkcs11-config-path", "pkcs11ca"), ("aws-hsm-root-ca-path", "pkcs11ca"),
        ("gcp_private_ca_parent", "googleca"), ("gcp_private_ca_version", "googleca"),
    ].map { Setting($0.0, .text, .refused, "For \($0.1).") }
}
