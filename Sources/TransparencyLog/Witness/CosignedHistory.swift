internal import OpenSSL

/// Puts back what witnesses had cosigned before the last stop.
struct CosignedHistory {
    let records: any WitnessRecords
    let policy: WitnessPolicy
    let description: LogDescription

    /// Attaches the stored cosignatures of the head that is shown from now on, and of those after it.
    ///
    /// `withheldSince` is the size up to which heads were shown without a quorum; nil when all are. Then the shown head
    /// is the newest one that was shown before, and not the newest committed one.
    func restore(_ published: PublishedHead, withheldSince: TreeSize?, limit: Duration) async throws {
        let newest = published.newest
        var heads: [CosignedHead] = []
        var bound: TreeSize? = newest.text.size
        while let last = bound {
            let page = try await cosigned(from: withheldSince ?? newest.text.size, through: last, newest)
            heads += page
            let isFound = page.contains { policy.isQuorum(Set($0.cosignatures.keys)) }
            let lowest = page.map(\.checkpoint.text.size.value).min() ?? 0
            bound = isFound || lowest == 0 ? nil : TreeSize(lowest - 1)
        }
        if let withheldSince {
            let before = try await checkpoint(withheldSince, newest)
            let shown = heads.filter { policy.isQuorum(Set($0.cosignatures.keys)) }.map(\.checkpoint) + [before]
            guard let last = shown.compactMap(\.self).max(by: { $0.text.size < $1.text.size }) else {
                throw StoreRefusal.damaged("there is no checkpoint of size \(withheldSince.value)")
            }
            published.withhold(until: policy, limit: limit, shown: last)
        }
        for head in heads {
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
        return try Checkpoint(parsing: note, origin: description.origin, key: try PublicKey(description.key))
    }
}
