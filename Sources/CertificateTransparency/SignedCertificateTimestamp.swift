package import OpenSSL
package import TransparencyLog

/// A log's promise about an entry; ours is made after the entry is in the tree (RFC 6962 §3.2).
package struct SignedCertificateTimestamp: Hashable, Sendable {
    /// H(SubjectPublicKeyInfo) of the log's key.
    package let logID: SHA256Digest

    /// When the log accepted the entry.
    package let timestamp: Timestamp

    /// The CtExtensions, uninterpreted.
    package let extensions: [UInt8]

    /// The signature over the leaf.
    package let signature: DigitallySigned

    /// The bytes over which exactly this signature was found valid, and by which key, when it was made here; nil for a
    /// timestamp that was read.
    private let verified: Verified?

    private struct Verified: Sendable {
        let leaf: [UInt8]
        let key: SubjectPublicKeyInfo
    }

    /// A timestamp from its parts; nothing is verified.
    package init(logID: SHA256Digest, timestamp: Timestamp, extensions: [UInt8], signature: DigitallySigned) {
        self.init(logID, timestamp, extensions, signature, verified: nil)
    }

    private init(
        _ logID: SHA256Digest, _ timestamp: Timestamp, _ extensions: [UInt8], _ signature: DigitallySigned,
        verified: Verified?
    ) {
        self.logID = logID
        self.timestamp = timestamp
        self.extensions = extensions
        self.signature = signature
        self.verified = verified
    }

    /// Signs a leaf and verifies the signature before anyone sees it.
    ///
    /// Throws what the key throws, `UnusableLogKey`, and `TLSEncodingError` for a leaf that has no encoding.
    package static func signing(
        _ leaf: MerkleTreeLeaf, with key: any SigningKey
    ) async throws -> SignedCertificateTimestamp {
        let bytes = try leaf.encoded()
        guard let signature = DigitallySigned(signature: try await key.signature(over: bytes)),
            signature.isValid(over: bytes, key: key.publicKey)
        else { throw UnusableLogKey() }
        let info = key.publicKey.subjectPublicKeyInfo
        return SignedCertificateTimestamp(
            info.sha256, leaf.timestamp, leaf.extensions, signature, verified: Verified(leaf: bytes, key: info))
    }

    /// The encoding that certificates carry; throws for extensions of more than 2^16 - 1 bytes.
    package func encoded() throws(TLSEncodingError) -> [UInt8] {
        // struct { Version v1(0); LogID id[32]; uint64 timestamp; CtExtensions; digitally-signed; }
        var out = TLSWriter()
        out.append(UInt8(0))
        out.append(logID)
        out.append(timestamp.milliseconds)
        try out.append(extensions, length: .bits16)
        out.append(fixed: signature.encoded)
        return out.bytes
    }

    /// Reads exactly one; throws for another version or signature algorithm and for trailing bytes.
    package init(parsing bytes: [UInt8]) throws(TLSDecodingError) {
        var reader = TLSReader(bytes)
        guard try reader.number(bits: 8) == 0 else { throw .malformed("version") }
        logID = try reader.digest()
        timestamp = Timestamp(milliseconds: try reader.number(bits: 64))
        extensions = try reader.vector(length: .bits16)
        guard let signature = DigitallySigned(encoded: try reader.fixed(reader.remainingCount)) else {
            throw .malformed("signature")
        }
        self.signature = signature
        verified = nil
    }

    /// The position that the timestamp names; nil when it names none or its extensions are malformed.
    package var leafIndex: LeafIndex? {
        try? LeafIndexExtension.index(in: extensions)
    }

    /// The leaf that this timestamp and a final certificate name together.
    ///
    /// `issuer` is the certificate that issued the final one. Throws when the certificate cannot be stripped.
    package func leaf(
        finalCertificate: Certificate, issuer: Certificate
    ) throws(StrippedTBSCertificate.Refusal) -> MerkleTreeLeaf {
        let stripped = try StrippedTBSCertificate(finalCertificate: finalCertificate)
        let entry = LogEntry.precertEntry(
            issuerKeyHash: issuer.subjectPublicKeyInfo.sha256, tbsCertificate: stripped.der)
        return MerkleTreeLeaf(timestamp: timestamp, entry: entry, extensions: extensions)
    }

    /// The leaf that this timestamp and a certificate that was logged as it is name together.
    package func leaf(certificate: Certificate) -> MerkleTreeLeaf {
        MerkleTreeLeaf(
            timestamp: timestamp, entry: .x509Entry(certificate: certificate.der), extensions: extensions)
    }

    /// Whether `key` is the log's and signed this leaf.
    ///
    /// The signature of a timestamp that was made here was verified then. When this leaf has the bytes of that one, the
    /// same key would be asked about the same signature over the same message; so the bytes are compared in its place,
    /// and for any other leaf, key or timestamp the signature is verified.
    package func isValid(for leaf: MerkleTreeLeaf, key: PublicKey) -> Bool {
        guard logID == key.subjectPublicKeyInfo.sha256, leaf.timestamp == timestamp, leaf.extensions == extensions,
            let bytes = try? leaf.encoded()
        else { return false }
        if let verified, verified.leaf == bytes, verified.key == key.subjectPublicKeyInfo { return true }
        return signature.isValid(over: bytes, key: key)
    }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.logID == rhs.logID && lhs.timestamp == rhs.timestamp && lhs.extensions == rhs.extensions
            && lhs.signature == rhs.signature
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(logID)
        hasher.combine(timestamp)
        hasher.combine(extensions)
        hasher.combine(signature)
    }
}
