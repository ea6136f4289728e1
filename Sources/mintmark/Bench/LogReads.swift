internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import OpenSSL
internal import TransparencyLog

/// How long a running log takes to answer what monitors and auditors ask, over HTTP and one at a time.
struct LogReads: Sendable {
    /// A kind of read.
    enum Kind: String, CaseIterable, Sendable {
        case inclusionProof = "inclusion_proof"
        case entriesPage = "get_entries_256"
        case fullTile = "hash_tile_full"
        case partialTile = "hash_tile_partial"
        case dataTile = "data_tile_full"

        /// For people.
        var words: String {
            switch self {
            case .inclusionProof: "inclusion proof by hash"
            case .entriesPage: "256 entries by get-entries"
            case .fullTile: "full tile of hashes"
            case .partialTile: "partial tile of hashes"
            case .dataTile: "full tile of entries, compressed"
            }
        }

        /// How often it is asked for: what is large, less often.
        var count: Int {
            switch self {
            case .inclusionProof, .fullTile, .partialTile: 400
            case .entriesPage, .dataTile: 100
            }
        }
    }

    /// What each kind took; kinds that a log of this size does not have are missing.
    let results: [Kind: LoadResult]

    /// Reads at random places of a log of `size` entries at `prefix`, some of whose leaf hashes are known.
    static func run(_ prefix: String, size: TreeSize, leafHashes: [SHA256Digest]) async throws -> LogReads {
        // What is alike compresses better than a client believes that wants to decompress it.
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(decompression: .disabled))
        let result: Result<LogReads, any Error>
        do {
            result = .success(try await LogReads(client, prefix, size, leafHashes))
        } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try result.get()
    }

    private init(_ client: HTTPClient, _ prefix: String, _ size: TreeSize, _ leafHashes: [SHA256Digest]) async throws {
        var results: [Kind: LoadResult] = [:]
        for kind in Kind.allCases {
            var result = LoadResult()
            for _ in 0..<kind.count {
                guard let path = Self.path(of: kind, size: size, leafHashes) else { break }
                result.seconds.append(try await Self.timed("\(prefix)/\(path)", client))
            }
            if !result.seconds.isEmpty { results[kind] = result }
        }
        self.results = results
    }

    /// What to ask for; nil when there is no such thing.
    private static func path(of kind: Kind, size: TreeSize, _ leafHashes: [SHA256Digest]) -> String? {
        let fullCount = size.value >> 8
        switch kind {
        case .inclusionProof:
            guard let hash = leafHashes.randomElement() else { return nil }
            let text = Base64.encode(hash.bytes).flatMap { "+/=".contains($0) ? PercentEscape.of($0) : String($0) }
            return "ct/v1/get-proof-by-hash?hash=\(String(text))&tree_size=\(size.value)"
        case .entriesPage:
            guard fullCount > 0 else { return nil }
            let start = UInt64.random(in: 0...(size.value - 256))
            return "ct/v1/get-entries?start=\(start)&end=\(start + 255)"
        case .fullTile:
            guard fullCount > 0 else { return nil }
            return Tile(.hashes(level: 0), index: .random(in: 0..<fullCount))?.path
        case .partialTile:
            return Tile(.hashes(level: 0), index: fullCount, width: Int(size.value & 255))?.path
        case .dataTile:
            guard fullCount > 0 else { return nil }
            return Tile(.data, index: .random(in: 0..<fullCount))?.path
        }
    }

    private static func timed(_ url: String, _ client: HTTPClient) async throws -> Double {
        let start = ContinuousClock.now
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(60))
        _ = try await response.body.collect(upTo: 8 << 20)
        guard response.status == .ok else {
            throw JSONClient.UnexpectedAnswer(description: "\(url) answered \(response.status.code)")
        }
        return start.duration(to: .now).seconds
    }

    /// The characters of Base64 that mean something else in a query.
    private enum PercentEscape {
        static func of(_ character: Character) -> String {
            switch character {
            case "+": "%2B"
            case "/": "%2F"
            default: "%3D"
            }
        }
    }
}
