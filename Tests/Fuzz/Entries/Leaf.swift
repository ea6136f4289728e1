import CertificateTransparency
import OpenSSL
import TransparencyLog

extension FuzzEntry {
    /// Leaves of the tree, as they are hashed and as a data tile holds them.
    static let leaf = FuzzEntry(
        "leaf",
        seeds: {
            let hash = SHA256Digest(hashing: [1])
            let entries: [LogEntry] = [
                .x509Entry(certificate: [0x30, 0]), .precertEntry(issuerKeyHash: hash, tbsCertificate: [0x30, 1, 0]),
            ]
            return try entries.flatMap { entry in
                let leaf = MerkleTreeLeaf(
                    timestamp: Timestamp(seconds: 1_800_000_000), entry: entry, extensions: [0, 0, 5, 0, 0, 0, 1, 2])
                let isPrecertificate = if case .precertEntry = entry { true } else { false }
                let record = TileLeaf(
                    leaf: leaf, precertificate: isPrecertificate ? [0x30, 2, 1, 1] : nil, fingerprints: [hash, hash])
                return [try leaf.encoded(), try record.read().encoded()]
            }
        }
    ) { bytes in
        if let leaf = try? MerkleTreeLeaf(parsing: bytes) {
            guard try leaf.encoded() == bytes else { return "a leaf has a second encoding" }
            return nil
        }
        let record = try TileLeaf(parsing: bytes)
        guard try record.encoded() == bytes else { return "a record has a second encoding" }
        if let parsed = try? RecordFormat.certificateTransparency.parse(bytes) {
            guard parsed.attachments == record.fingerprints else { return "a record loses its chain" }
        }
        return nil
    }
}
