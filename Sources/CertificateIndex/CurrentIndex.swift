internal import Synchronization

/// The index of a log as it is now, shared by its follower and everyone who searches.
final class CurrentIndex: Sendable {
    /// What is known of it.
    struct State: Sendable {
        /// The index; nil while there is none that can be used.
        var database: IndexDatabase?
        /// The number of entries in it.
        var size: UInt64 = 0
        /// Why somebody who searched found it unusable.
        var finding: String?
    }

    private let current = Mutex(State())

    /// What is known now.
    var state: State { current.withLock { $0 } }

    /// Gives an index with so many entries to everyone who searches from now on.
    func use(_ database: IndexDatabase, size: UInt64) {
        current.withLock { $0 = State(database: database, size: size) }
    }

    /// Takes note of how many entries it has by now.
    func advance(to size: UInt64) {
        current.withLock { $0.size = size }
    }

    /// Takes the index away from everyone; answers with it, so that its owner can close it.
    func withdraw() -> IndexDatabase? {
        current.withLock { state in
            defer { state = State() }
            return state.database
        }
    }

    /// Takes note that an index cannot be used; nobody gets it any more.
    func report(_ finding: IndexUnusable, in database: IndexDatabase) {
        current.withLock { state in
            guard state.database === database else { return }
            (state.finding, state.size) = (finding.description, 0)
        }
    }
}
