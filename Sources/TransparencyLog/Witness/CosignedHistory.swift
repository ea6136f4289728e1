internal import OpenSSL

/// Puts back what witnesses had cosigned before the last stop.
struct CosignedHistory {
    let records: any WitnessRecords
    let policy: WitnessPolicy
    private let origin: Origin
    private let key: PublicKey

    /// What `records` have of the log with this description; throws for a key that is none.
    init(records: any WitnessRecords, policy: WitnessPolicy, description: LogDescription) throws {
        (self.records, self.policy, origin) = (records, policy, description.origin)
        key = try PublicKey(description.key)
    }

    /// Attaches the stored cosignatures of the head that is shown from now on, and of those after it.
    ///
    /// `shown` is the size of the newest head that was shown while heads need a quorum; nil when they need none. Then
    /// the shown head is that one, or a newer one that has the quorum of the policy, and not the newest committed one.
    func restore(_ published: PublishedHead, shown: TreeSize?, limit: Duration) async throws {
        let newest = published.newest
        if let shown {
            guard let last = try await checkpoint(shown, newest) else {
                throw StoreRefusal.damaged("there is no checkpoint of size \(shown.value)")
            }
            published.withhold(until: policy, limit: limit, shown: last)
        }
        for head in try await cosigned(from: shown ?? newest.text.size, through: newest.text.size, newest) {
            for (position, cosignature) in head.cosignatures {
                published.attach(cosignature, of: position, to: head.checkpoint)
            }
        }
    }

    private struct CosignedHead {
        let checkpoint: Checkpoint
        let cosignatures: [Int: Cosignature]
    }

    /// One page of heads with the cosignatures by our witnesses that verify.
    private func cosigned(from first: TreeSize, through last: TreeSize, _ newest: Checkpoint) async throws
        -> [CosignedHead]
    {
        let kept = try await records.cosignatures(from: first, through: last)
        var heads: [CosignedHead] = []
        for size in Set(kept.map(\.size)) {
            guard let checkpoint = try await checkpoint(size, newest) else { continue }
            let lines = kept.filter { $0.size == size }.map(\.cosignature.line)
            var cosignatures: [Int: Cosignature] = [:]
            for (position, witness) in policy.witnesses.enumerated() {
                cosignatures[position] = witness.key.cosignature(in: lines, over: checkpoint.text)
            }
            heads.append(CosignedHead(checkpoint: checkpoint, cosignatures: cosignatures))
        }
        return heads
    }

    private func checkpoint(_ size: TreeSize, _ newest: Checkpoint) async throws -> Checkpoint? {
        if size == newest.text.size { return newest }
        guard let note = try await records.note(ofSize: size) else { return nil }
        return try Checkpoint(parsing: note, origin: origin, key: key)
    }
}
