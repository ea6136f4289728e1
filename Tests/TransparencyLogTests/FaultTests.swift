import GRDB
import OpenSSL
import Testing
import TransparencyLog

@Suite struct FaultTests {
    @Test func `TL-59 TL-84 an error before COMMIT fails the batch only, and the log goes on (R-03)`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = FaultyStore(try await log.open(), faults: [])
        store.hold(true)
        try await log.run(store) { sequencer, reader in
            let failure = await #expect(throws: SubmissionFailure.self) {
                try await sequencer.submit(.test(1))
            }
            guard case .temporarilyUnavailable(let seconds) = failure else {
                return #expect(Bool(false), "\(String(describing: failure))")
            }
            #expect((1...30).contains(seconds))
            #expect(sequencer.condition.value.obstacle != nil)
            store.hold(false)
            let retried = try await sequencer.submit(.test(1))
            #expect(sequencer.condition.value.obstacle == nil)
            #expect(retried.index.value == 0)
            #expect(reader.checkpoint.signedTreeHead.head.size.value == 1)
        }
    }

    @Test(
        "TL-60 R-13 an error from COMMIT ends the sequencer, and the next start finds out",
        arguments: [
            (FaultyStore.Fault.commitLost, 0), (.commitDurable, 1),
        ] as [(FaultyStore.Fault, UInt64)])
    func commitError(fault: FaultyStore.Fault, durableCount: UInt64) async throws {
        let log = try TestLog()
        try await log.create()
        let store = FaultyStore(try await log.open(), faults: [fault])
        await #expect(throws: CommitFailure.self) {
            try await log.run(store) { sequencer, reader in
                await #expect(throws: SubmissionFailure.stopped) {
                    try await sequencer.submit(.test(1))
                }
                // Nothing of the batch is shown, and nothing more is accepted or tried (I12).
                #expect(reader.checkpoint.signedTreeHead.head.size == .zero)
                let tries = store.commitCount
                await #expect(throws: SubmissionFailure.stopped) {
                    try await sequencer.submit(.test(2))
                }
                #expect(store.commitCount == tries)
            }
        }
        let reopened = try await log.open()
        #expect(reopened.initialState.signedTreeHead.head.size.value == durableCount)
        try await log.run(reopened) { sequencer, reader in
            let entry = try await sequencer.submit(.test(1))
            #expect(entry.index.value == 0)
            #expect(reader.checkpoint.signedTreeHead.head.size.value == 1)
        }
    }

    @Test func `R-13 an error from a checkpoint of the write-ahead log ends the sequencer`() async throws {
        let log = try TestLog()
        try await log.create()
        await #expect(throws: FaultyStore.Injected.self) {
            try await log.run(FaultyStore(try await log.open(), faults: [.maintenance])) { sequencer, _ in
                _ = try? await sequencer.submit(.test(1))
            }
        }
        #expect(try await log.open().initialState.signedTreeHead.head.size.value <= 1)
    }

    @Test func `TL-63 a second process that goes around the lock cannot commit unseen`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        await #expect(throws: CommitFailure.self) {
            try await log.run(try await log.open()) { sequencer, reader in
                _ = try await sequencer.submit(.test(100))
                try log.tamper("UPDATE head SET epoch = epoch + 1")
                await #expect(throws: SubmissionFailure.stopped) {
                    try await sequencer.submit(.test(101))
                }
                #expect(reader.checkpoint.signedTreeHead.head.size.value == 4)
            }
        }
    }

    @Test func `TL-63 the store itself lets only one of two batches on the same head through (I8)`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        let base = store.initialState
        func batch(milliseconds: UInt64) async throws -> LogBatch {
            let head = base.signedTreeHead.head
            let later = TreeHead(
                size: head.size, root: head.root, timestamp: head.timestamp.adding(milliseconds: milliseconds))
            let signed = try await SignedTreeHead.signing(later, with: log.key)
            let note = Checkpoint(origin: log.description.origin, signedTreeHead: signed)
                .note(logID: log.description.logID).bytes
            let next = LogState(epoch: base.epoch + 1, signedTreeHead: signed, peaks: base.peaks, edge: base.edge)
            return LogBatch(base: base, next: next, note: note, entries: [], tiles: [], attachments: [:])
        }
        let (first, second) = (try await batch(milliseconds: 1), try await batch(milliseconds: 2))
        try await store.commit(first)
        let failure = await #expect(throws: CommitFailure.self) { try await store.commit(second) }
        guard case .conflict = failure else { return #expect(Bool(false), "\(String(describing: failure))") }
        try await store.close()
        let found = try await log.open().initialState
        #expect(found.signedTreeHead == first.next.signedTreeHead)
    }

    @Test func `W8 a row that must be new and is not is fatal and leaves nothing behind`() async throws {
        let log = try TestLog()
        try await log.fill(1)
        await #expect(throws: CommitFailure.self) {
            try await log.run(try await log.open()) { sequencer, _ in
                try log.tamper("INSERT INTO entry VALUES (1, x'00', x'00')")
                await #expect(throws: SubmissionFailure.stopped) {
                    try await sequencer.submit(.test(7))
                }
            }
        }
        let queue = try DatabaseQueue(path: log.path)
        let keys = try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM dedup") }
        #expect(keys == 1)
    }

    @Test func `TL-67 a clock set back stops sequencing until it catches up (R-37)`() async throws {
        let log = try TestLog()
        try await log.create()
        try await log.run(try await log.open()) { sequencer, reader in
            let before = try await sequencer.submit(.test(1))
            log.clock.goBack(milliseconds: 10_000)
            let failure = await #expect(throws: SubmissionFailure.self) {
                try await sequencer.submit(.test(2))
            }
            guard case .temporarilyUnavailable = failure else {
                return #expect(Bool(false), "\(String(describing: failure))")
            }
            #expect(reader.checkpoint.signedTreeHead.head.size.value == 1)
            log.clock.advance(milliseconds: 10_000)
            let after = try await sequencer.submit(.test(2))
            #expect(after.timestamp > before.timestamp)
        }
    }

    @Test func `TL-67 a clock set forward an hour makes no head from the future`() async throws {
        let log = try TestLog()
        try await log.create()
        try await log.run(try await log.open()) { sequencer, reader in
            _ = try await sequencer.submit(.test(1))
            let limit = log.clock.now.adding(milliseconds: 1000)
            log.clock.advance(milliseconds: 3_600_000)
            await #expect(throws: SubmissionFailure.self) {
                try await sequencer.submit(.test(2))
            }
            #expect(reader.checkpoint.signedTreeHead.head.timestamp <= limit)
            log.clock.goBack(milliseconds: 3_600_000)
            _ = try await sequencer.submit(.test(2))
        }
    }

    @Test func `TL-67 heads of one millisecond get times of their own`() throws {
        var clock = ClockGuard()
        let (now, instant) = (Timestamp(seconds: 1_800_000_000), ContinuousClock.now)
        var last = now
        for _ in 0..<500 {
            let next = try clock.stamp(after: last, now: now, at: instant)
            #expect(next > last)
            last = next
        }
    }

    @Test(
        "TL-67 the clock against the last head and monotonic time",
        arguments: [
            (0, 0, true), (999, 0, true), (1000, 0, false), (1001, 0, false), (0, 60_000, true), (0, 60_001, false),
        ] as [(UInt64, UInt64, Bool)])
    func clockRules(headAhead: UInt64, step: UInt64, isAccepted: Bool) throws {
        var clock = ClockGuard()
        let (start, instant) = (Timestamp(seconds: 1_800_000_000), ContinuousClock.now)
        let past = Timestamp(seconds: 1_700_000_000)
        _ = try clock.stamp(after: past, now: start, at: instant)
        let now = start.adding(milliseconds: 5000 + step)
        let previous = headAhead == 0 ? past : now.adding(milliseconds: headAhead)
        let stamp = try? clock.stamp(after: previous, now: now, at: instant.advanced(by: .seconds(5)))
        #expect((stamp != nil) == isAccepted)
        if let stamp { #expect(stamp > previous && stamp <= now.adding(milliseconds: 1000)) }
    }
}
