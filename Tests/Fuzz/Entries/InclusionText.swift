import Monitor
import OpenSSL
import StrictJSON
import TransparencyLog

extension FuzzEntry {
    /// Proofs of inclusion as files that anybody may hand out.
    static let inclusionText = FuzzEntry(
        "inclusionText",
        seeds: {
            let hash = Base64.encode(SHA256Digest(hashing: []).bytes)
            let note = String(decoding: try Corpus.file("checkpoint/checkpoint.txt"), as: UTF8.self)
            return ["", "extra AAAA\n"].map { Array("c2sp.org/tlog-proof@v1\n\($0)index 5\n\(hash)\n\n\(note)".utf8) }
        }
    ) { bytes in
        let proof = try TLogProof(parsing: bytes)
        return try TLogProof(parsing: proof.bytes) == proof ? nil : "a proof is read back as another"
    }

    /// What an audit remembers, from a file.
    static let auditState = FuzzEntry("auditState", seeds: { [try emptyState.get()] }) { bytes in
        let state = try AuditState(parsing: bytes)
        let isWhole = state.peaks.root == state.head.head.root && state.peaks.size == state.head.head.size
        guard isWhole else { return "the peaks of a state do not make its root" }
        return try AuditState(parsing: state.json.bytes) == state ? nil : "a state is read back as another"
    }

    /// The state of a log without entries.
    private static let emptyState = Result {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        let head = TreeHead(size: .zero, root: MerkleTree.emptyRoot, timestamp: Timestamp(milliseconds: 1))
        let bytes = try key.signature(over: head.signedBytes, scheme: key.defaultScheme)
        let signed = SignedTreeHead(head: head, signature: try DigitallySigned(signature: bytes).read())
        return try AuditState(
            origin: try Origin("log.example.test").read(), key: key.publicKey, head: signed, peaks: Peaks(),
            findingCount: 0, evidence: []
        ).read().json.bytes
    }
}
