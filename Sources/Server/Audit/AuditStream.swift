internal import Dispatch
internal import Logging
internal import OpenSSL
internal import Synchronization

/// The audit stream: what was issued and refused, in a file that only grows (reliability R-57).
///
/// A thread of its own writes; all records that came while it last wrote go to the disk together, so that waiting for
/// the disk costs one write for many requests.
final class AuditStream: Sendable {
    /// The stream could not be written, or has no room for what is still to be written.
    struct Unavailable: Error {}

    /// How many records the stream has written and lost.
    struct Counts: Hashable, Sendable {
        var written: UInt64 = 0
        var lost: UInt64 = 0
    }

    /// The most records that may wait to be written; what comes beyond them is lost.
    private static let capacity = 4096

    /// How long writing rests after it failed.
    private static let pause = DispatchTimeInterval.seconds(1)

    private struct Waiting {
        let record: AuditRecord
        /// Who waits for the record to be on the disk; nil when nobody does.
        let continuation: CheckedContinuation<Result<Void, Unavailable>, Never>?
    }

    private struct State {
        var waiting: [Waiting] = []
        var isScheduled = false
        var isFailing = false
        var counts = Counts()
        /// Lost since writing began to fail.
        var lost: UInt64 = 0
    }

    /// Whether records name the subjects of tokens.
    let namesSubjects: Bool

    /// Whether nothing is issued while the stream cannot be written.
    let isRequired: Bool

    private let state = Mutex(State())
    private let writer: Mutex<AuditWriter>
    private let queue = DispatchQueue(label: "audit")
    private let logger: Logger

    /// A stream to an open file.
    init(_ writer: AuditWriter, namesSubjects: Bool, isRequired: Bool, logger: Logger) {
        self.writer = Mutex(writer)
        self.namesSubjects = namesSubjects
        self.isRequired = isRequired
        self.logger = logger
    }

    /// Whether the last write failed.
    var isFailing: Bool { state.withLock { $0.isFailing } }

    /// How many records were written and lost.
    var counts: Counts { state.withLock { $0.counts } }

    /// Adds a record and waits until it is on the disk; cancelling does not stop it.
    func append(_ record: AuditRecord) async throws(Unavailable) {
        let result: Result<Void, Unavailable> = await withCheckedContinuation { continuation in
            if !take(Waiting(record: record, continuation: continuation)) {
                continuation.resume(returning: .failure(Unavailable()))
            }
        }
        try result.get()
    }

    /// Adds a record and waits for nothing; one that cannot be written is counted as lost.
    func note(_ record: AuditRecord) {
        _ = take(Waiting(record: record, continuation: nil))
    }

    /// Puts a record into the queue; false when it is lost.
    private func take(_ waiting: Waiting) -> Bool {
        state.withLock { state in
            guard !state.isFailing, state.waiting.count < Self.capacity else {
                state.lost += 1
                state.counts.lost += 1
                return false
            }
            state.waiting.append(waiting)
            if !state.isScheduled { queue.async { self.drain() } }
            state.isScheduled = true
            return true
        }
    }

    /// Adds a last record, waits until it is on the disk or cannot be, and closes the file.
    func close(_ record: AuditRecord) async {
        // Who fails here was told so when the writing began to fail.
        try? await append(record)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async {
                self.writer.withLock { $0.close() }
                continuation.resume()
            }
        }
    }

    private func drain() {
        let batch = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        let failure = write(batch.map(\.record))
        state.withLock { state in
            if failure == nil { state.counts.written += UInt64(batch.count) } else { fail(&state, batch.count) }
            state.isScheduled = !state.waiting.isEmpty && failure == nil
            if state.isScheduled { queue.async { self.drain() } }
        }
        for waiting in batch {
            waiting.continuation?.resume(returning: failure == nil ? .success(()) : .failure(Unavailable()))
        }
        if let failure {
            logger.critical("the audit stream cannot be written", metadata: ["error": "\(failure)"])
            refuseWaiting()
            queue.asyncAfter(deadline: .now() + Self.pause) { self.probe() }
        }
    }

    private func fail(_ state: inout State, _ count: Int) {
        state.isFailing = true
        state.lost += UInt64(count)
        state.counts.lost += UInt64(count)
    }

    /// Tells those who came while the write failed; nobody is added while the stream is failing.
    private func refuseWaiting() {
        let late = state.withLock { state in
            defer { state.waiting = [] }
            fail(&state, state.waiting.count)
            return state.waiting
        }
        for waiting in late { waiting.continuation?.resume(returning: .failure(Unavailable())) }
    }

    /// Tries to write again, beginning with how much was lost.
    private func probe() {
        let lost = state.withLock { $0.lost }
        var record = AuditRecord(.resumed)
        record.add("lost", lost)
        guard write([record]) == nil else {
            queue.asyncAfter(deadline: .now() + Self.pause) { self.probe() }
            return
        }
        state.withLock { state in
            state.isFailing = false
            state.lost -= min(state.lost, lost)
            state.counts.written += 1
        }
        logger.notice("the audit stream can be written again", metadata: ["lost": "\(lost)"])
    }

    private func write(_ records: [AuditRecord]) -> (any Error)? {
        do {
            try writer.withLock { try $0.append(records) }
            return nil
        } catch {
            return error
        }
    }
}

extension AuditStream: ReloadableFiles {
    var name: String { "audit stream" }

    /// None: who moves the file away says so with SIGHUP.
    var watchedPaths: [String] { [] }

    /// Turns to the file that has the path now, after somebody has moved the old one away.
    ///
    /// Throws one line and goes on with the old one when that is not possible.
    func reload() throws {
        try queue.sync { try writer.withLock { try $0.reopen() } }
    }
}
