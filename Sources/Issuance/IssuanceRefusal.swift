package import Identity

/// Why a request was refused, in words its sender may read.
package enum IssuanceRefusal: Error, Sendable {
    /// The token is missing, malformed, not from a known issuer, or breaks a rule.
    case token(TokenRefusal)
    /// The request is not PEM, of another type, or not DER.
    case certificateSigningRequestNotParseable
    /// The key is missing or not in an accepted encoding.
    case publicKeyNotParseable
    /// The kind, size or making of the key is not accepted; the text is for the log alone.
    case keyInsecure(String)
    /// The proof, or the request's own signature, does not verify.
    case proofOfPossessionDoesNotVerify
    /// The request's signature verifies and is of an algorithm that is not accepted for any key.
    case signatureAlgorithmNotRecognized(String)
    /// The key and hash are not on the list of allowed algorithms.
    case signingAlgorithmNotPermitted(keyType: String, hash: String)
    /// No certificate can be built from the claims; the text names no value of another's.
    case certificateContent(String)
    /// A template of the configuration needs a claim that is neither in the token nor among the defaults.
    ///
    /// `extensionName` is what the template makes; the text is for the client and names no value of a claim.
    case templateValueMissing(claim: String, extensionName: String?, text: String)

    /// The refusal of claims that make no certificate.
    init(_ refusal: CertificateContentRefusal) {
        if let claim = refusal.missingClaim {
            self = .templateValueMissing(claim: claim, extensionName: refusal.extensionName, text: refusal.text)
        } else {
            self = .certificateContent(refusal.text)
        }
    }

    /// The message for the client, exactly as Fulcio's API words it.
    package var publicMessage: String {
        switch self {
        case .token: "There was an error processing the identity token"
        case .certificateSigningRequestNotParseable: "The certificate signing request could not be parsed"
        case .publicKeyNotParseable: "The public key supplied in the request could not be parsed"
        case .keyInsecure: "The public key supplied in the request is insecure"
        case .proofOfPossessionDoesNotVerify: "The signature supplied in the request could not be verified"
        case .signatureAlgorithmNotRecognized(let name): "unrecognized signature algorithm: \(name)"
        case .signingAlgorithmNotPermitted(let type, let hash): "signing algorithm not permitted: \(type), \(hash)"
        case .certificateContent(let text), .templateValueMissing(_, _, let text): text
        }
    }

    /// More about it for the log alone; nil when the class says all.
    package var detail: String? {
        switch self {
        case .token(let refusal): "\(refusal)"
        case .keyInsecure(let reason), .certificateContent(let reason), .templateValueMissing(_, _, let reason): reason
        case .signatureAlgorithmNotRecognized, .signingAlgorithmNotPermitted: publicMessage
        case .certificateSigningRequestNotParseable, .publicKeyNotParseable, .proofOfPossessionDoesNotVerify: nil
        }
    }

    /// What the sender may know beside the class: limits, names of claims and what is expected, by name.
    ///
    /// Never a host or a path, and of the token no value but its audience, which goes to the sender alone.
    package var facts: [(name: String, value: String)] {
        switch self {
        case .token(let refusal): Self.facts(of: refusal)
        case .keyInsecure(let reason): [("weakness", reason)]
        case .signatureAlgorithmNotRecognized(let name): [("algorithm", name)]
        case .signingAlgorithmNotPermitted(let type, let hash): [("keyType", type), ("hash", hash)]
        case .templateValueMissing(let claim, let extensionName, _):
            [("claim", claim)] + (extensionName.map { [("extension", $0)] } ?? [])
        case .certificateContent, .certificateSigningRequestNotParseable, .publicKeyNotParseable,
            .proofOfPossessionDoesNotVerify:
            []
        }
    }

    private static func facts(of refusal: TokenRefusal) -> [(name: String, value: String)] {
        switch refusal {
        case .tooLarge(let limit), .claimsTooLarge(let limit), .tooManyWaiters(let limit): [("limit", "\(limit)")]
        case .notBase64URL(let part), .notJSON(let part, _): [("part", part.rawValue)]
        case .partTooLarge(let part, let limit): [("part", part.rawValue), ("limit", "\(limit)")]
        case .audienceMissing(let expected, let found): [("audienceExpected", expected), ("audienceFound", found.text)]
        case .expired(let duration): [("expiredBySeconds", "\(duration.components.seconds)")]
        case .notYetValid(let duration): [("validInSeconds", "\(duration.components.seconds)")]
        case .claimMissing(let claim), .claimMalformed(let claim): [("claim", claim)]
        case .claimTooLarge(let claim, let limit): [("claim", claim), ("limit", "\(limit)")]
        case .emailNotAnAddress(let fault): [("fault", fault.rawValue)]
        case .notCompactJWS, .algorithmNotAllowed, .criticalHeader, .typeNotJWT, .keyIDMalformed, .issuerUnknown,
            .emailNotVerified, .noMatchingKey, .signatureInvalid, .keysUnavailable, .cancelled:
            []
        }
    }

    /// The class of the refusal, from a closed set: a metric label and a field of the log line.
    package var category: String {
        switch self {
        case .token(let refusal): refusal.code.hasPrefix("token-") ? refusal.code : "token-\(refusal.code)"
        case .certificateSigningRequestNotParseable: "csr-not-parseable"
        case .publicKeyNotParseable: "public-key-not-parseable"
        case .keyInsecure: "key-insecure"
        case .proofOfPossessionDoesNotVerify: "proof-does-not-verify"
        case .signatureAlgorithmNotRecognized: "signature-algorithm-not-recognized"
        case .signingAlgorithmNotPermitted: "signing-algorithm-not-permitted"
        case .certificateContent: "certificate-content"
        case .templateValueMissing: "template-value-missing"
        }
    }
}
