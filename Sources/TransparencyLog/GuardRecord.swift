internal import OpenSSL

/// What stands in one half of a guard file (transparency-log 3.4, "Guard file").
struct GuardRecord: Hashable, Sendable {
    /// What the log was when the record was written.
    enum State: Hashable, Sendable {
        case serving
        case frozen(reason: String)
        case closed(reason: String)
    }

    /// Bytes of one record with its padding.
    static let byteCount = 4096

    /// Grows with each record, so that the newer of two is known.
    let sequence: UInt64

    /// The log's state.
    let state: State

    /// The checkpoint of the newest head that was shown to anyone.
    let note: [UInt8]

    /// The state of a log whose store says `stored`: what an operator or a server wrote here counts too.
    func condition(after stored: LogCondition) -> LogCondition {
        guard !stored.isFinal else { return stored }
        switch state {
        case .serving: return stored
        case .frozen(let reason): return .frozen(reason: reason)
        case .closed(let reason): return .closed(reason: reason)
        }
    }

    init(sequence: UInt64, state: State, note: [UInt8]) {
        self.sequence = sequence
        self.state = state
        self.note = note
    }

    /// The record as text, always `byteCount` bytes long; nil when the note does not fit.
    ///
    /// The first line has the digest of all that follows up to the padding, so that a torn write is no record.
    var encoded: [UInt8]? {
        let (name, reason) =
            switch state {
            case .serving: ("serving", "")
            case .frozen(let reason): ("frozen", reason)
            case .closed(let reason): ("closed", reason)
            }
        let line = String(decoding: reason.utf8.map { $0 < 0x20 ? 0x20 : $0 }.prefix(1024), as: UTF8.self)
        let body = Array("sequence \(sequence)\nstate \(name)\nreason \(line)\n\n".utf8) + note
        let head = Array("mintmark log guard 1 \(SHA256Digest(hashing: body).hex) \(body.count)\n".utf8)
        let count = head.count + body.count
        guard count < Self.byteCount else { return nil }
        return head + body + [UInt8](repeating: 0x20, count: Self.byteCount - count - 1) + [0x0A]
    }

    /// Reads a record; nil when it is torn, damaged or not there.
    init?(_ bytes: some Collection<UInt8>) {
        guard let end = bytes.firstIndex(of: 0x0A) else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        let rest = bytes[end...].dropFirst()
        guard head.count == 6, head[0...3] == ["mintmark", "log", "guard", "1"], let count = Int(head[5]),
            count > 0, count <= rest.count
        else { return nil }
        let body = Array(rest.prefix(count))
        guard SHA256Digest(hashing: body).hex == head[4] else { return nil }
        let parts = body.split(separator: 0x0A, maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[3].isEmpty,
            let sequence = UInt64(String(decoding: parts[0], as: UTF8.self).dropFirst("sequence ".count))
        else { return nil }
        let reason = String(String(decoding: parts[2], as: UTF8.self).dropFirst("reason ".count))
        switch String(decoding: parts[1], as: UTF8.self) {
        case "state serving": state = .serving
        case "state frozen": state = .frozen(reason: reason)
        case "state closed": state = .closed(reason: reason)
        default: return nil
        }
        self.sequence = sequence
        note = Array(parts[4])
    }
}
