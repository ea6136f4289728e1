internal import Glibc
internal import OpenSSL
internal import Synchronization

/// The exclusive right to one store, held until `release()`, and a note of the newest head shown.
///
/// The kernel gives the right back when the process ends, however it ends. The note is written after each commit and
/// before anyone hears of it. It is not synchronised, so a power cut may leave an old one, but never one that is ahead
/// of the database: a note ahead of the database means that committed pages have gone since (I13, R-17).
final class StoreLock: Sendable {
    /// Nil once the right is given back.
    private let descriptor: Mutex<Int32?>
    private let path: String

    /// Takes the lock; throws when the file is missing, cannot be opened, or another process has it.
    init(path: String) throws(StoreRefusal) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SQLiteFiles.failure(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let refusal: StoreRefusal = errno == EWOULDBLOCK ? .locked(path: path) : SQLiteFiles.failure(path)
            close(descriptor)
            throw refusal
        }
        self.descriptor = Mutex(descriptor)
        self.path = path
    }

    deinit { release() }

    /// Gives the right back; idempotent.
    func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor.take() { close(open) }
        }
    }

    /// The newest head shown to anyone, as far as the note tells; nil when there is no readable note.
    func exposedHead() -> (size: UInt64, timestamp: UInt64)? {
        var bytes = [UInt8](repeating: 0, count: Self.noteByteCount)
        let count = descriptor.withLock { descriptor in
            descriptor.map { unsafe pread($0, &bytes, bytes.count, 0) }
        }
        guard count == bytes.count, bytes.last == 0x0A else { return nil }
        let fields = String(decoding: bytes.dropLast(), as: UTF8.self).split(separator: " ")
        guard fields.count == 3, let size = UInt64(fields[0]), let timestamp = UInt64(fields[2]) else { return nil }
        return (size, timestamp)
    }

    /// Notes that a committed head is about to be shown.
    func note(_ head: TreeHead) throws(StoreRefusal) {
        // 20 digits of size, the root, 20 digits of time: always as long, so that one small write replaces all of it.
        let text = "\(Self.padded(head.size.value)) \(head.root.hex) \(Self.padded(head.timestamp.milliseconds))\n"
        let bytes = Array(text.utf8)
        let count = descriptor.withLock { descriptor in
            descriptor.map { unsafe pwrite($0, bytes, bytes.count, 0) }
        }
        guard count == bytes.count else { throw SQLiteFiles.failure(path) }
    }

    private static let noteByteCount = 20 + 1 + 64 + 1 + 20 + 1

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }
}
