internal import OpenSSL
internal import TransparencyLog

/// What was submitted with an entry, as its record and the issuers keep it.
///
/// The Merkle tree covers neither a precertificate nor a chain, so they are compared with the leaf itself.
struct SubmittedChain {
    /// Why a record is not what a submission made.
    enum Mismatch: Error, Hashable, Sendable, CustomStringConvertible {
        case unreadableCertificate
        case missingIssuer(SHA256Digest)
        case noIssuer
        case otherPrecertificate
        case otherIssuer(position: Int)
        case badSignature

        var description: String {
            switch self {
            case .unreadableCertificate: "a certificate cannot be read"
            case .missingIssuer(let digest): "the issuer \(digest.hex) is missing"
            case .noIssuer: "there is no issuer"
            case .otherPrecertificate: "the precertificate is not that of the leaf"
            case .otherIssuer(let position): "certificate \(position) of the chain did not issue the one before it"
            case .badSignature: "the signature of what was submitted does not verify"
            }
        }
    }

    private let entry: LogEntry
    private let submitted: Certificate
    private let chain: [Certificate]

    /// Takes a record's certificates; throws `Mismatch`, or what the source of issuers throws.
    init(_ record: TileLeaf, _ attachment: RecordFormat.AttachmentSource) throws {
        entry = record.leaf.entry
        chain = try record.fingerprints.map { digest in
            guard let der = try attachment(digest) else { throw Mismatch.missingIssuer(digest) }
            return try Self.certificate(der)
        }
        switch (record.leaf.entry, record.precertificate) {
        case (.x509Entry(let der), _), (.precertEntry, .some(let der)): submitted = try Self.certificate(der)
        case (.precertEntry, nil): throw Mismatch.otherPrecertificate
        }
    }

    /// Compares names, the issuer's key and the stripped precertificate.
    ///
    /// With `.signatures` also verifies the one signature that no fingerprint covers. Throws `Mismatch`.
    func verify(_ closeness: RecordFormat.Closeness) throws {
        guard let issuer = chain.first else { throw Mismatch.noIssuer }
        for (position, pair) in zip([submitted] + chain, chain).enumerated() where pair.0.issuer != pair.1.subject {
            throw Mismatch.otherIssuer(position: position)
        }
        if case .precertEntry(let issuerKeyHash, let tbsCertificate) = entry {
            guard (try? StrippedTBSCertificate(precertificate: submitted).der) == tbsCertificate else {
                throw Mismatch.otherPrecertificate
            }
            guard issuer.subjectPublicKeyInfo.sha256 == issuerKeyHash else { throw Mismatch.otherIssuer(position: 0) }
        }
        guard closeness == .signatures else { return }
        guard submitted.isIssued(by: issuer) else { throw Mismatch.badSignature }
    }

    private static func certificate(_ der: [UInt8]) throws(Mismatch) -> Certificate {
        do { return try Certificate(der: der) } catch { throw .unreadableCertificate }
    }
}
