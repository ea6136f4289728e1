import Foundation
import GRDB
import OpenSSL
import Synchronization
import Testing

@testable import TransparencyLog

@Suite struct SequencerTests {
    @Test func `a waiter learns index and time after the commit, and a head covers them (R-02)`() async throws {
        let log = try TestLog()
        try await log.create()
        try await log.run(try await log.open()) { sequencer, reader in
            let entry = try await sequencer.submit(.test(1))
            let signed = reader.checkpoint.signedTreeHead
            #expect(entry.index.value == 0)
            #expect(signed.head.size.value == 1)
            #expect(signed.head.timestamp >= entry.timestamp)
            #expect(signed.isValid(key: log.key.publicKey))
            let hash = MerkleTree.leafHash(of: entry.leafInput)
            let (index, proof) = try await reader.inclusionProof(ofLeafHash: hash, in: signed.head.size)
            #expect(proof.isValid(for: hash, at: index, in: signed.head.size, root: signed.head.root))
        }
    }

    @Test func `many submissions at once get all positions without holes, and every proof verifies`() async throws {
        let (log, count) = (try TestLog(), 700)
        try await log.create()
        try await log.run(try await log.open()) { sequencer, reader in
            let entries = try await withThrowingTaskGroup(of: SequencedEntry.self) { group in
                for number in 0..<count {
                    group.addTask { try await sequencer.submit(.test(number)) }
                }
                return try await group.reduce(into: [SequencedEntry]()) { $0.append($1) }
            }
            #expect(Set(entries.map(\.index.value)) == Set(0..<UInt64(count)))
            let head = reader.checkpoint.signedTreeHead.head
            for entry in entries.prefix(100) {
                let hash = MerkleTree.leafHash(of: entry.leafInput)
                let (index, proof) = try await reader.inclusionProof(ofLeafHash: hash, in: head.size)
                #expect(index == entry.index)
                #expect(proof.isValid(for: hash, at: index, in: head.size, root: head.root))
            }
        }
        let reopened = try await log.open()
        #expect(reopened.initialState.signedTreeHead.head.size.value == UInt64(count))
    }

    @Test func `TL-52 a hundred equal submissions at once become one entry`() async throws {
        let log = try TestLog()
        try await log.create()
        try await log.run(try await log.open()) { sequencer, reader in
            let entries = try await withThrowingTaskGroup(of: SequencedEntry.self) { group in
                for _ in 0..<100 { group.addTask { try await sequencer.submit(.test(5)) } }
                return try await group.reduce(into: [SequencedEntry]()) { $0.append($1) }
            }
            #expect(Set(entries.map(\.leafInput)).count == 1)
            #expect(reader.checkpoint.signedTreeHead.head.size.value == 1)
        }
    }

    @Test func `TL-53 an equal submission after a restart gets the same time and position`() async throws {
        let log = try TestLog()
        try await log.create()
        let first = try await log.run(try await log.open()) { sequencer, _ in
            try await sequencer.submit(.test(5))
        }
        try await log.run(try await log.open()) { sequencer, reader in
            let other = try await sequencer.submit(.test(6))
            let again = try await sequencer.submit(.test(5))
            #expect(again.leafInput == first.leafInput)
            #expect(again.record == first.record)
            #expect(other.index.value == 1)
            #expect(reader.checkpoint.signedTreeHead.head.size.value == 2)
        }
    }

