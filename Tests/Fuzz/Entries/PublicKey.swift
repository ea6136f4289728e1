import OpenSSL

@testable import Issuance

extension FuzzEntry {
    /// A public key in PEM, or in DER where the first version of the API takes it.
    static let publicKey = FuzzEntry(
        "publicKey",
        seeds: {
            try Corpus.files("publicKey") + Corpus.blocks("publicKey")
        }
    ) { bytes in
        let key = try SubjectKey(.publicKey(bytes, proofOfPossession: [])).publicKey
        let info = key.subjectPublicKeyInfo
        guard try SubjectPublicKeyInfo(der: info.der) == info else { return "a key has two readings" }
        if PEM.firstBlock(in: bytes) == nil, info.der != bytes { return "a key in DER has a second encoding" }
        try KeyPolicy().checkStrength(of: info)
        return nil
    }
}
