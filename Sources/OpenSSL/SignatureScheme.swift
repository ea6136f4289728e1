internal import COpenSSL

/// A signature algorithm with its hash, as keys use it.
package enum SignatureScheme: Hashable, Sendable {
    /// ECDSA; signatures are the DER `SEQUENCE { r, s }` (RFC 3279 §2.2.3).
    case ecdsa(HashAlgorithm)
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    case rsaPKCS1(HashAlgorithm)
    /// RSASSA-PSS with MGF1 over the same hash and a salt of the hash's length (RFC 8017 §8.1).
    case rsaPSS(HashAlgorithm)
    /// Pure Ed25519 (RFC 8032 §5.1).
    case ed25519

    /// The hash of the message; nil for Ed25519.
    package var hash: HashAlgorithm? {
        switch self {
        case .ecdsa(let hash), .rsaPKCS1(let hash), .rsaPSS(let hash): hash
        case .ed25519: nil
        }
    }

    /// The DER AlgorithmIdentifier of a signature by a CA; nil for RSASSA-PSS, with which no CA of ours signs.
    package var algorithmIdentifier: [UInt8]? {
        guard let id = Self.identifiers.first(where: { $0.value == self })?.key else { return nil }
        let parameters = if case .rsaPKCS1 = self { [DERWriter.null] } else { [[UInt8]]() }
        return DERWriter.sequence([DERWriter.objectIdentifier(id)] + parameters)
    }

    /// The scheme that a DER AlgorithmIdentifier names; nil for any other, and for parameters out of place.
    package init?(algorithmIdentifier der: [UInt8]) {
        guard let scheme = try? Self.parse(der) else { return nil }
        self = scheme
    }

    private static let pss: ObjectIdentifier = "1.2.840.113549.1.1.10"
    private static let identifiers: [ObjectIdentifier: SignatureScheme] = [
        "1.2.840.10045.4.1": .ecdsa(.sha1), "1.2.840.10045.4.3.2": .ecdsa(.sha256),
        "1.2.840.10045.4.3.3": .ecdsa(.sha384), "1.2.840.10045.4.3.4": .ecdsa(.sha512),
        "1.2.840.113549.1.1.5": .rsaPKCS1(.sha1), "1.2.840.113549.1.1.11": .rsaPKCS1(.sha256),
        "1.2.840.113549.1.1.12": .rsaPKCS1(.sha384), "1.2.840.113549.1.1.13": .rsaPKCS1(.sha512),
        "1.3.101.112": .ed25519,
    ]
    private static let hashes: [ObjectIdentifier: HashAlgorithm] = [
        "2.16.840.1.101.3.4.2.1": .sha256, "2.16.840.1.101.3.4.2.2": .sha384, "2.16.840.1.101.3.4.2.3": .sha512,
    ]

    private static func parse(_ der: [UInt8]) throws(DERError) -> SignatureScheme {
        // AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
        var outer = DERReader(der)
        var body = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        let id = try body.objectIdentifier()
        if id == pss { return .rsaPSS(try parsePSS(&body)) }
        guard let scheme = identifiers[id] else { throw DERError("unknown signature algorithm") }
        if case .rsaPKCS1 = scheme, !body.isAtEnd {
            guard try body.content(tag: DERTag.null).isEmpty else { throw DERError("NULL with content") }
        }
        try body.requireEnd()
        return scheme
    }

    private static func parsePSS(_ body: inout DERReader) throws(DERError) -> HashAlgorithm {
        // RSASSA-PSS-params ::= SEQUENCE { [0] HashAlgorithm, [1] MaskGenAlgorithm, [2] saltLength, [3] trailerField }
        let parameters = try body.next(tag: DERTag.sequence)
        try body.requireEnd()
        guard let hash = hashes.values.first(where: { Self.pssParameters($0) == body.bytes[parameters.encoded] }) else {
            throw DERError("RSASSA-PSS parameters other than one hash throughout")
        }
        return hash
    }

    /// The one accepted spelling of the parameters for a hash (RFC 8017 §A.2.3).
    private static func pssParameters(_ hash: HashAlgorithm) -> ArraySlice<UInt8> {
        guard let id = hashes.first(where: { $0.value == hash })?.key else { return [] }
        let mgf1: ObjectIdentifier = "1.2.840.113549.1.1.8"
        let algorithm = DERWriter.sequence([DERWriter.objectIdentifier(id), DERWriter.null])
        let mask = DERWriter.sequence([DERWriter.objectIdentifier(mgf1), algorithm])
        let salt = DERWriter.integer(unsigned: [UInt8(hash.byteCount)])
        let fields = [algorithm, mask, salt].enumerated().map { number, field in
            DERWriter.element(tag: DERTag.context(UInt8(number), constructed: true), field)
        }
        return DERWriter.sequence(fields)[...]
    }

    /// Sets what RSASSA-PSS needs on a context that was initialised with this scheme's hash.
    func configure(_ context: OpaquePointer?) throws(OpenSSLError) {
        guard case .rsaPSS(let hash) = self else { return }
        try check(
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING), "EVP_PKEY_CTX_set_rsa_padding")
        try check(
            unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(context, Int32(hash.byteCount)), "EVP_PKEY_CTX_set_rsa_pss_saltlen")
    }
}
