internal import OpenSSL
internal import StrictJSON

/// The end of a chain of audit records, to which lines are added.
struct AuditChain: Hashable, Sendable {
    /// What the first line of a file names as the one before it.
    static let beginning = [UInt8](repeating: 0, count: SHA256Digest.byteCount).hexadecimal

    /// The number of the last record; 0 when there is none.
    private(set) var sequence: UInt64 = 0

    /// The SHA-256 of the last line without its newline, in hexadecimal.
    private(set) var last = beginning

    /// The end of a chain that begins.
    init() {}

    /// The end of a chain after a line that was read.
    init(after link: AuditLink) {
        sequence = link.sequence
        last = link.digest
    }

    /// The end of the same chain for a new file: the numbers go on, the digests begin again.
    var inNewFile: AuditChain {
        var chain = self
        chain.last = Self.beginning
        return chain
    }

    /// The next line, with its newline; the chain ends with it afterwards.
    mutating func line(_ record: AuditRecord, at time: Timestamp, configuration: String) -> [UInt8] {
        sequence += 1
        let head: [JSONMember] = [
            JSONMember(name: "sequence", value: .integer(Int64(clamping: sequence))),
            JSONMember(name: "previous", value: .string(last)),
            JSONMember(name: "time", value: .string(time.rfc3339)),
            JSONMember(name: "decision", value: .string(record.decision.rawValue)),
            JSONMember(name: "configuration", value: .string(configuration)),
        ]
        let line = JSONText(.object(head + record.members)).line
        last = SHA256Digest(hashing: line).hex
        return line + [0x0A]
    }
}
