import OpenSSL
import TestVectors
import Testing

@Suite(.enabled(if: Wycheproof.isAvailable, Comment(rawValue: Wycheproof.absence)))
struct WycheproofTests {
    private static func bytes(_ hexadecimal: String?) throws -> [UInt8] {
        try #require(hexadecimal.flatMap { [UInt8](hexadecimal: $0) })
    }

    @Test(
        "POP-01 POP-04: signatures verify exactly where Wycheproof says so",
        arguments: [
            ("ecdsa_secp256r1_sha256", .ecdsa(.sha256)), ("ecdsa_secp256r1_sha512", .ecdsa(.sha512)),
            ("ecdsa_secp384r1_sha256", .ecdsa(.sha256)), ("ecdsa_secp384r1_sha384", .ecdsa(.sha384)),
            ("ecdsa_secp384r1_sha512", .ecdsa(.sha512)), ("ecdsa_secp521r1_sha512", .ecdsa(.sha512)),
            ("ed25519", .ed25519),
            ("rsa_signature_2048_sha256", .rsaPKCS1(.sha256)), ("rsa_signature_2048_sha384", .rsaPKCS1(.sha384)),
            ("rsa_signature_2048_sha512", .rsaPKCS1(.sha512)), ("rsa_signature_3072_sha256", .rsaPKCS1(.sha256)),
            ("rsa_signature_3072_sha384", .rsaPKCS1(.sha384)), ("rsa_signature_3072_sha512", .rsaPKCS1(.sha512)),
            ("rsa_signature_4096_sha256", .rsaPKCS1(.sha256)), ("rsa_signature_4096_sha384", .rsaPKCS1(.sha384)),
            ("rsa_signature_4096_sha512", .rsaPKCS1(.sha512)),
            ("rsa_pss_2048_sha256_mgf1_32", .rsaPSS(.sha256)), ("rsa_pss_2048_sha384_mgf1_48", .rsaPSS(.sha384)),
            ("rsa_pss_3072_sha256_mgf1_32", .rsaPSS(.sha256)), ("rsa_pss_4096_sha256_mgf1_32", .rsaPSS(.sha256)),
            ("rsa_pss_4096_sha384_mgf1_48", .rsaPSS(.sha384)), ("rsa_pss_4096_sha512_mgf1_64", .rsaPSS(.sha512)),
        ] as [(String, SignatureScheme)])
    func signatures(file: String, scheme: SignatureScheme) throws {
        for group in try WycheproofFile(named: file).testGroups {
            let der = try Self.bytes(group.publicKeyDer)
            let key = try PublicKey(SubjectPublicKeyInfo(der: der))
            for item in group.tests {
                let signature = try Self.bytes(item.sig)
                let message = try Self.bytes(item.msg)
                let isValid = key.isValidSignature(signature, over: message, scheme: scheme)
                #expect(isValid == (item.result == "valid"), "\(file) \(item.tcId) \(item.comment)")
            }
        }
    }

    @Test(
        "with tables, signatures verify exactly where Wycheproof says so",
        arguments: [
            ("ecdsa_secp256r1_sha256", .ecdsa(.sha256)), ("ecdsa_secp384r1_sha384", .ecdsa(.sha384)),
        ] as [(String, SignatureScheme)])
    func keptKeys(file: String, scheme: SignatureScheme) throws {
        for group in try WycheproofFile(named: file).testGroups {
            let info = try SubjectPublicKeyInfo(der: try Self.bytes(group.publicKeyDer))
            let key = try PublicKey(keeping: info)
            for item in group.tests {
                let isValid = key.isValidSignature(
                    try Self.bytes(item.sig), over: try Self.bytes(item.msg), scheme: scheme)
                #expect(isValid == (item.result == "valid"), "\(file) \(item.tcId) \(item.comment)")
            }
        }
    }

    @Test(
        "POP-04: raw ECDSA signatures verify exactly where Wycheproof says so",
        arguments: [
            ("ecdsa_secp256r1_sha256_p1363", Curve.p256, HashAlgorithm.sha256),
            ("ecdsa_secp384r1_sha384_p1363", .p384, .sha384), ("ecdsa_secp521r1_sha512_p1363", .p521, .sha512),
        ])
    func rawSignatures(file: String, curve: Curve, hash: HashAlgorithm) throws {
        for group in try WycheproofFile(named: file).testGroups {
            let der = try Self.bytes(group.publicKeyDer)
            let key = try PublicKey(SubjectPublicKeyInfo(der: der))
            for item in group.tests {
                let raw = try Self.bytes(item.sig)
                let message = try Self.bytes(item.msg)
                let isValid =
                    ECDSASignature.der(raw: raw, curve: curve)
                    .map { key.isValidSignature($0, over: message, scheme: .ecdsa(hash)) } ?? false
                #expect(isValid == (item.result == "valid"), "\(file) \(item.tcId) \(item.comment)")
            }
        }
    }

    @Test("the template and the import accept exactly the valid P-256 keys")
    func publicKeys() throws {
        for group in try WycheproofFile(named: "ecdh_secp256r1").testGroups {
            for item in group.tests {
                let der = try Self.bytes(item.public)
                let info = try? SubjectPublicKeyInfo(der: der)
                let isP256 = if case .ellipticCurve(.p256, _) = info?.key { true } else { false }
                let isAccepted = isP256 && info.flatMap { try? PublicKey($0) } != nil
                #expect(isAccepted == (item.result == "valid"), "\(item.tcId) \(item.comment)")
            }
        }
    }
}
