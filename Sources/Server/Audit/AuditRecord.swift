internal import CertificateTransparency
internal import Identity
internal import Issuance
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// One thing that the audit stream tells (reliability R-57).
struct AuditRecord: Sendable {
    /// What was decided, or what happened.
    enum Decision: String, Hashable, Sendable, CaseIterable {
        /// A certificate was made and logged; the record is durable before the certificate leaves.
        case issued
        /// A request broke a rule.
        case refused
        /// A good request failed for a reason of ours.
        case failed
        /// The server began to serve.
        case started
        /// The identity configuration, a chain or a key was exchanged, or could not be.
        case configuration
        /// Issuing ended by itself: the clock jumped, a key failed its self-test, or the log failed or was frozen.
        case halted
        /// Something outside looks wrong, and somebody should look at it although issuing goes on.
        case alarm
        /// The server ended in order, or because the log failed.
        case stopped
        /// A new file continues an older one.
        case rotated
        /// The file ended in the middle of a line: a process that wrote it was killed.
        case torn
        /// Writing works again after it had failed.
        case resumed
    }

    /// The longest text of one member in octets; what is longer is cut and ends with an ellipsis.
    static let maximumTextByteCount = 2 * 1024

    let decision: Decision
    private(set) var members: [JSONMember] = []

    /// A record of what happened to the server itself.
    init(_ decision: Decision, reason: String? = nil) {
        self.decision = decision
        add("reason", reason)
    }

    /// The record of one request.
    ///
    /// `namesSubject` says whether it tells who the token and the certificate are for.
    init(
        _ decision: Decision, reason: String?, of record: IssuanceRecord, from origin: RequestOrigin,
        namesSubject: Bool
    ) {
        self.decision = decision
        add("request", origin.requestID)
        add("transport", origin.transport.rawValue)
        add("source", origin.address)
        add("reason", reason)
        add("issuer", record.token.configuredIssuer)
        add("tokenIssuer", record.token.issuer)
        if namesSubject {
            add("subject", record.token.subject)
            add("name", record.name)
        }
        add("spki", record.key?.sha256.hex)
        add("serial", record.serialNumber)
        add("log", record.logID?.hex)
        if let index = record.leafIndex {
            members.append(JSONMember(name: "index", value: .integer(Int64(clamping: index))))
        }
    }

    /// The record of a clock that jumped forward.
    static let clockJumped = AuditRecord(.halted, reason: "clock-jumped")

    /// The record of keys that failed their self-test, by their names.
    static func selfTestFailed(_ keys: [String]) -> AuditRecord {
        var record = AuditRecord(.halted, reason: "self-test-failed")
        record.add("what", keys.joined(separator: ", "))
        return record
    }

    /// The record of a log that ended with an error.
    static func logEnded(_ error: any Error) -> AuditRecord {
        var record = AuditRecord(.halted, reason: "log-failed")
        record.add("what", "\(error)")
        return record
    }

    /// The record of a log that an operator must look at before it writes again.
    static func logFrozen(_ reason: String) -> AuditRecord {
        var record = AuditRecord(.halted, reason: "log-frozen")
        record.add("what", reason)
        return record
    }

    /// The record of a log that looks other from outside than it is.
    static func selfAuditFailed(_ finding: SelfAudit.Finding, _ what: String) -> AuditRecord {
        var record = AuditRecord(.alarm, reason: "self-audit-\(finding.rawValue)")
        record.add("what", what)
        return record
    }

    /// The record of a shard of the log that is closed for good; its last head was the final one.
    static func logClosed(_ log: LocalLog) -> AuditRecord {
        var record = AuditRecord(.configuration, reason: "log-closed")
        record.add("what", "shard \(log.parameters.shard): \(log.condition.reason ?? "")")
        record.add("index", log.reader.checkpoint.signedTreeHead.head.size.value)
        return record
    }

    /// Adds a text; nothing when it is nil.
    mutating func add(_ name: String, _ text: String?) {
        guard let text else { return }
        members.append(JSONMember(name: name, value: .string(Self.cut(text))))
    }

    /// Adds a number.
    mutating func add(_ name: String, _ number: UInt64) {
        members.append(JSONMember(name: name, value: .integer(Int64(clamping: number))))
    }

    private static func cut(_ text: String) -> String {
        // Readers of JSON refuse the character zero, also escaped.
        let text = text.replacing("\u{0}", with: "\u{FFFD}")
        guard text.utf8.count > maximumTextByteCount else { return text }
        return String(decoding: text.utf8.prefix(maximumTextByteCount), as: UTF8.self) + "…"
    }
}
