package import OpenSSL

/// The tree as tiles (Static CT API, "Merkle Tree" and "Log Entries"): each answer is cut from what is stored once.
extension LogReader {
    /// The bytes of a tile: hashes one after the other, or whole records one after the other.
    ///
    /// Any width that the published head covers is answered, also of a tile that is full by now: a narrower tile is the
    /// beginning of a wider one. Throws `Refusal.tileBeyondHead`, or our own failure.
    package func bytes(of tile: Tile) async throws -> [UInt8] {
        guard tile.isCovered(by: checkpoint.signedTreeHead.head.size) else { throw Refusal.tileBeyondHead }
        return try await store.read { snapshot in
            switch tile.content {
            case .hashes(let level): try Self.hashes(of: tile, level: level, in: snapshot)
            case .data: try Self.records(of: tile, in: snapshot)
            }
        }
    }

    /// What an entry refers to by this digest, such as a certificate of a chain; nil when there is nothing.
    package func attachment(_ digest: SHA256Digest) async throws -> [UInt8]? {
        try await store.read { try $0.attachment(digest) }
    }

    private static func hashes(of tile: Tile, level: Int, in snapshot: any LogSnapshot) throws -> [UInt8] {
        let stored = try snapshot.tile(level: level, index: tile.index)
        let byteCount = tile.width * SHA256Digest.byteCount
        guard stored.count >= byteCount else { throw MissingHash() }
        return Array(stored.prefix(byteCount))
    }

    private static func records(of tile: Tile, in snapshot: any LogSnapshot) throws -> [UInt8] {
        let first = tile.index << 8
        let entries = try snapshot.entries(in: first..<(first + UInt64(tile.width)), byteCount: .max)
        // The position of an entry in its tile is its index: a hole would give every later one another's.
        guard entries.count == tile.width, entries.first?.index.value == first else { throw MissingHash() }
        return entries.flatMap(\.record)
    }
}
