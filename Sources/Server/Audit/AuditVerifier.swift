internal import OpenSSL

/// What is wrong with an audit stream first, and where.
package struct AuditBreak: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number of the line, from 1 on.
    package let line: Int

    /// What is wrong with it, without anything that it says.
    package let problem: String

    package var description: String { "line \(line): \(problem)" }
}

/// Follows the chain of an audit stream line by line (reliability R-57).
package struct AuditVerifier: Sendable {
    /// Lines that were looked at.
    package private(set) var lineCount = 0

    /// Records that follow one another.
    package private(set) var recordCount = 0

    /// Interruptions that a record tells of.
    package private(set) var tornCount = 0

    /// The last record that follows; nil before the first.
    private(set) var last: AuditLink?

    /// Lines since then that are no records, joined by newlines.
    private(set) var fragment: [UInt8]?

    private var fragmentLine = 0
    private let isFromBeginning: Bool

    /// A verifier at the beginning of a file, or within it: then the first record is believed.
    package init(isFromBeginning: Bool = true) {
        self.isFromBeginning = isFromBeginning
    }

    /// The digest of the last record in hexadecimal; keep it elsewhere to notice a file that was cut or rewritten.
    package var digest: String? { last?.digest }

    /// The number of the last record.
    package var sequence: UInt64? { last?.sequence }

    /// Looks at the next line, without its newline; throws when it does not follow.
    package mutating func take(_ line: [UInt8]) throws(AuditBreak) {
        lineCount += 1
        guard line.count <= AuditLink.maximumByteCount, let link = AuditLink(line) else {
            return try takeFragment(line)
        }
        if let problem = problem(with: link) { throw AuditBreak(line: lineCount, problem: problem) }
        if link.torn != nil { tornCount += 1 }
        fragment = nil
        last = link
        recordCount += 1
    }

    /// Throws when something at the end of the stream is no record.
    package func finish() throws(AuditBreak) {
        if fragment != nil { throw notARecord }
    }

    private mutating func takeFragment(_ line: [UInt8]) throws(AuditBreak) {
        if fragment == nil { fragmentLine = lineCount }
        let joined = fragment.map { $0 + [0x0A] + line } ?? line
        fragment = joined
        guard joined.count <= AuditLink.maximumByteCount else { throw notARecord }
    }

    private var notARecord: AuditBreak { AuditBreak(line: fragmentLine, problem: "not a record of an audit stream") }

    private mutating func problem(with link: AuditLink) -> String? {
        let expected = (link.torn != nil || fragment != nil) ? SHA256Digest(hashing: fragment ?? []).hex : nil
        guard link.torn == expected else {
            guard fragment != nil else { return "it tells of an interruption that is not there" }
            lineCount = fragmentLine
            return notARecord.problem
        }
        if let last {
            guard link.previous == last.digest else { return "it does not follow the line before it" }
            guard link.sequence == last.sequence + 1 else { return "its number is not the next one" }
            return nil
        }
        guard isFromBeginning else { return nil }
        guard link.previous == AuditChain.beginning else { return "what stood before it is missing" }
        return link.sequence == 1 || link.continued != nil ? nil : "its number is not the first one"
    }
}
