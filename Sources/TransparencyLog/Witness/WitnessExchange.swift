internal import OpenSSL

/// One conversation with one witness about one committed head (C2SP tlog-witness).
struct WitnessExchange: Sendable {
    /// How it ended.
    enum Outcome: Sendable {
        case cosigned(Cosignature)
        /// The witness has cosigned a head that is newer than the one asked about, and no newer than our newest.
        case isAhead(TreeSize)
        /// One of the two answers that freeze the log (transparency-log 3.7.3).
        case alarm(WitnessStatus.Result, reason: String, status: UInt, answer: [UInt8], old: TreeSize)
        case failed(WitnessStatus.Result, reason: String)
    }

    let witness: WitnessPolicy.Witness
    let url: String
    let checkpoint: Checkpoint
    let logID: SHA256Digest
    let reader: LogReader
    let transport: Witnessing.Transport

    /// The size of the newest committed head, read when an answer has come.
    let newestSize: @Sendable () -> TreeSize

    /// Asks, beginning with a proof from `old`, and once more from the size that the witness names instead.
    func run(from old: TreeSize) async -> Outcome {
        switch await ask(from: old) {
        case .done(let outcome): return outcome
        case .again(let size):
            switch await ask(from: size) {
            case .done(let outcome): return outcome
            case .again: return .failed(.unusable, reason: "it names one size after the other")
            }
        }
    }

    private enum Step {
        case done(Outcome)
        case again(TreeSize)
    }

    private func ask(from old: TreeSize) async -> Step {
        let head = checkpoint.signedTreeHead.head
        let reply: AddCheckpoint.Reply
        do {
            let proof = try await reader.committedProof(from: old, to: head)
            let note = checkpoint.note(logID: logID).bytes
            reply = try await transport(
                "\(url)/add-checkpoint", AddCheckpoint.body(from: old, proof: proof, note: note))
        } catch {
            return .done(.failed(.unreachable, reason: "\(error)"))
        }
        switch AddCheckpoint.answer(reply) {
        case .signatures(let lines):
            guard let cosignature = witness.key.cosignature(in: lines, over: checkpoint.text) else {
                return .done(.failed(.unusable, reason: "no line of the answer is its cosignature of this head"))
            }
            return .done(.cosigned(cosignature))
        case .otherSize(let size): return otherSize(size, reply, old)
        case .contradicted:
            let reason =
                "the witness \(witness.name) says that the head of size \(head.size.value) does not follow from what "
                + "it has seen, although the proof from size \(old.value) verifies: two histories may have been signed"
            return .done(.alarm(.contradicted, reason: reason, status: reply.status, answer: reply.body, old: old))
        case .refused(let status): return .done(.failed(.refused, reason: "the answer has status \(status)"))
        case .malformed(let reason): return .done(.failed(.unusable, reason: reason))
        }
    }

    private func otherSize(_ size: TreeSize, _ reply: AddCheckpoint.Reply, _ old: TreeSize) -> Step {
        let newest = newestSize()
        if size > newest {
            let reason =
                "the witness \(witness.name) has cosigned a head of size \(size.value), but the log ends at size "
                + "\(newest.value): this is an old copy, and it must not sign again"
            return .done(.alarm(.ahead, reason: reason, status: reply.status, answer: reply.body, old: old))
        }
        // Somebody else has shown it a newer head of ours than the one we asked about.
        if size > checkpoint.text.size { return .done(.isAhead(size)) }
        guard size != old else { return .done(.failed(.unusable, reason: "it names the size that was asked from")) }
        return .again(size)
    }
}
