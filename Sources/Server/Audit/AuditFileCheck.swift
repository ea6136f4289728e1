import Glibc

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
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last(path) }
        defer { close(descriptor) }
        var verifier = AuditVerifier()
        var isFound = digest == nil
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunkByteCount)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError.last(path) }
            guard count > 0 else { break }
            var lines = (rest + buffer.prefix(count)).split(separator: 0x0A, omittingEmptySubsequences: false)
            rest = lines.popLast().map(Array.init) ?? []
            for line in lines {
                try verifier.take(Array(line))
                if verifier.digest == digest { isFound = true }
            }
            // A line that never ends must not fill the memory.
            if rest.count > AuditLink.maximumByteCount { try verifier.take(rest) }
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
}
