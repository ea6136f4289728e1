internal import OpenSSL
package import TransparencyLog

/// The monitoring prefix of the Static CT API.
extension LogClient {
    func checkpointHead() async throws -> LogHead {
        let path = "checkpoint"
        let note = try await fetch(path, Self.smallAnswer)
        do {
            let checkpoint = try Checkpoint(parsing: note, origin: origin, key: key)
            return LogHead(signed: checkpoint.signedTreeHead, note: note)
        } catch {
            throw LogClientFailure.malformed(path: path, what: error.reason(origin: origin))
        }
    }

    /// The hashes of the tile at a level and index, as wide as a tree of that size has it.
    ///
    /// Throws `LogClientFailure` when the log gives another number of octets.
    package func hashTile(level: Int, index: UInt64, in size: TreeSize) async throws -> [UInt8] {
        let width = Tile.width(level: level, index: index, in: size)
        guard let tile = Tile(.hashes(level: level), index: index, width: width) else { throw MissingHash() }
        let (bytes, found) = try await bytes(of: tile, limit: HashTile.byteCount)
        guard bytes.count == found.width * SHA256Digest.byteCount else {
            throw LogClientFailure.malformed(
                path: found.path, what: "\(bytes.count) octets, not \(found.width * SHA256Digest.byteCount)")
        }
        return Array(bytes.prefix(width * SHA256Digest.byteCount))
    }

    func tileChunk(_ range: Range<UInt64>, in size: TreeSize) async throws -> EntryChunk {
        let index = range.lowerBound >> 8
        let width = Tile.width(level: 0, index: index, in: size)
        guard let tile = Tile(.data, index: index, width: width) else { throw MissingHash() }
        let (bytes, found) = try await bytes(of: tile, limit: Self.entriesAnswer)
        let skipped = Int(range.lowerBound & 255)
        return EntryChunk(
            first: range.lowerBound, count: range.count, dataTile: bytes, skipping: skipped,
            isWhole: skipped + range.count == found.width)
    }

    /// The bytes of a tile, and which tile it was: a log may have only the full one when it is full by now.
    private func bytes(of tile: Tile, limit: Int) async throws -> ([UInt8], Tile) {
        do {
            return (try await fetch(tile.path, limit), tile)
        } catch let failure as LogClientFailure where failure.isNotFound {
            guard tile.width < HashTile.width, let full = Tile(tile.content, index: tile.index) else { throw failure }
            do {
                return (try await fetch(full.path, limit), full)
            } catch is LogClientFailure {
                throw failure
            }
        }
    }

    /// Makes the proof from tiles, which are fetched as it turns out that they are needed.
    func proofFromTiles(at index: LeafIndex, in size: TreeSize) async throws -> InclusionProof {
        var tiles: [Place: [UInt8]] = [:]
        while true {
            let known = tiles
            var reader = HashReader(size: size) { level, index in
                let place = Place(level: level, index: index)
                guard let bytes = known[place] else { throw Needed(place: place) }
                return bytes
            }
            do {
                return try InclusionProof(of: index, in: size, reader: &reader)
            } catch let needed as Needed {
                let place = needed.place
                tiles[place] = try await hashTile(level: place.level, index: place.index, in: size)
            }
        }
    }

    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }

    private struct Needed: Error {
        let place: Place
    }
}

extension CheckpointError {
    /// The words for a person who expected a checkpoint of `origin`.
    package func reason(origin: Origin) -> String {
        switch self {
        case .malformedNote(let error): "not a signed note: \(error)"
        case .malformedText: "the text is not an origin, a size and a root hash"
        case .otherOrigin: "it is another log's: its first line is not \(origin)"
        case .noSignature: "there is no signature by \(origin) and the log key"
        case .invalidSignature: "the signature does not verify with the log key"
        }
    }
}
