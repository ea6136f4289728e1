internal import OpenSSL
internal import StrictJSON

/// What one line says about its place in the chain.
struct AuditLink: Hashable, Sendable {
    /// The longest line that is read, in octets: more than ten texts of the longest kind, escaped.
    static let maximumByteCount = 128 * 1024

    /// The number of the record, from 1 on.
    let sequence: UInt64

    /// The SHA-256 of the line before it, in hexadecimal; zeros for the first line of a file.
    let previous: String

    /// The SHA-256 of this line without its newline, in hexadecimal.
    let digest: String

    /// The last digest of the file that this one continues; nil but for the first record of such a file.
    let continued: String?

    /// The SHA-256 of what stands between the line before it and this one and is no record; nil but for `torn`.
    let torn: String?

    /// Reads a line without its newline; nil when it is no record.
    init?(_ line: [UInt8]) {
        guard let value = try? JSONValue(parsing: line, limits: JSONLimits(byteCount: Self.maximumByteCount)),
            let number = value["sequence"]?.integer, number > 0, let previous = value["previous"]?.string,
            let decision = value["decision"]?.string, AuditRecord.Decision(rawValue: decision) != nil
        else { return nil }
        sequence = UInt64(number)
        self.previous = previous
        digest = SHA256Digest(hashing: line).hex
        continued = value["continues"]?.string
        torn = value["torn"]?.string
    }
}
