internal import Synchronization

/// The newest head that answers may reveal, shared by the sequencer and everyone who reads (I11).
package final class PublishedHead: Sendable {
    private let current: Mutex<Checkpoint>

    /// Publishes a first head, which must be committed.
    package init(_ checkpoint: Checkpoint) {
        current = Mutex(checkpoint)
    }

    /// The head as it is now; take it before the snapshot that is to cover it.
    package var checkpoint: Checkpoint {
        current.withLock { $0 }
    }

    /// Publishes a committed head; one that is not newer is left alone, so that answers never go back.
    package func publish(_ checkpoint: Checkpoint) {
        current.withLock { current in
            let (old, new) = (current.signedTreeHead.head, checkpoint.signedTreeHead.head)
            guard new.timestamp > old.timestamp, new.size >= old.size else { return }
            current = checkpoint
        }
    }
}
