import Glibc
internal import StrictJSON

/// Reads the file of an audit stream line by line.
package enum AuditFileCheck {
    private static let chunkByteCount = 256 * 1024

    /// Follows the whole chain; throws `AuditBreak` for the first thing wrong and `FileError` when it cannot be read.
    ///
    /// With `digest`, in hexadecimal, some record must have it, and with `sequence` the last record must have that
    /// number or a higher one: the file alone does not tell whether its end was changed or cut off.
    package static func verify(
        _ path: String, containing digest: String? = nil, atLeast sequence: UInt64? = nil
    ) throws -> AuditVerifier {
        var verifier = AuditVerifier()
        var isFound = digest == nil
        let rest = try readLines(of: path) { line in
            try verifier.take(line)
            if verifier.digest == digest { isFound = true }
        }
        try verifier.finish()
        guard rest.isEmpty else {
            throw AuditBreak(line: verifier.lineCount + 1, problem: "it has no end: its writer was interrupted")
        }
        guard isFound else {
            throw AuditBreak(
                line: verifier.lineCount, problem: "no record has the expected digest: the end was changed")
        }
        guard verifier.sequence ?? 0 >= sequence ?? 0 else {
            throw AuditBreak(line: verifier.lineCount, problem: "the last record is too early: the end was cut off")
        }
        return verifier
    }

    /// The serial numbers of the certificates that the records of a stream say were issued, in hexadecimal without
    /// leading zeros.
    ///
    /// The chain is not followed, and a line that is no record is passed over: a killed process may leave half of one.
    /// Throws `FileError` when the file cannot be read.
    package static func issuedSerials(_ path: String) throws -> Set<String> {
        var serials: Set<String> = []
        _ = try readLines(of: path) { line in
            let limits = JSONLimits(byteCount: AuditLink.maximumByteCount)
            guard let record = try? JSONValue(parsing: line, limits: limits),
                record["decision"]?.string == AuditRecord.Decision.issued.rawValue,
                let serial = record["serial"]?.string
            else { return }
            serials.insert(String(serial.drop { $0 == "0" }))
        }
        return serials
    }

    /// Gives each line without its newline to `take`, and answers what stands behind the last newline.
    private static func readLines(of path: String, _ take: ([UInt8]) throws -> Void) throws -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last(path) }
        defer { close(descriptor) }
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunkByteCount)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError.last(path) }
            guard count > 0 else { return rest }
            var lines = (rest + buffer.prefix(count)).split(separator: 0x0A, omittingEmptySubsequences: false)
            rest = lines.popLast().map(Array.init) ?? []
            for line in lines { try take(Array(line)) }
            // A line that never ends must not fill the memory.
            if rest.count > AuditLink.maximumByteCount {
                try take(rest)
                rest = []
            }
        }
    }
}
