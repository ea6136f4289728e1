import Glibc

/// Reads the file of an audit stream line by line.
package enum AuditFileCheck {
    private static let chunkByteCount = 256 * 1024

    /// Follows the whole chain; throws `AuditBreak` for the first thing wrong and `FileError` when it cannot be read.
    package static func verify(_ path: String) throws -> AuditVerifier {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last(path) }
        defer { close(descriptor) }
        var verifier = AuditVerifier()
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunkByteCount)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError.last(path) }
            guard count > 0 else { break }
            var lines = (rest + buffer.prefix(count)).split(separator: 0x0A, omittingEmptySubsequences: false)
            rest = lines.popLast().map(Array.init) ?? []
            for line in lines { try verifier.take(Array(line)) }
            // A line that never ends must not fill the memory.
            if rest.count > AuditLink.maximumByteCount { try verifier.take(rest) }
        }
        try verifier.finish()
        guard rest.isEmpty else {
            throw AuditBreak(line: verifier.lineCount + 1, problem: "it has no end: its writer was interrupted")
        }
        return verifier
    }
}
