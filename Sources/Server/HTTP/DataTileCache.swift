internal import Synchronization
internal import TransparencyLog

/// Compressed full data tiles, as many as fit into a bound: they never change, and all monitors read the same ones.
final class DataTileCache: Sendable {
    private struct State {
        var answers: [UInt64: Answer] = [:]
        var order: [UInt64] = []
        var byteCount = 0
    }

    private let maximumByteCount: Int
    private let state = Mutex(State())

    init(maximumByteCount: Int = 16 << 20) {
        self.maximumByteCount = maximumByteCount
    }

    /// The answer for a tile, made by `make` unless it is known; the oldest ones make room.
    ///
    /// A partial tile is made anew each time: the next one is longer already.
    func answer(for tile: Tile, _ make: () async throws -> Answer) async throws -> Answer {
        guard tile.width == HashTile.width else { return try await make() }
        if let known = state.withLock({ $0.answers[tile.index] }) { return known }
        let made = try await make()
        state.withLock { state in
            guard made.body.count <= maximumByteCount, state.answers[tile.index] == nil else { return }
            state.answers[tile.index] = made
            state.order.append(tile.index)
            state.byteCount += made.body.count
            while state.byteCount > maximumByteCount, !state.order.isEmpty {
                let oldest = state.answers.removeValue(forKey: state.order.removeFirst())
                state.byteCount -= oldest?.body.count ?? 0
            }
        }
        return made
    }
}
