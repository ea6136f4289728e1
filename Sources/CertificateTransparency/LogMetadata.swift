package import OpenSSL
package import StrictJSON
internal import TransparencyLog

/// What clients and monitors are told about a log, in each of the forms they read (transparency-log 2.7).
package struct LogMetadata: Sendable {
    /// The longest time that passes before an entry is in the tree, in seconds; ours are there at once.
    package static let maximumMergeDelay: Int64 = 60

    private let log: LocalLog
    private let operatorName: String
    private let submissionURL: String
    private let monitoringURL: String
    private let version: String

    /// A log with the URLs of its two prefixes, each with a trailing slash.
    package init(_ log: LocalLog, operatorName: String, submissionURL: String, monitoringURL: String, version: String) {
        self.log = log
        (self.operatorName, self.submissionURL, self.monitoringURL) = (operatorName, submissionURL, monitoringURL)
        self.version = version
    }

    private var parameters: LogParameters { log.parameters }
    private var created: Timestamp { log.created }

    /// Since when the log takes nothing more: its window is over, or it was frozen or closed; nil while it does.
    ///
    /// Nothing can have got into a log after its newest head.
    private func end(now: Timestamp) -> Timestamp? {
        let over = now >= parameters.window.upperBound ? parameters.window.upperBound : nil
        let last = log.condition.isFinal ? log.reader.checkpoint.signedTreeHead.head.timestamp : nil
        return [over, last].compactMap(\.self).min()
    }

    /// `log.v3.json`: everything about one log.
    package func log(now: Timestamp) -> JSONValue {
        let end = end(now: now)
        let finalHead = log.finalHead.map { [JSONMember(name: "final_tree_head", value: Self.finalTreeHead($0))] }
        return .object((description(end: end).members ?? []) + (finalHead ?? []))
    }

    private static func finalTreeHead(_ signed: SignedTreeHead) -> JSONValue {
        [
            "sha256_root_hash": .string(Base64.encode(signed.head.root.bytes)),
            "tree_size": .integer(Int64(clamping: signed.head.size.value)),
            "timestamp": .integer(Int64(clamping: signed.head.timestamp.milliseconds)),
        ]
    }

    private func description(end: Timestamp?) -> JSONValue {
        [
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
            "status": .string(end == nil ? "active" : "readonly"),
            "status_timestamp": .string((end ?? created).rfc3339),
            "planned_changes": end == nil ? [ending] : [],
            "log_software": ["name": "mintmark", "version": .string(version)],
        ]
    }

    /// The list of some logs of one operator for clients of RFC 6962 alone: it has no member of the other kind (2.7.3).
    package static func rfc6962List(_ logs: [LogMetadata], now: Timestamp) -> JSONValue {
        list("logs", logs, now: now) { ["url": .string($0.submissionURL)] }
    }

    /// The list of some logs of one operator for clients of the Static CT API.
    package static func tiledList(_ logs: [LogMetadata], now: Timestamp) -> JSONValue {
        list("tiled_logs", logs, now: now) {
            ["submission_url": .string($0.submissionURL), "monitoring_url": .string($0.monitoringURL)]
        }
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

    private func entry(_ urls: JSONValue, now: Timestamp) -> JSONValue {
        let end = end(now: now)
        var state: [JSONMember] = [JSONMember(name: "timestamp", value: .string((end ?? created).rfc3339))]
        if let head = log.finalHead {
            state.append(JSONMember(name: "final_tree_head", value: Self.finalTreeHead(head)))
        }
        let members: [JSONMember] = [
            JSONMember(name: "description", value: .string(parameters.origin.text)),
            JSONMember(name: "log_id", value: .string(Base64.encode(parameters.logID.bytes))),
            JSONMember(name: "key", value: .string(Base64.encode(parameters.key.der))),
            JSONMember(name: "mmd", value: .integer(Self.maximumMergeDelay)),
            JSONMember(
                name: "state",
                value: .object([JSONMember(name: end == nil ? "usable" : "readonly", value: .object(state))])
            ),
            JSONMember(name: "temporal_interval", value: window),
        ]
        return .object(members + (urls.members ?? []))
    }

    private static func list(
        _ name: String, _ logs: [LogMetadata], now: Timestamp, urls: (LogMetadata) -> JSONValue
    ) -> JSONValue {
        let listed = logs.map { $0.entry(urls($0), now: now) }
        let entry: [JSONMember] = [
            JSONMember(name: "name", value: .string(logs.first?.operatorName ?? "")),
            JSONMember(name: "email", value: []), JSONMember(name: name, value: .array(listed)),
        ]
        return ["version": "1.0", "log_list_timestamp": .string(now.rfc3339), "operators": [.object(entry)]]
    }
}
