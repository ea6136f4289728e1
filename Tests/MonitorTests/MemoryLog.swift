import CertificateTransparency
import Monitor
import OpenSSL
import StrictJSON
import TransparencyLog

/// A log of leaves in memory that answers over both APIs, and lies when it is told to.
final class MemoryLog: Sendable {
    static let start = Timestamp(seconds: 1_780_000_000)

    let key: PrivateKey
    let origin: Origin
    let certificate: Certificate
    /// The leaf hashes; those below `firstEntry` belong to entries that nobody can read.
    let leafHashes: [SHA256Digest]
    let firstEntry: Int
    /// What becomes of the answer to a path; nil answers honestly.
    let lie: @Sendable (_ path: String, _ honest: [UInt8]) throws -> [UInt8]

    init(
        key: PrivateKey, certificate: Certificate, size: Int, unreadable: Int = 0,
        lie: @escaping @Sendable (String, [UInt8]) throws -> [UInt8] = { $1 }
    ) throws {
        (self.key, self.certificate, firstEntry, self.lie) = (key, certificate, unreadable, lie)
        origin = try Origin("log.example.test/ct").required()
        leafHashes = try (0..<size).map { index in
            index < unreadable
                ? SHA256Digest(hashing: BigEndian.bytes(UInt64(index)))
                : try Self.leaf(index, certificate).hash()
        }
    }

    static func leaf(_ index: Int, _ certificate: Certificate) throws -> MerkleTreeLeaf {
        let position = try LeafIndex(UInt64(index)).required()
        return MerkleTreeLeaf(
            timestamp: start.adding(milliseconds: UInt64(index)), entry: .x509Entry(certificate: certificate.der),
            extensions: LeafIndexExtension.encoded(position))
    }

    /// The time of the head, later for larger logs.
    var time: Timestamp { Self.start.adding(milliseconds: UInt64(leafHashes.count) + 1) }

    var peaks: Peaks {
        get throws {
            var peaks = Peaks()
            for hash in leafHashes { try peaks.append(hash) }
            return peaks
        }
    }

    func signed(size: Int? = nil, root: SHA256Digest? = nil, at time: Timestamp? = nil) throws -> SignedTreeHead {
        let head = TreeHead(
            size: try TreeSize(UInt64(size ?? leafHashes.count)).required(),
            root: root ?? MerkleTree.root(ofLeafHashes: leafHashes), timestamp: time ?? self.time)
        let bytes = try key.signature(over: head.signedBytes, scheme: key.defaultScheme)
        return SignedTreeHead(head: head, signature: try DigitallySigned(signature: bytes).required())
    }

    func checkpoint(_ signed: SignedTreeHead) -> [UInt8] {
        Checkpoint(origin: origin, signedTreeHead: signed).note(logID: key.publicKey.subjectPublicKeyInfo.sha256).bytes
    }

    func state() throws -> AuditState {
        try AuditState(
            origin: origin, key: key.publicKey, head: try signed(), peaks: try peaks, findingCount: 0, evidence: []
        ).required()
    }

    func client(_ api: LogAPI) -> LogClient {
        LogClient(api: api, origin: origin, key: key.publicKey) { path, limit in
            let answer = try self.lie(path, try self.answer(path))
            guard answer.count <= limit else { throw LogClientFailure.tooLong(path: path, limit: limit) }
            return answer
        }
    }

    func answer(_ path: String) throws -> [UInt8] {
        if path == "checkpoint" { return checkpoint(try signed()) }
        if path == "ct/v1/get-sth" { return JSONText(try signed().json).bytes }
        if path.hasPrefix("issuer/") { return certificate.der }
        if let tile = Tile(path: path) { return try bytes(of: tile) }
        let numbers = path.split { !$0.isNumber }.compactMap { Int($0) }
        switch path.split(separator: "?").first {
        case "ct/v1/get-entries": return try entries(numbers[1], min(numbers[2], numbers[1] + 99))
        case "ct/v1/get-sth-consistency": return try consistency(numbers[1], numbers[2])
        default: throw LogClientFailure.status(path: path, code: 404)
        }
    }

    private func bytes(of tile: Tile) throws -> [UInt8] {
        let size = try TreeSize(UInt64(leafHashes.count)).required()
        guard tile.isCovered(by: size) else { throw LogClientFailure.status(path: tile.path, code: 404) }
        let first = Int(tile.index) << 8
        switch tile.content {
        case .data: return try (first..<(first + tile.width)).flatMap { try record($0) }
        case .hashes(let level):
            let span = 1 << (8 * level)
            return (first..<(first + tile.width)).flatMap { place in
                MerkleTree.root(ofLeafHashes: leafHashes[(place * span)..<((place + 1) * span)]).bytes
            }
        }
    }

    private func consistency(_ first: Int, _ second: Int) throws -> [UInt8] {
        let (old, new) = (try TreeSize(UInt64(first)).required(), try TreeSize(UInt64(second)).required())
        var reader = HashReader(size: new) { level, index in
            let width = Tile.width(level: level, index: index, in: new)
            return try self.bytes(of: try Tile(.hashes(level: level), index: index, width: width).required())
        }
        let path = try ConsistencyProof(from: old, to: new, reader: &reader).path
        return JSONText(["consistency": .array(path.map { .string(Base64.encode($0.bytes)) })]).bytes
    }

    func record(_ index: Int) throws -> [UInt8] {
        let leaf = try Self.leaf(index, certificate)
        return try TileLeaf(leaf: leaf, precertificate: nil, fingerprints: [certificate.fingerprint]).required()
            .encoded()
    }

    private func entries(_ start: Int, _ end: Int) throws -> [UInt8] {
        let extra = Base64.encode(try ExtraData.encoded(precertificate: nil, chain: [certificate.der]))
        let items = try (start...end).map { index -> JSONValue in
            let leaf = try Self.leaf(index, certificate).encoded()
            return ["leaf_input": .string(Base64.encode(leaf)), "extra_data": .string(extra)]
        }
        return JSONText(["entries": .array(items)]).bytes
    }
}

/// What must be there in a test is not.
struct NotThere: Error {}

extension Optional {
    func required() throws -> Wrapped {
        guard let self else { throw NotThere() }
        return self
    }
}
