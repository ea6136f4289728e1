import GRDB
import OpenSSL
import Synchronization
import Testing

@testable import TransparencyLog

/// The client's state machine against witnesses within the process.
@Suite struct WitnessingTests {
    func eventually(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<3000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await condition())
    }

    struct Running: Sendable {
        let sequencer: Sequencer
        let reader: LogReader
        let witnessing: Witnessing

        /// Submits until it is taken: on a busy machine a quorum may be later than a submitter waits.
        func submit(_ submission: Submission) async throws -> SequencedEntry {
            for _ in 0..<20 {
                do { return try await sequencer.submit(submission) } catch SubmissionFailure.temporarilyUnavailable {
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            return try await sequencer.submit(submission)
        }
    }

    static func policy(_ witnesses: [TestWitness], rule: String) throws -> WitnessPolicy {
        let lines = witnesses.map { "witness \($0.name) \($0.verifierKey) \($0.name)" }
        let names = witnesses.map(\.name).joined(separator: " ")
        let text = (lines + ["group all-of-them \(rule) \(names)", "quorum all-of-them"]).joined(separator: "\n")
        return try WitnessPolicyReader.read(Array(text.utf8), logs: []).policy
    }

    /// Runs a log with its witnesses while `body` uses it.
    func run<Value: Sendable>(
        _ log: TestLog, _ witnesses: [TestWitness], mode: WitnessMode = .failOpen, rule: String = "any",
        publication: Duration = .milliseconds(500), _ body: @escaping @Sendable (Running) async throws -> Value
    ) async throws -> Value {
        let policy = try Self.policy(witnesses, rule: rule)
        var chosen = Witnessing.Times()
        (chosen.interval, chosen.start) = (.milliseconds(20), .milliseconds(300))
        (chosen.publication, chosen.backoff) = (publication, .milliseconds(50))
        let times = chosen
        let store = try await log.open()
        let published = log.publishedHead(of: store)
        let sequencer = Sequencer(
            store: store, description: log.description, key: log.key, format: TestRecord.format, published: published,
            heartbeat: .milliseconds(400), clock: { [clock = log.clock] in clock.now }, logger: .silent)
        let reader = LogReader(store: store, published: published, format: TestRecord.format)
        let witnessing = Witnessing(
            policy, mode: mode, sequencer: sequencer, reader: reader, times: times,
            clock: { [clock = log.clock] in clock.now }, logger: .silent
        ) { url, body in
            let witness = try #require(witnesses.first { url == "\($0.name)/add-checkpoint" })
            return try await witness.reply(to: body)
        }
        try await witnessing.open()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await sequencer.run() }
            let asking = Task { await witnessing.run() }
            let result: Result<Value, any Error>
            do {
                result = .success(
                    try await body(Running(sequencer: sequencer, reader: reader, witnessing: witnessing)))
            } catch { result = .failure(error) }
            asking.cancel()
            await asking.value
            sequencer.shutDown()
            try await group.waitForAll()
            return try result.get()
        }
    }

    func isCosigned(_ running: Running, by count: Int, size: UInt64) -> Bool {
        let (checkpoint, cosignatures) = running.reader.cosigned
        return checkpoint.text.size.value == size && cosignatures.count == count
    }

    @Test func `TL-79 heads are cosigned by all, stored, and served again after a restart`() async throws {
        let log = try TestLog()
        try await log.create()
        let witnesses = try [TestWitness("a", of: log), TestWitness("b", of: log)]
        try await run(log, witnesses) { running in
            for number in 0..<5 { _ = try await running.sequencer.submit(.test(number)) }
            try await eventually { isCosigned(running, by: 2, size: 5) }
            #expect(running.witnessing.statuses.map(\.size?.value) == [5, 5])
        }
        for witness in witnesses { witness.state.withLock { $0.fails = true } }
        try await run(log, witnesses) { running in
            try await eventually { isCosigned(running, by: 2, size: 5) }
            try await eventually { running.witnessing.statuses.allSatisfy { ($0.counts[.unreachable] ?? 0) > 0 } }
            _ = try await running.sequencer.submit(.test(7))
            #expect(isCosigned(running, by: 0, size: 6))
        }
    }

    @Test func `TL-79 a smaller size is answered with the proof from there, and only once`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        let witness = try TestWitness("a", of: log)
        try await run(log, [witness]) { running in
            try await eventually { isCosigned(running, by: 1, size: 3) }
            #expect(witness.asked.prefix(2) == [3, 0])
            // A witness that never agrees with itself is given up for now.
            witness.state.withLock { state in
                state.reply = .init(status: 409, contentType: AddCheckpoint.sizeType, body: Array("1\n".utf8))
            }
            _ = try await running.sequencer.submit(.test(9))
            try await eventually { (running.witnessing.statuses[0].counts[.unusable] ?? 0) > 0 }
            #expect(running.sequencer.condition.value == .serving)
        }
    }

    @Test("TL-79 TL-64 a larger size than ours and a contradiction freeze the log", arguments: [409, 422] as [UInt])
    func alarm(status: UInt) async throws {
        let log = try TestLog()
        try await log.fill(3)
        let witness = try TestWitness("a", of: log)
        let before = try await run(log, [witness]) { running in
            try await eventually { isCosigned(running, by: 1, size: 3) }
            witness.state.withLock { state in
                state.reply = .init(
                    status: status, contentType: AddCheckpoint.sizeType, body: Array("1000\n".utf8))
            }
            try? await Task.sleep(for: .milliseconds(10))
            _ = try? await running.sequencer.submit(.test(9))
            try await eventually { running.sequencer.condition.value.name == "frozen" }
            #expect(running.sequencer.condition.value.reason?.contains("witness a") == true)
            return running.reader
        }
        let store = try await log.open()
        #expect(store.initialCondition.name == "frozen")
        // A head that was being written when the witness spoke is still committed, so the last one counts.
        #expect(store.initialState.signedTreeHead == before.newestCommitted.signedTreeHead)
        let evidence = try await store.readRows {
            try Row.fetchOne($0, sql: "SELECT witness, status, old_note, note FROM evidence")?.number(1)
        }
        #expect(evidence == UInt64(status))
        try await store.close()
    }

    @Test func `TL-64 a witness that has seen more stops an old copy before it signs anything`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        let witness = try TestWitness("a", of: log)
        witness.state.withLock { $0.size = TreeSize(4) ?? .zero }
        try await run(log, [witness]) { running in
            #expect(running.sequencer.condition.value.name == "frozen")
            let head = running.reader.checkpoint
            await #expect(throws: SubmissionFailure.frozen) { try await running.sequencer.submit(.test(9)) }
            #expect(running.reader.newestCommitted == head && head.text.size.value == 3)
        }
    }

    @Test func `a newer head that somebody else showed to a witness is no alarm`() async throws {
        let log = try TestLog()
        try await log.fill(5)
        let store = try await log.open()
        let reader = LogReader(
            store: store, published: log.publishedHead(of: store), format: TestRecord.format)
        let witness = try TestWitness("a", of: log)
        let policy = try Self.policy([witness], rule: "any")
        let newest = reader.newestCommitted
        let old = try #require(TreeSize(3))
        let root = try await reader.committedRoot(ofSize: old)
        let earlier = Checkpoint(
            origin: newest.origin,
            signedTreeHead: try await .signing(
                TreeHead(size: old, root: root, timestamp: log.clock.now), with: log.key))
        witness.state.withLock { $0.size = newest.text.size }
        let exchange = WitnessExchange(
            witness: policy.witnesses[0], url: "a", checkpoint: earlier, logID: log.description.logID, reader: reader,
            transport: { try await witness.reply(to: $1) }, newestSize: { newest.text.size })
        guard case .isAhead(let size) = await exchange.run(from: old) else { Issue.record("no answer"); return }
        #expect(size == newest.text.size)
        try await store.close()
    }

    @Test func `TL-80 cosignatures that do not verify are dropped`() async throws {
        let log = try TestLog()
        try await log.fill(2)
        let (witness, stranger) = (try TestWitness("a", of: log), try TestWitness("a", of: log))
        let text = CheckpointText(origin: log.description.origin, size: .zero, root: MerkleTree.emptyRoot)
        for line in [try await stranger.line(over: text), try await witness.line(over: text)] {
            witness.state.withLock { $0.reply = .init(status: 200, contentType: nil, body: line.bytes) }
            try await run(log, [witness]) { running in
                try await eventually { (running.witnessing.statuses[0].counts[.unusable] ?? 0) > 1 }
                #expect(running.reader.cosigned.cosignatures.isEmpty)
                #expect(running.witnessing.statuses[0].lastSuccess == nil)
            }
        }
    }

    @Test func `TL-79 a witness that hangs delays neither entries nor other witnesses`() async throws {
        let log = try TestLog()
        try await log.create()
        let (good, bad) = (try TestWitness("good", of: log), try TestWitness("bad", of: log))
        bad.state.withLock { $0.hangs = true }
        try await run(log, [good, bad]) { running in
            for number in 0..<20 { _ = try await running.sequencer.submit(.test(number)) }
            try await eventually { isCosigned(running, by: 1, size: 20) }
            #expect(bad.asked.count <= 2, "one request at a time")
        }
    }

    @Test func `TL-79 what a second witness says is kept of a frozen log too`() async throws {
        let log = try TestLog()
        try await log.fill(1)
        let evidence = ["a", "b"].map {
            WitnessEvidence(timestamp: log.clock.now, witness: $0, status: 422, answer: [1], old: [2], new: [3])
        }
        let store = try await log.open()
        try await store.keep(evidence[0])
        try await store.freeze(reason: "a test")
        try await store.keep(evidence[1])
        let names = try await store.readRows {
            try String.fetchAll($0, sql: "SELECT witness FROM evidence ORDER BY seq")
        }
        #expect(names == ["a", "b"])
        await store.abandon()
        await #expect(throws: LogIsFrozen.self) { try await store.keep(evidence[0]) }
        let frozen = try await log.open()
        await #expect(throws: LogIsFrozen.self) { try await frozen.keep(evidence[0]) }
        try await frozen.close()
    }

    @Test func `R-44 a store of the version before opens, and gets what it lacks`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        try log.tamper(
            "DROP TABLE cosig; DROP TABLE evidence; UPDATE meta SET value = '2' WHERE key = 'log.schema-version'")
        let witness = try TestWitness("a", of: log)
        try await run(log, [witness]) { running in
            try await eventually { isCosigned(running, by: 1, size: 3) }
        }
        try await log.fill(1, from: 3)
        #expect(try await log.inspect().head.size.value == 4)
    }
}