    // Only against waiting for ever: under the thread sanitizer, with every other test beside it, minutes are usual.
    @Test(.timeLimit(.minutes(5)))
    func `an equal submission is found while public reads hold every reader`() async throws {
        let log = try TestLog()
        try await log.fill(1)
        let store = try await log.open()
        try await log.run(store) { sequencer, _ in
            let gate = Gate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 { group.addTask { try await store.read { _ in gate.wait() } } }
                while gate.waitingCount < 4 { await Task.yield() }
                await #expect(throws: Never.self) {
                    let (known, new) = (try await sequencer.submit(.test(0)), try await sequencer.submit(.test(1)))
                    #expect(known.index.value == 0)
                    #expect(new.index.value == 1)
                }
                #expect(gate.waitingCount == 4)
                gate.open()
                try await group.waitForAll()
            }
        }
    }

    @Test func `TL-56 a forged index of duplicates is noticed, answers nothing and freezes the log`() async throws {
        let log = try TestLog()
        try await log.fill(2)
        try log.tamper("INSERT INTO dedup VALUES (?, 1)", [Data(Submission.test(9).key.bytes)])
        try await log.run(try await log.open()) { sequencer, reader in
            for number in [9, 10] {
                await #expect(throws: SubmissionFailure.frozen) { try await sequencer.submit(.test(number)) }
            }
            #expect(sequencer.condition.value.name == "frozen")
            #expect(reader.checkpoint.signedTreeHead.head.size.value == 2)
        }
        let store = try await log.open()
        #expect(store.initialCondition == .frozen(reason: "the index of duplicates points to a wrong entry 1"))
        try await store.close()
    }

    @Test func `R-08 TL-43 whoever stops waiting leaves the entry in the log`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        let published = log.publishedHead(of: store)
        let sequencer = Sequencer(
            store: store, description: log.description, key: log.key, format: TestRecord.format, published: published,
            clock: { log.clock.now }, logger: .silent)
        // The sequencer does not run yet, so the submission is certainly waiting when it is cancelled.
        let waiting = Task { try await sequencer.submit(.test(1)) }
        let patient = Task { try await sequencer.submit(.test(2)) }
        waiting.cancel()
        let outcome = await waiting.result
        #expect(throws: CancellationError.self) { try outcome.get() }
        async let running: Void = sequencer.run()
        _ = try await patient.value
        let again = try await sequencer.submit(.test(1))
        #expect(again.index.value < 2)
        sequencer.shutDown()
        try await running
        #expect(published.checkpoint.signedTreeHead.head.size.value == 2)
    }

    @Test func `what was accepted before the shutdown is integrated, and nothing is accepted after`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        let sequencer = Sequencer(
            store: store, description: log.description, key: log.key, format: TestRecord.format,
            published: log.publishedHead(of: store), clock: { log.clock.now }, logger: .silent)
        let entries = try await withThrowingTaskGroup(of: SequencedEntry.self) { group in
            for number in 0..<50 {
                group.addTask { try await sequencer.submit(.test(number)) }
            }
            while sequencer.queuedCount < 50 { await Task.yield() }
            sequencer.shutDown()
            await #expect(throws: SubmissionFailure.stopped) {
                try await sequencer.submit(.test(99))
            }
            try await sequencer.run()
            return try await group.reduce(into: [SequencedEntry]()) { $0.append($1) }
        }
        #expect(entries.count == 50)
        #expect(try await log.open().initialState.signedTreeHead.head.size.value == 50)
    }

    @Test func `a cancelled sequencer integrates what was accepted, too`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        let sequencer = Sequencer(
            store: store, description: log.description, key: log.key, format: TestRecord.format,
            published: log.publishedHead(of: store), clock: { log.clock.now }, logger: .silent)
        async let waiting = sequencer.submit(.test(1))
        while sequencer.queuedCount < 1 { await Task.yield() }
        let running = Task { try await sequencer.run() }
        running.cancel()
        try await running.value
        let entry = try await waiting
        #expect(entry.index.value == 0)
        await #expect(throws: SubmissionFailure.stopped) {
            try await sequencer.submit(.test(2))
        }
        #expect(try await log.open().initialState.signedTreeHead.head.size.value == 1)
    }

    @Test func `a submission that cannot be encoded fails alone`() async throws {
        let log = try TestLog()
        try await log.create()
        try await log.run(try await log.open()) { sequencer, reader in
            async let good = sequencer.submit(.test(2))
            await #expect(throws: SubmissionFailure.notEncodable) {
                try await sequencer.submit(.unencodable(1))
            }
            let entry = try await good
            #expect(entry.index.value == 0)
            #expect(reader.checkpoint.signedTreeHead.head.size.value == 1)
        }
    }

    @Test func `TL-61 a record that says something else than was submitted stops the log before a signature`()
        async throws
    {
        let log = try TestLog()
        try await log.create()
        let store = FaultyStore(try await log.open(), faults: [])
        await #expect(throws: (any Error).self) {
            try await log.run(store) { sequencer, _ in
                await #expect(throws: SubmissionFailure.stopped) {
                    try await sequencer.submit(.lying(1))
                }
            }
        }
        #expect(try await log.open().initialState.signedTreeHead.head.size == .zero)
    }

    @Test func `TL-68 an idle log signs new heads and does not grow`() async throws {
        let log = try TestLog()
        try await log.fill(1)
        try await log.run(try await log.open(), heartbeat: .milliseconds(20)) { _, reader in
            var heads: Set<Timestamp> = []
            while heads.count < 20 {
                heads.insert(reader.checkpoint.signedTreeHead.head.timestamp)
                await Task.yield()
            }
            #expect(reader.checkpoint.signedTreeHead.head.size.value == 1)
            #expect(reader.checkpoint.signedTreeHead.isValid(key: log.key.publicKey))
        }
        let queue = try DatabaseQueue(path: log.path)
        let rows = try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM checkpoint") }
        #expect(rows == 2)
    }

    @Test func `heads never go back in time or size, however they are published`() throws {
        let log = try TestLog()
        let signature = try #require(DigitallySigned(signature: [1]))
        func checkpoint(_ size: UInt64, _ time: UInt64) throws -> Checkpoint {
            let head = TreeHead(
                size: try #require(TreeSize(size)), root: MerkleTree.emptyRoot,
                timestamp: Timestamp(milliseconds: time))
            return Checkpoint(
                origin: log.description.origin, signedTreeHead: SignedTreeHead(head: head, signature: signature))
        }
        let published = PublishedHead(try checkpoint(5, 100))
        for (size, time) in [(4, 200), (5, 100), (6, 99)] as [(UInt64, UInt64)] {
            published.publish(try checkpoint(size, time))
            #expect(published.checkpoint == (try checkpoint(5, 100)), "\(size) at \(time)")
        }
        published.publish(try checkpoint(5, 101))
        #expect(published.checkpoint == (try checkpoint(5, 101)))
    }
}

extension Sequencer {
    /// How many submissions wait for the next batch.
    fileprivate var queuedCount: Int { queue.count }
}

/// Holds threads until it is opened.
private final class Gate: Sendable {
    private let condition = NSCondition()
    private let state = Mutex((isOpen: false, waitingCount: 0))

    /// How many threads are or were held.
    var waitingCount: Int { state.withLock { $0.waitingCount } }

    func wait() {
        condition.lock()
        defer { condition.unlock() }
        state.withLock { $0.waitingCount += 1 }
        while !state.withLock({ $0.isOpen }) { condition.wait() }
    }

    func open() {
        condition.lock()
        defer { condition.unlock() }
        state.withLock { $0.isOpen = true }
        condition.broadcast()
    }
}
