import OpenSSL
import Synchronization
import Testing

@testable import TransparencyLog

/// A witness within the process, with the answers of the protocol unless a test wants others.
final class TestWitness: Sendable {
    struct State {
        var size: TreeSize = .zero
        var root = MerkleTree.emptyRoot
        var asked: [UInt64] = []
        /// What to answer instead.
        var reply: AddCheckpoint.Reply?
        /// Whether to wait until the caller gives up.
        var hangs = false
        var fails = false
    }

    let name: String
    let origin: Origin
    private let key: LocalSigningKey
    let state = Mutex(State())

    init(_ name: String, of log: TestLog) throws {
        self.name = name
        origin = log.description.origin
        key = LocalSigningKey(try PrivateKey.generate(.ed25519))
    }

    private var publicKey: [UInt8] { key.publicKey.subjectPublicKeyInfo.subjectPublicKey }

    var verifierKey: String {
        let keyID = VerifierKey.keyID(name: name, kind: 4, key: publicKey)
        return "\(name)+\(keyID.hexadecimal)+\(Base64.encode([4] + publicKey))"
    }

    /// The sizes that it was asked from, in order.
    var asked: [UInt64] { state.withLock { $0.asked } }

    func line(over text: CheckpointText, time: UInt64 = 1_800_000_000) async throws -> SignedNote.Signature {
        let signature = try await key.signature(over: Cosignature.ed25519Message(time: time, over: text))
        return SignedNote.Signature(
            name: name, keyID: VerifierKey.keyID(name: name, kind: 4, key: publicKey),
            body: BigEndian.bytes(time) + signature)
    }

    func reply(to body: [UInt8]) async throws -> AddCheckpoint.Reply {
        let request = String(decoding: body, as: UTF8.self)
        let lines = request.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let old = try #require(UInt64(lines[0].dropFirst(4)))
        let end = try #require(lines.firstIndex(of: ""))
        let path = try lines[1..<end].map {
            try #require(Base64.decodeStandard(Array($0.utf8)).flatMap { SHA256Digest($0) })
        }
        let text = CheckpointText(
            origin: try #require(Origin(lines[end + 1])),
            size: try #require(UInt64(lines[end + 2]).flatMap(TreeSize.init)),
            root: try #require(Base64.decodeStandard(Array(lines[end + 3].utf8)).flatMap { SHA256Digest($0) }))
        let (hangs, fails) = state.withLock { state in
            state.asked.append(old)
            return (state.hangs, state.fails)
        }
        if hangs { try await Task.sleep(for: .seconds(60)) }
        struct Unreachable: Error {}
        if fails { throw Unreachable() }
        if let reply = state.withLock({ $0.reply }) { return reply }
        let status = state.withLock { state -> UInt in
            guard old == state.size.value else { return 409 }
            let proof = ConsistencyProof(path: path)
            guard proof.isValid(from: state.size, root: state.root, to: text.size, root: text.root) else { return 422 }
            (state.size, state.root) = (text.size, text.root)
            return 200
        }
        switch status {
        case 200:
            return AddCheckpoint.Reply(status: 200, contentType: nil, body: try await line(over: text).bytes)
        case 409:
            let size = state.withLock { $0.size.value }
            return AddCheckpoint.Reply(status: 409, contentType: AddCheckpoint.sizeType, body: Array("\(size)\n".utf8))
        default: return AddCheckpoint.Reply(status: status, contentType: nil, body: [])
        }
    }
}
