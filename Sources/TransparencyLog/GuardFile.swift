internal import Glibc
internal import OpenSSL
internal import Synchronization

/// The newest head that was shown to anyone, kept apart from the store (transparency-log 3.4, "Guard file"; I13).
///
/// Two records stand in the file by turns, so that one of them is always whole. Writing one costs one synchronisation;
/// a new file with a new name for each head would cost three, and each head waits for it.
final class GuardFile: Sendable {
    private struct Content: Sendable {
        var descriptor: Int32
        var record: GuardRecord
    }

    /// Where the file is.
    let path: String
    private let content: Mutex<Content>

    private init(path: String, descriptor: Int32, record: GuardRecord) {
        self.path = path
        content = Mutex(Content(descriptor: descriptor, record: record))
    }

    deinit { close() }

    /// Opens the guard of a log; throws `guardMissing` or `guardDamaged`.
    convenience init(path: String) throws(StoreRefusal) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR ? .guardMissing(path: path) : SQLiteFiles.failure(path)
        }
        guard let record = Self.newest(descriptor) else {
            _ = Glibc.close(descriptor)
            throw .guardDamaged(path: path, what: "it has no whole record")
        }
        self.init(path: path, descriptor: descriptor, record: record)
    }

    /// What a guard says at the moment, for those who only look; nil when there is none.
    static func look(at path: String) throws(StoreRefusal) -> GuardRecord? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0, errno == ENOENT || errno == ENOTDIR { return nil }
        guard descriptor >= 0 else { throw SQLiteFiles.failure(path) }
        defer { _ = Glibc.close(descriptor) }
        guard let record = newest(descriptor) else {
            throw .guardDamaged(path: path, what: "it has no whole record")
        }
        return record
    }

    /// Makes the guard of a log, or makes it anew: whole under another name, then under its own.
    static func create(_ path: String, state: GuardRecord.State, note: [UInt8]) throws(StoreRefusal) {
        let files = SQLiteFiles(database: path)
        let draft = path + ".new"
        guard let bytes = GuardRecord(sequence: 1, state: state, note: note).encoded else {
            throw .guardDamaged(path: path, what: "the checkpoint does not fit")
        }
        unsafe unlink(draft)
        let descriptor = unsafe open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SQLiteFiles.failure(path) }
        defer { _ = Glibc.close(descriptor) }
        for half in [off_t(0), off_t(GuardRecord.byteCount)] {
            guard unsafe pwrite(descriptor, bytes, bytes.count, half) == bytes.count else {
                throw SQLiteFiles.failure(path)
            }
        }
        guard fsync(descriptor) == 0, unsafe rename(draft, path) == 0 else { throw SQLiteFiles.failure(path) }
        try files.synchronizeDirectory()
    }

    /// The newest record.
    var record: GuardRecord { content.withLock { $0.record } }

    /// Notes durably that a committed head is about to be shown; the state stays.
    func write(note: [UInt8]) throws(StoreRefusal) {
        try replace(state: record.state, note: note, halves: 1)
    }

    /// Notes the state durably, in both records.
    func write(state: GuardRecord.State) throws(StoreRefusal) {
        try replace(state: state, note: record.note, halves: 2)
    }

    /// Bytes that may still be written on the guard's volume, and the volume's size; nil when unknown.
    func space() -> VolumeSpace? {
        SQLiteFiles(database: path).space()
    }

    /// Lets go of the file; idempotent.
    func close() {
        content.withLock { content in
            if content.descriptor >= 0 { _ = Glibc.close(content.descriptor) }
            content.descriptor = -1
        }
    }

    private func replace(state: GuardRecord.State, note: [UInt8], halves: Int) throws(StoreRefusal) {
        let isWritten = content.withLock { content in
            for _ in 0..<halves {
                let next = GuardRecord(sequence: content.record.sequence + 1, state: state, note: note)
                guard let bytes = next.encoded else { return false }
                let offset = off_t(next.sequence & 1) * off_t(GuardRecord.byteCount)
                // A failed synchronisation is never tried again: it may have dropped what it could not write.
                guard unsafe pwrite(content.descriptor, bytes, bytes.count, offset) == bytes.count,
                    fdatasync(content.descriptor) == 0
                else { return false }
                content.record = next
            }
            return true
        }
        guard isWritten else { throw SQLiteFiles.failure(path) }
    }

    private static func newest(_ descriptor: Int32) -> GuardRecord? {
        [off_t(0), off_t(GuardRecord.byteCount)]
            .compactMap { offset in
                var bytes = [UInt8](repeating: 0, count: GuardRecord.byteCount)
                let count = unsafe pread(descriptor, &bytes, bytes.count, offset)
                return count > 0 ? GuardRecord(bytes.prefix(count)) : nil
            }
            .max { $0.sequence < $1.sequence }
    }
}
