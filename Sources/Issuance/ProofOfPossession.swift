internal import OpenSSL

/// The check that a client holds the private half of the key it wants certified (CA specification 3.1, 3.3).
enum ProofOfPossession {
    /// The longest signature that is looked at, in octets.
    static let maximumSignatureByteCount = 1024

    /// Verifies the proof that came with a key and returns the hash that it used; nil for Ed25519.
    ///
    /// `challenge` is what the principal's clients sign. The signature of a certificate signing request proves the
    /// key and nothing about the token.
    static func verify(_ key: SubjectKey, challenge: [UInt8]) throws(IssuanceRefusal) -> HashAlgorithm? {
        switch key.proof {
        case .challenge(let signature): try verify(signature, over: challenge, by: key.publicKey)
        case .request(let request): try verify(request, by: key.publicKey)
        }
    }

    private static func verify(
        _ signature: [UInt8], over challenge: [UInt8], by key: PublicKey
    ) throws(IssuanceRefusal) -> HashAlgorithm? {
        guard (1...maximumSignatureByteCount).contains(signature.count), !challenge.isEmpty else {
            throw .proofOfPossessionDoesNotVerify
        }
        let scheme: SignatureScheme
        var encoded = signature
        switch key.subjectPublicKeyInfo.key {
        case .ellipticCurve(let curve, _):
            scheme = .ecdsa(curve.proofHash)
            // Raw r || s only when it is not DER: what parses as DER is verified as DER alone.
            if !ECDSASignature.isDER(signature) {
                guard let der = ECDSASignature.der(raw: signature, curve: curve) else {
                    throw .proofOfPossessionDoesNotVerify
                }
                encoded = der
            }
        case .rsa: scheme = .rsaPKCS1(.sha256)
        case .ed25519: scheme = .ed25519
        case .unsupported: throw .proofOfPossessionDoesNotVerify
        }
        guard key.isValidSignature(encoded, over: challenge, scheme: scheme) else {
            throw .proofOfPossessionDoesNotVerify
        }
        return scheme.hash
    }

    private static func verify(
        _ request: CertificateRequest, by key: PublicKey
    ) throws(IssuanceRefusal) -> HashAlgorithm? {
        guard request.signature.count <= maximumSignatureByteCount,
            let scheme = SignatureScheme(algorithmIdentifier: request.signatureAlgorithm),
            key.isValidSignature(request.signature, over: request.certificationRequestInfo, scheme: scheme)
        else { throw .proofOfPossessionDoesNotVerify }
        if let name = scheme.refusedName { throw .signatureAlgorithmNotRecognized(name) }
        return scheme.hash
    }
}

extension Curve {
    /// The hash of a proof: as wide as the curve (NIST SP 800-57).
    fileprivate var proofHash: HashAlgorithm {
        switch self {
        case .p256: .sha256
        case .p384: .sha384
        case .p521: .sha512
        }
    }
}

extension SignatureScheme {
    /// The reference implementation's name of a scheme that verifies but is never accepted in a request.
    fileprivate var refusedName: String? {
        switch self {
        case .ecdsa(.sha1): "ECDSA-SHA1"
        case .rsaPKCS1(.sha1): "SHA1-RSA"
        case .rsaPSS(let hash): "\(hash.rawValue)-RSAPSS"
        case .ecdsa, .rsaPKCS1, .ed25519: nil
        }
    }
}
