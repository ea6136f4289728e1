package import OpenSSL
package import StrictJSON
internal import TransparencyLog

/// What clients and monitors are told about a log, in each of the forms they read (transparency-log 2.7).
package struct LogMetadata: Sendable {
    /// The longest time that passes before an entry is in the tree, in seconds; ours are there at once.
    package static let maximumMergeDelay: Int64 = 60

    private let parameters: LogParameters
    private let created: Timestamp
    private let operatorName: String
    private let submissionURL: String
    private let monitoringURL: String
    private let version: String

    /// A log with the URLs of its two prefixes, each with a trailing slash.
    package init(_ log: LocalLog, operatorName: String, submissionURL: String, monitoringURL: String, version: String) {
        (parameters, created) = (log.parameters, log.created)
        (self.operatorName, self.submissionURL, self.monitoringURL) = (operatorName, submissionURL, monitoringURL)
        self.version = version
    }

    /// `log.v3.json`: everything about one log.
    package func log(now: Timestamp) -> JSONValue {
        let isOver = now >= parameters.window.upperBound
        return [
            "description": .string(parameters.origin.text),
            "friendly_name": .string("\(operatorName) \(parameters.shard)"),
            "log_id": .string(Base64.encode(parameters.logID.bytes)),
            "key": .string(Base64.encode(parameters.key.der)), "mmd": .integer(Self.maximumMergeDelay),
            "mmd_seconds": .integer(Self.maximumMergeDelay), "submission_url": .string(submissionURL),
            "monitoring_url": .string(monitoringURL),
            "submission_endpoint": ["url": .string(submissionURL)],
            "monitoring_endpoint": ["url": .string(monitoringURL)], "temporal_interval": window,
            "log_spec": "static-ct-api", "tls_only": .bool(submissionURL.hasPrefix("https://")),
            "intended_use": "code signing certificates of its own CA",
            "status": .string(isOver ? "readonly" : "active"),
            "status_timestamp": .string((isOver ? parameters.window.upperBound : created).rfc3339),
            "planned_changes": isOver ? [] : [ending],
            "log_software": ["name": "mintmark", "version": .string(version)],
        ]
    }

    /// The log list for clients of RFC 6962 alone: it has no member of the other kind (2.7.3).
    package func rfc6962List(now: Timestamp) -> JSONValue {
        list("logs", ["url": .string(submissionURL)], now: now)
    }

    /// The log list for clients of the Static CT API.
    package func tiledList(now: Timestamp) -> JSONValue {
        list(
            "tiled_logs", ["submission_url": .string(submissionURL), "monitoring_url": .string(monitoringURL)],
            now: now)
    }

    /// The member of `ctlogs` in a Sigstore trusted root; valid from before the first timestamp.
    package var trustedRootEntry: JSONValue {
        [
            "baseUrl": .string(submissionURL), "hashAlgorithm": "SHA2_256",
            "publicKey": [
                "rawBytes": .string(Base64.encode(parameters.key.der)), "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": ["start": .string(created.rfc3339)],
            ], "logId": ["keyId": .string(Base64.encode(parameters.logID.bytes))],
        ]
    }

    private var ending: JSONValue {
        [
            "new_status": "readonly", "effective_date": .string(parameters.window.upperBound.rfc3339),
            "comment": "no certificate that expires in the window can be issued any more",
        ]
    }

    private var window: JSONValue {
        [
            "start_inclusive": .string(parameters.window.lowerBound.rfc3339),
            "end_exclusive": .string(parameters.window.upperBound.rfc3339),
        ]
    }

    private func list(_ name: String, _ urls: JSONValue, now: Timestamp) -> JSONValue {
        let state = now < parameters.window.upperBound ? "usable" : "readonly"
        let log: [JSONMember] = [
            JSONMember(name: "description", value: .string(parameters.origin.text)),
            JSONMember(name: "log_id", value: .string(Base64.encode(parameters.logID.bytes))),
            JSONMember(name: "key", value: .string(Base64.encode(parameters.key.der))),
            JSONMember(name: "mmd", value: .integer(Self.maximumMergeDelay)),
            JSONMember(
                name: "state",
                value: .object([JSONMember(name: state, value: ["timestamp": .string(created.rfc3339)])])),
            JSONMember(name: "temporal_interval", value: window),
        ]
        let entry: [JSONMember] = [
            JSONMember(name: "name", value: .string(operatorName)), JSONMember(name: "email", value: []),
            JSONMember(name: name, value: [.object(log + (urls.members ?? []))]),
        ]
        return ["version": "1.0", "log_list_timestamp": .string(now.rfc3339), "operators": [.object(entry)]]
    }
}
