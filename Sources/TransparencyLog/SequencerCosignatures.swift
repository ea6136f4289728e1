internal import Logging
internal import Synchronization

extension Sequencer {
    /// Forgets that heads were once withheld until witnesses had cosigned them, unless nothing is written any more.
    package func showEveryHead() async throws {
        guard !condition.value.isFinal else { return }
        _ = try await store.witnessRecords?.noteWithholding(from: nil)
    }

    /// Accepts a cosignature that was verified; it is shown once it is stored, which no batch waits for.
    func keep(_ cosignature: ReceivedCosignature) {
        received.withLock { $0.append(cosignature) }
        queue.wake()
    }

    /// Stores what no batch has taken along.
    func keepCosignatures() async throws {
        let cosignatures = takeReceived()
        guard !cosignatures.isEmpty, let records = store.witnessRecords else { return }
        let result: Result<Void, CommitFailure>
        do throws(CommitFailure) {
            let shown = published.shown(with: cosignatures)
            result = .success(try await records.commit(cosignatures.map(\.kept), shown: shown))
        } catch {
            result = .failure(error)
        }
        if case .failure(.rolledBack(let error)) = result {
            logger.warning("cosignatures are not stored yet", metadata: ["reason": "\(error)"])
            return putBack(cosignatures)
        }
        try result.get()
        attach(cosignatures)
    }

    /// Takes all that were accepted and not stored yet.
    func takeReceived() -> [ReceivedCosignature] {
        received.withLock { received in
            defer { received = [] }
            return received
        }
    }

    /// Gives back what was taken and could not be stored.
    func putBack(_ cosignatures: [ReceivedCosignature]) {
        received.withLock { $0 = cosignatures + $0 }
    }

    /// Shows those that are stored.
    func attach(_ cosignatures: [ReceivedCosignature]) {
        for received in cosignatures {
            published.attach(received.cosignature, of: received.witness, to: received.checkpoint)
        }
    }
}
