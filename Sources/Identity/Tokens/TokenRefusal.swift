package import StrictJSON

/// Why a token was refused.
///
/// Every case becomes the same public message (CA specification 1.7); the case itself is for our logs and metrics.
/// Values are limits, names of claims and what the configuration expects, and never what the token says (reliability
/// R-48), but for its audience, which describes itself without its text.
package enum TokenRefusal: Error, Hashable, Sendable {
    /// The part of a token that a refusal is about.
    package enum Part: String, Hashable, Sendable {
        case header, payload, signature
    }

    /// What is wrong with an e-mail address.
    package enum EmailFault: String, Hashable, Sendable {
        case notASCII = "not-ascii"
        case noSingleAt = "no-single-at"
        case localPart = "local-part"
        case encodedWord = "encoded-word"
        case domain
    }

    case tooLarge(limit: Int)
    case notCompactJWS
    case notBase64URL(Part)
    case partTooLarge(Part, limit: Int)
    case notJSON(Part, JSONError)
    case algorithmNotAllowed
    case criticalHeader
    case typeNotJWT
    case keyIDMalformed
    case issuerUnknown
    case audienceMissing(expected: String, found: FoundAudience)
    case expired(by: Duration)
    case notYetValid(by: Duration)
    case claimMissing(String)
    case claimMalformed(String)
    case claimTooLarge(String, limit: Int)
    case claimsTooLarge(limit: Int)
    case emailNotVerified
    case emailNotAnAddress(EmailFault)
    case noMatchingKey
    case signatureInvalid
    case keysUnavailable
    case tooManyWaiters(limit: Int)
    case cancelled

    /// A short word for this kind of refusal, from a closed set: fit for a metric label (reliability R-55).
    package var code: String {
        switch self {
        case .tooLarge: "token-too-large"
        case .notCompactJWS: "not-compact-jws"
        case .notBase64URL: "not-base64url"
        case .partTooLarge: "part-too-large"
        case .notJSON: "not-json"
        case .algorithmNotAllowed: "algorithm-not-allowed"
        case .criticalHeader: "critical-header"
        case .typeNotJWT: "type-not-jwt"
        case .keyIDMalformed: "key-id-malformed"
        case .issuerUnknown: "issuer-unknown"
        case .audienceMissing: "audience-missing"
        case .expired: "expired"
        case .notYetValid: "not-yet-valid"
        case .claimMissing: "claim-missing"
        case .claimMalformed: "claim-malformed"
        case .claimTooLarge: "claim-too-large"
        case .claimsTooLarge: "claims-too-large"
        case .emailNotVerified: "email-not-verified"
        case .emailNotAnAddress: "email-not-an-address"
        case .noMatchingKey: "no-matching-key"
        case .signatureInvalid: "signature-invalid"
        case .keysUnavailable: "keys-unavailable"
        case .tooManyWaiters: "too-many-waiters"
        case .cancelled: "cancelled"
        }
    }
}
