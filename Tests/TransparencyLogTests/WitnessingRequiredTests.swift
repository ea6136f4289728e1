import Synchronization
import Testing

@testable import TransparencyLog

/// Logs whose heads nobody sees before a quorum of witnesses has cosigned them.
extension WitnessingTests {
    @Test func `TL-79 required: nothing is shown or released before the quorum, and it comes back`() async throws {
        let log = try TestLog()
        try await log.create()
        let witnesses = try ["a", "b", "c"].map { try TestWitness($0, of: log) }
        try await run(log, witnesses, mode: .required, rule: "2") { running in
            _ = try await running.submit(.test(0))
            #expect(running.reader.checkpoint.text.size.value == 1)
            #expect(running.reader.cosigned.cosignatures.count >= 2)
            witnesses[2].state.withLock { $0.fails = true }
            _ = try await running.submit(.test(1))
            witnesses[1].state.withLock { $0.fails = true }
            await #expect(throws: SubmissionFailure.self) { try await running.sequencer.submit(.test(2)) }
            #expect(running.reader.checkpoint.text.size.value == 2)
            #expect(running.reader.newestCommitted.text.size.value == 3)
            try await eventually { running.witnessing.obstacle != nil }
            await #expect(throws: SubmissionFailure.self) { try await running.sequencer.submit(.test(3)) }
            #expect(running.reader.newestCommitted.text.size.value == 3, "nothing is signed meanwhile")
            witnesses[1].state.withLock { $0.fails = false }
            try await eventually { running.witnessing.obstacle == nil }
            let again = try await running.submit(.test(2))
            #expect(again.index.value == 2 && running.reader.checkpoint.text.size.value >= 3)
        }
    }

    @Test func `TL-79 required: after a stop the head that was shown is shown, and not the newest one`() async throws {
        let log = try TestLog()
        try await log.create()
        let witness = try TestWitness("a", of: log)
        try await run(log, [witness], mode: .required) { running in
            _ = try await running.submit(.test(0))
            witness.state.withLock { $0.fails = true }
            await #expect(throws: SubmissionFailure.self) { try await running.sequencer.submit(.test(1)) }
        }
        try await run(log, [witness], mode: .required) { running in
            #expect(running.reader.checkpoint.text.size.value == 1)
            #expect(running.reader.newestCommitted.text.size.value == 2)
            #expect(running.witnessing.obstacle != nil)
            let epoch = running.sequencer.store.initialState.epoch
            await #expect(throws: SubmissionFailure.self) { try await running.sequencer.submit(.test(2)) }
            #expect(running.sequencer.condition.value.name == "readonly-temporary")
            #expect(running.sequencer.store.initialState.epoch == epoch)
            witness.state.withLock { $0.fails = false }
            try await eventually { running.reader.checkpoint.text.size.value == 2 }
            try await eventually { running.sequencer.condition.value == .serving }
        }
        // Without the rule every head is shown again.
        try await run(log, [witness]) { running in
            _ = try await running.submit(.test(5))
            #expect(running.reader.checkpoint.text.size == running.reader.newestCommitted.text.size)
        }
    }

    @Test func `TL-79 required: a frozen log goes on hiding after a restart what has no quorum`() async throws {
        let log = try TestLog()
        try await log.create()
        let witness = try TestWitness("a", of: log)
        try await run(log, [witness], mode: .required) { running in
            _ = try await running.submit(.test(0))
            witness.state.withLock { $0.fails = true }
            await #expect(throws: SubmissionFailure.self) { try await running.sequencer.submit(.test(1)) }
            await running.sequencer.freeze(because: "a test")
        }
        witness.state.withLock { ($0.fails, $0.asked) = (false, []) }
        try await run(log, [witness], mode: .required) { running in
            #expect(running.sequencer.condition.value.name == "frozen")
            #expect(running.reader.newestCommitted.text.size.value == 2)
            #expect(isCosigned(running, by: 1, size: 1))
        }
        #expect(witness.asked.isEmpty, "nobody is asked about a log that is frozen")
        // Without a policy the log still opens, and nothing is written to it.
        try await log.run(try await log.open()) { sequencer, _ in try await sequencer.showEveryHead() }
        let store = try await log.open()
        #expect(try await store.withheldSize()?.value == 1)
        try await store.close()
    }

    @Test func `TL-79 required: a log that was never under the rule is shown when it is frozen`() async throws {
        let log = try TestLog()
        try await log.fill(2)
        let witness = try TestWitness("a", of: log)
        try await log.run(try await log.open()) { sequencer, _ in await sequencer.freeze(because: "a test") }
        try log.tamper(
            "DROP TABLE cosig; DROP TABLE evidence; UPDATE meta SET value = '2' WHERE key = 'log.schema-version'")
        try await run(log, [witness], mode: .required) { running in
            #expect(isCosigned(running, by: 0, size: 2))
        }
    }

