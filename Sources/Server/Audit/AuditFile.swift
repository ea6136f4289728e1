import Glibc
internal import OpenSSL

/// One open file of an audit stream; nobody else can have it open (flock(2)).
final class AuditFile: Sendable {
    /// How much of the end is read when a file is opened: the last line, and what precedes it.
    private static let tailByteCount = 4 * AuditLink.maximumByteCount

    /// Where a file stands, by device and number.
    struct Identity: Hashable, Sendable {
        let device: UInt64
        let number: UInt64
    }

    private let descriptor: Int32
    private let path: String
    private let isRegular: Bool

    /// Which file this is.
    let identity: Identity

    /// Opens a file to add to it and makes it, with mode 0600, when it is not there.
    ///
    /// Throws one line when this is not possible, another process has it open, or everybody may write to it.
    convenience init(_ path: String) throws(FileError) {
        try self.init(path, isForReading: false)
        if isRegular, FileStatus(descriptor: descriptor)?.byteCount == 0 {
            try PrivateFile.synchronizeDirectory(PrivateFile.parent(of: path))
        }
    }

    /// Throws one line when a stream could not go to a file that is there, or a file could not be made where none is.
    ///
    /// Makes, changes and locks nothing, so that another process may be writing to it.
    static func requireUsable(_ path: String) throws {
        guard FileStatus(path) != nil else {
            let parent = PrivateFile.parent(of: path)
            guard unsafe access(parent, W_OK | X_OK) == 0 else { throw FileError.last(parent) }
            guard FileStatus("\(parent)/.") != nil else { throw FileError.last(parent) }
            return
        }
        guard unsafe access(path, R_OK | W_OK) == 0 else { throw FileError.last(path) }
        _ = try AuditFile(path, isForReading: true).tail()
    }

    private init(_ path: String, isForReading: Bool) throws(FileError) {
        let access = isForReading ? O_RDONLY : O_RDWR | O_APPEND | O_CREAT
        let descriptor = unsafe open(path, access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o600)
        guard descriptor >= 0 else { throw .last(path) }
        guard let status = FileStatus(descriptor: descriptor) else {
            let error = FileError.last(path)
            close(descriptor)
            throw error
        }
        isRegular = status.isRegular
        if let problem = Self.problem(status) ?? (isForReading ? nil : Self.lockProblem(descriptor, status)) {
            close(descriptor)
            throw FileError("\(path): \(problem)")
        }
        identity = Identity(device: status.device, number: status.inode)
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Which file a path names now; nil for none.
    static func identity(of path: String) -> Identity? {
        FileStatus(path).map { Identity(device: $0.device, number: $0.inode) }
    }

    private static func problem(_ status: FileStatus) -> String? {
        guard status.isRegular else {
            return status.isCharacterDevice ? nil : "not a file that an audit stream can go to"
        }
        return status.permits(0o002) ? "anybody may write to it; run chmod o-w" : nil
    }

    private static func lockProblem(_ descriptor: Int32, _ status: FileStatus) -> String? {
        guard status.isRegular else { return nil }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? nil : "another process writes to it"
    }

    /// Looks at the end of the file: the verifier has its last record and what follows that and is none.
    ///
    /// `endsInLine` is false when the last octet is no newline. Throws when the end is not the end of a chain.
    func tail() throws -> (verifier: AuditVerifier, endsInLine: Bool) {
        guard let status = FileStatus(descriptor: descriptor) else { throw FileError.last(path) }
        let size = isRegular ? Int(clamping: status.byteCount) : 0
        guard size > 0 else { return (AuditVerifier(), true) }
        let start = max(0, size - Self.tailByteCount)
        var lines = try read(start..<size).split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        if start > 0 {
            // The first line is cut; without another one, none ends within what was read.
            guard lines.count > 1 else { throw FileError("\(path): its last line is too long for an audit stream") }
            lines.removeFirst()
        }
        let endsInLine = lines.last?.isEmpty ?? true
        if endsInLine { lines.removeLast() }
        var verifier = AuditVerifier(isFromBeginning: start == 0)
        do throws(AuditBreak) {
            for line in lines { try verifier.take(line) }
        } catch {
            throw FileError("\(path): \(error.problem), at the end; move the file away and keep it as evidence")
        }
        return (verifier, endsInLine)
    }

    /// Adds octets and waits until they are on the disk; throws when that is not certain.
    func append(_ bytes: [UInt8]) throws(FileError) {
        guard DescriptorOutput.write(bytes, to: descriptor) else { throw .last(path) }
        guard !isRegular || fdatasync(descriptor) == 0 else { throw .last(path) }
    }

    private func read(_ range: Range<Int>) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var filled = 0
        while filled < bytes.count {
            let count = unsafe bytes[filled...].withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(range.lowerBound + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .last(path) }
            filled += count
        }
        return bytes
    }
}
