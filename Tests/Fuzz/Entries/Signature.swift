import OpenSSL

@testable import Issuance

extension FuzzEntry {
    /// A proof of possession in either encoding, by keys of every kind.
    static let signature = FuzzEntry(
        "signature",
        seeds: {
            let proofs = try Corpus.blocks("signature")
            return try proofs + proofs.map { try ECDSASignature.raw(der: $0, curve: .p256).read() }
        }
    ) { bytes in
        for key in try keys.get() {
            let made = try SubjectKey(.publicKey(key, proofOfPossession: bytes))
            do {
                _ = try ProofOfPossession.verify(made, challenge: Array("x".utf8))
                return "a proof verifies that nobody made"
            } catch {}
        }
        for curve in Curve.allCases {
            guard let der = ECDSASignature.der(raw: bytes, curve: curve) else { continue }
            guard ECDSASignature.isDER(der), ECDSASignature.raw(der: der, curve: curve) == bytes else {
                return "a raw signature comes back as another"
            }
            return nil
        }
        let raw = try ECDSASignature.raw(der: bytes, curve: .p521).read()
        let isZero = raw.prefix(66).allSatisfy { $0 == 0 } || raw.suffix(66).allSatisfy { $0 == 0 }
        return isZero || ECDSASignature.der(raw: raw, curve: .p521) == bytes ? nil : "DER has a second encoding"
    }

    private static let keys = Result { try Corpus.files("publicKey") }
}