    @Test func `TL-79 required: another policy takes back nothing that was shown`() async throws {
        let log = try TestLog()
        try await log.create()
        let (old, new) = (try TestWitness("old", of: log), try TestWitness("new", of: log))
        try await run(log, [old], mode: .required) { running in
            for number in 0..<2 { _ = try await running.submit(.test(number)) }
        }
        new.state.withLock { $0.fails = true }
        try await run(log, [old, new], mode: .required, rule: "all") { running in
            #expect(isCosigned(running, by: 1, size: 2))
            await #expect(throws: SubmissionFailure.self) { try await running.sequencer.submit(.test(2)) }
        }
        try await run(log, [new], mode: .required) { running in
            #expect(isCosigned(running, by: 0, size: 2))
            new.state.withLock { $0.fails = false }
            try await eventually { running.witnessing.obstacle == nil }
            _ = try await running.submit(.test(3))
            #expect(running.reader.checkpoint.text.size.value == 3)
        }
        let store = try await log.open()
        #expect(try await store.withheldSize()?.value == 3)
        try await store.close()
    }

    @Test func `TL-79 required: a policy that asks for less shows more, and that stays shown`() async throws {
        let log = try TestLog()
        try await log.create()
        let (good, bad) = (try TestWitness("good", of: log), try TestWitness("bad", of: log))
        try await run(log, [good, bad], mode: .required, rule: "all", publication: .seconds(2)) { running in
            try await eventually { running.witnessing.obstacle == nil }
            bad.state.withLock { $0.fails = true }
            await #expect(throws: SubmissionFailure.self) { try await running.sequencer.submit(.test(0)) }
            try await eventually { running.witnessing.statuses[0].size?.value == 1 }
            #expect(running.reader.checkpoint.text.size.value == 0)
        }
        good.state.withLock { $0.fails = true }
        try await run(log, [good], mode: .required) { running in
            #expect(isCosigned(running, by: 1, size: 1))
        }
        try await run(log, [good, bad], mode: .required, rule: "all") { running in
            #expect(isCosigned(running, by: 1, size: 1))
        }
    }

    @Test func `TL-79 required: a log is closed for good once its last head is shown`() async throws {
        let log = try TestLog()
        try await log.create()
        let witness = try TestWitness("a", of: log)
        try await run(log, [witness], mode: .required, publication: .seconds(60)) { running in
            _ = try await running.submit(.test(0))
            witness.state.withLock { $0.fails = true }
            let late = Task { try await running.sequencer.submit(.test(1)) }
            try await eventually { running.reader.newestCommitted.text.size.value == 2 }
            running.sequencer.closeForGood(because: "a test", by: "a tester")
            // Heads are signed at least so long, so that the order was looked at again and again.
            let before = running.reader.newestCommitted.signedTreeHead.head.timestamp
            try await eventually { running.reader.newestCommitted.signedTreeHead.head.timestamp > before }
            let next = running.reader.newestCommitted.signedTreeHead.head.timestamp
            try await eventually { running.reader.newestCommitted.signedTreeHead.head.timestamp > next }
            #expect(running.sequencer.condition.value == .serving)
            #expect(running.reader.checkpoint.text.size.value == 1)
            witness.state.withLock { $0.fails = false }
            #expect(try await late.value.index.value == 1)
            try await eventually { running.sequencer.condition.value.name == "closed" }
            #expect(running.reader.checkpoint == running.reader.newestCommitted)
            #expect(running.reader.checkpoint.text.size.value == 2)
        }
        try await run(log, [witness], mode: .required) { running in
            #expect(running.sequencer.condition.value.name == "closed")
            #expect(isCosigned(running, by: 1, size: 2))
        }
    }

    @Test func `TL-79 required: a store that keeps nothing of witnesses is refused`() async throws {
        let log = try TestLog()
        try await log.create()
        let witness = try TestWitness("a", of: log)
        let store = FaultyStore(try await log.open(), faults: [])
        let published = log.publishedHead(of: store)
        let sequencer = Sequencer(
            store: store, description: log.description, key: log.key, format: TestRecord.format, published: published,
            clock: { [clock = log.clock] in clock.now }, logger: .silent)
        let witnessing = Witnessing(
            try Self.policy([witness], rule: "any"), mode: .required, sequencer: sequencer,
            reader: LogReader(store: store, published: published, format: TestRecord.format),
            clock: { [clock = log.clock] in clock.now }, logger: .silent
        ) { try await witness.reply(to: $1) }
        await #expect(throws: StoreRefusal.notInState("the store cannot keep what witnesses say")) {
            try await witnessing.open()
        }
        try await store.close()
    }
}
