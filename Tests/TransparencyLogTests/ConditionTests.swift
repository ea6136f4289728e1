import Foundation
import OpenSSL
import Synchronization
import Testing

@testable import TransparencyLog

/// The states of transparency-log 3.5 and the ways between them.
@Suite struct ConditionTests {
    /// Waits for a condition without asserting on time; gives up after a minute.
    private func eventually(_ condition: () -> Bool) async throws {
        for _ in 0..<6000 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(condition())
    }

    @Test func `TL-84 a log starts, serves, pauses with a reason and comes back by itself (R-14)`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = FaultyStore(try await log.open(), faults: [])
        try await log.run(store, heartbeat: .seconds(1)) { sequencer, reader in
            try await eventually { sequencer.condition.value == .serving }
            store.hold(true)
            await #expect(throws: SubmissionFailure.self) { try await sequencer.submit(.test(1)) }
            #expect(sequencer.condition.value.name == "readonly-temporary")
            #expect(sequencer.condition.value.obstacle?.contains("readonly-temporary") == true)
            store.hold(false)
            try await eventually { sequencer.condition.value == .serving }
            #expect(sequencer.condition.value.obstacle == nil)
        }
    }

    @Test func `R-37 TL-67 a clock set back pauses the log and names the clock`() async throws {
        let log = try TestLog()
        try await log.create()
        try await log.run(try await log.open()) { sequencer, _ in
            _ = try await sequencer.submit(.test(1))
            log.clock.goBack(milliseconds: 10_000)
            await #expect(throws: SubmissionFailure.self) { try await sequencer.submit(.test(2)) }
            #expect(sequencer.condition.value.obstacle?.contains("clock") == true)
            log.clock.advance(milliseconds: 10_000)
            _ = try await sequencer.submit(.test(2))
            #expect(sequencer.condition.value == .serving)
        }
    }

    @Test func `a frozen log answers who waits, signs nothing more, goes on reading and remembers`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        try await log.run(try await log.open(), heartbeat: .milliseconds(40)) { sequencer, reader in
            _ = try await sequencer.submit(.test(50))
            await sequencer.freeze(because: "test")
            await sequencer.freeze(because: "second reason")
            let head = reader.checkpoint.signedTreeHead.head
            await #expect(throws: SubmissionFailure.frozen) { try await sequencer.submit(.test(51)) }
            await #expect(throws: SubmissionFailure.frozen) { try await sequencer.submit(.test(50)) }
            // Four heartbeats would have been due.
            try await Task.sleep(for: .milliseconds(200))
            #expect(reader.checkpoint.signedTreeHead.head == head)
            let pages = try await reader.page(from: 0, through: 9)
            #expect(pages.entries.count == 4)
        }
        for _ in 0..<2 {
            let store = try await log.open()
            #expect(store.initialCondition == .frozen(reason: "test"))
            try await log.run(store) { sequencer, reader in
                await #expect(throws: SubmissionFailure.frozen) { try await sequencer.submit(.test(52)) }
                let pages = try await reader.page(from: 0, through: 9)
                #expect(pages.entries.count == 4)
                #expect(sequencer.condition.value == .frozen(reason: "test"))
            }
        }
        #expect(try await log.inspect().head.size.value == 4)
    }

    @Test func `a head whose commit a freeze has overtaken stays in the store and is not shown (3.5)`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        let store = FaultyStore(try await log.open(), faults: [])
        let published = log.publishedHead(of: store)
        let shown = Mutex<TreeHead?>(nil)
        try await log.run(store, published: published) { sequencer, _ in
            store.wait(.beforeReturn) {
                shown.withLock { $0 = published.checkpoint.signedTreeHead.head }
                await sequencer.freeze(because: "test")
            }
            await #expect(throws: SubmissionFailure.frozen) { try await sequencer.submit(.test(50)) }
        }
        // The sequencer has ended, so it has done all that it would.
        #expect(published.checkpoint.signedTreeHead.head == shown.withLock { $0 })
        #expect(published.checkpoint.signedTreeHead.head.size.value == 3)
        #expect(published.newest == published.checkpoint)
        #expect(try await log.inspect().head.size.value == 4)
    }

    @Test func `nothing is signed after a freeze that came before the signature (3.5)`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        let store = FaultyStore(try await log.open(), faults: [])
        let key = CountingKey(log.key)
        let count = Mutex(0)
        try await log.run(store, key: key) { sequencer, _ in
            store.wait(.beforeSigning) {
                count.withLock { $0 = key.count }
                await sequencer.freeze(because: "test")
            }
            await #expect(throws: SubmissionFailure.frozen) { try await sequencer.submit(.test(50)) }
        }
        #expect(key.count == count.withLock { $0 })
        #expect(try await log.inspect().head.size.value == 3)
    }

    @Test func `whoever waits for a head that a freeze keeps back is told, and nobody waits for ever`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        let store = try await log.open()
        let published = log.publishedHead(of: store)
        published.end(with: .frozen)
        let four = try #require(LeafIndex(3))
        await #expect(throws: SubmissionFailure.frozen) { try await published.waitUntilShown(four) }
        try await published.waitUntilShown(try #require(LeafIndex(2)))
        await store.abandon()
    }

    /// A key that counts its signatures.
    private final class CountingKey: SigningKey {
        private let key: LocalSigningKey
        private let signatures = Mutex(0)

        init(_ key: LocalSigningKey) { self.key = key }

        var publicKey: PublicKey { key.publicKey }
        var scheme: SignatureScheme { key.scheme }
        var count: Int { signatures.withLock { $0 } }

        func signature(over message: [UInt8]) async throws -> [UInt8] {
            signatures.withLock { $0 += 1 }
            return try await key.signature(over: message)
        }
    }

    @Test func `a freeze that only the guard remembers is a freeze`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        let guardFile = try GuardFile(path: log.path + "-guard")
        try guardFile.write(state: .frozen(reason: "elsewhere"))
        guardFile.close()
        let store = try await log.open()
        #expect(store.initialCondition == .frozen(reason: "elsewhere"))
        try await store.close()
    }

    @Test func `TL-62 a damaged object is an error and all others are served`() async throws {
        let log = try TestLog()
        try await log.fill(800)
        let store = try await log.open()
        try await log.run(store) { _, reader in
            try log.tamper("UPDATE entry SET leaf = CAST(substr(leaf, 1, 60) || x'01' AS BLOB) WHERE idx = 5")
            try log.tamper("UPDATE tile SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE level = 0 AND n = 1")
            await #expect(throws: StoreRefusal.self) { try await reader.page(from: 5, through: 5) }
            let pages = try await reader.page(from: 6, through: 9)
            #expect(pages.entries.count == 4)
            await #expect(throws: StoreRefusal.self) {
                try await store.read { try $0.tile(level: 0, index: 1) }
            }
            let tile = try await store.read { try $0.tile(level: 0, index: 0) }
            #expect(tile.count == HashTile.byteCount)
        }
    }

    @Test func `after a freeze no commit goes through, even one that is built already`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        let base = store.initialState
        let head = base.signedTreeHead.head
        let later = TreeHead(size: head.size, root: head.root, timestamp: head.timestamp.adding(milliseconds: 1))
        let signed = try await SignedTreeHead.signing(later, with: log.key)
        let note = Checkpoint(origin: log.description.origin, signedTreeHead: signed)
            .note(logID: log.description.logID).bytes
        let next = LogState(epoch: base.epoch + 1, signedTreeHead: signed, peaks: base.peaks, edge: base.edge)
        try await store.freeze(reason: "test")
        await #expect(throws: CommitFailure.self) {
            try await store.commit(
                LogBatch(base: base, next: next, note: note, entries: [], tiles: [], attachments: [:]))
        }
        await store.abandon()
    }
}
