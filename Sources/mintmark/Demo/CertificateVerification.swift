internal import CertificateTransparency
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// Verifies a certificate as a stranger would: with a root and a log key got beforehand, and what is public besides.
struct CertificateVerification {
    /// What the stranger trusts and expects.
    struct Expectation {
        /// The root that the chain must end in.
        let root: Certificate
        /// The key of the log.
        let logKey: PublicKey
        /// The name of the log.
        let origin: Origin
        /// The log's submission prefix, ending in a slash.
        let logURL: String
        /// The one name that the certificate must have.
        let name: String
        /// The key that it must certify.
        let key: SubjectPublicKeyInfo
    }

    /// Why a certificate is not what it should be.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let certificate: Certificate
    let chain: [Certificate]
    let expectation: Expectation
    let client: JSONClient

    /// Runs every check and tells each that passed; throws at the first that does not.
    func run(_ passed: (String) -> Void) async throws {
        let timestamp = try onlyTimestamp()
        try checkPath(at: timestamp.timestamp)
        passed("the chain leads to the root, and every certificate was valid when the entry was logged")
        try checkContent()
        passed("it is for code signing, names \(expectation.name), and certifies the key we made")
        let leaf = try checkTimestamp(timestamp)
        passed("the log's signed timestamp verifies with the log key")
        let checkpoint = try await fetchCheckpoint()
        passed("the log's checkpoint of \(checkpoint.signedTreeHead.head.size.value) entries verifies with the log key")
        let index = try await checkInclusion(of: leaf, timestamp, in: checkpoint)
        passed("the inclusion proof leads from entry \(index.value) to the root hash of that checkpoint")
    }

    private func onlyTimestamp() throws -> SignedCertificateTimestamp {
        let timestamps = CertificateDescription(certificate).timestamps
        guard timestamps.count == 1 else { throw Failure(description: "not exactly one timestamp in the certificate") }
        return timestamps[0]
    }

    private func checkPath(at time: Timestamp) throws {
        guard chain.last == expectation.root else { throw Failure(description: "the chain ends in another root") }
        try CertificatePath.verify(
            certificate, intermediates: Array(chain.dropLast()), anchor: expectation.root, at: time)
    }

    private func checkContent() throws {
        guard certificate.extendedKeyUsages == [.codeSigning] else {
            throw Failure(description: "the certificate is not for code signing")
        }
        let names = CertificateDescription(certificate).names
        guard names == [expectation.name] else {
            throw Failure(description: "the certificate names \(names), not \(expectation.name)")
        }
        guard certificate.subjectPublicKeyInfo == expectation.key else {
            throw Failure(description: "the certificate is for another key")
        }
    }

    private func checkTimestamp(_ timestamp: SignedCertificateTimestamp) throws -> MerkleTreeLeaf {
        guard timestamp.logID == expectation.logKey.subjectPublicKeyInfo.sha256, let issuer = chain.first else {
            throw Failure(description: "the timestamp is another log's")
        }
        let leaf = try timestamp.leaf(finalCertificate: certificate, issuer: issuer)
        guard timestamp.isValid(for: leaf, key: expectation.logKey) else {
            throw Failure(description: "the timestamp's signature does not verify")
        }
        return leaf
    }

    private func fetchCheckpoint() async throws -> Checkpoint {
        let bytes = try await client.get("\(expectation.logURL)checkpoint")
        return try Checkpoint(parsing: bytes, origin: expectation.origin, key: expectation.logKey)
    }

    private func checkInclusion(
        of leaf: MerkleTreeLeaf, _ timestamp: SignedCertificateTimestamp, in checkpoint: Checkpoint
    ) async throws -> LeafIndex {
        let head = checkpoint.signedTreeHead.head
        let hash = try leaf.hash()
        let escaped = Base64.encode(hash.bytes).reduce(into: "") { $0 += Self.escapes[$1] ?? String($1) }
        let answer = try await client.getJSON(
            "\(expectation.logURL)ct/v1/get-proof-by-hash?hash=\(escaped)&tree_size=\(head.size.value)")
        let path = answer["audit_path"]?.elements?.map { $0.string.flatMap(Self.digest) }
        guard let index = answer["leaf_index"]?.integer.flatMap({ UInt64(exactly: $0) }).flatMap({ LeafIndex($0) }),
            let path, path.allSatisfy({ $0 != nil })
        else { throw Failure(description: "the log's proof is malformed") }
        guard index == timestamp.leafIndex else {
            throw Failure(description: "the entry is not where the timestamp says")
        }
        let proof = InclusionProof(path: path.compactMap { $0 })
        guard proof.isValid(for: hash, at: index, in: head.size, root: head.root) else {
            throw Failure(description: "the inclusion proof does not lead to the root hash")
        }
        return index
    }

    private static let escapes: [Character: String] = ["+": "%2B", "/": "%2F", "=": "%3D"]

    private static func digest(_ text: String) -> SHA256Digest? {
        Base64.decodeStandard(Array(text.utf8)).flatMap { SHA256Digest($0) }
    }
}
