internal import Issuance
internal import OpenSSL
internal import StrictJSON

/// Decodes `CreateSigningCertificateRequest` from JSON (CA specification 1.2, 1.4; proto3 JSON mapping).
enum SigningRequest {
    /// The longest body that is read, in octets.
    static let maximumByteCount = 4 * 1024 * 1024

    /// Decodes a body; an empty one is `{}`, and what follows the first JSON value is not looked at.
    ///
    /// `authorization` is the first header field of that name. Throws a status that names a position or a field and
    /// never the value found there.
    static func decode(_ body: [UInt8], authorization: String?) throws(APIStatus) -> IssuanceRequest {
        let message = try fields(of: body)
        let credentials = try message.message("credentials")
        let token = try credentials?.text("oidcIdentityToken") ?? ""
        let csr = try message.bytes("certificateSigningRequest")
        let keyRequest = try message.message("publicKeyRequest")
        if csr != nil, keyRequest != nil {
            throw APIStatus(.invalidArgument, "oneof key is already set: certificateSigningRequest, publicKeyRequest")
        }
        let key = try key(csr, keyRequest)
        return IssuanceRequest(token: token.isEmpty ? bearerToken(authorization) : Array(token.utf8), key: key)
    }

    /// Decodes a body of the legacy API, whose message has the same name in `dev.sigstore.fulcio.v1beta` (1.3).
    ///
    /// The key may be DER as well as PEM, and the token comes from the header alone.
    static func decodeLegacy(_ body: [UInt8], authorization: String?) throws(APIStatus) -> IssuanceRequest {
        let message = try fields(of: body)
        let proof = try message.bytes("signedEmailAddress") ?? []
        let publicKey = try message.message("publicKey")
        _ = try publicKey?.text("algorithm")
        let content = try publicKey?.bytes("content") ?? []
        let csr = try message.bytes("certificateSigningRequest") ?? []
        return IssuanceRequest(
            token: bearerToken(authorization), key: legacyKey(csr: csr, content: content, proof: proof))
    }

    /// What a legacy request names its key by: the certificate signing request, unless that is empty.
    static func legacyKey(csr: [UInt8], content: [UInt8], proof: [UInt8]) -> IssuanceRequest.Key {
        guard csr.isEmpty else { return .certificateSigningRequest(csr) }
        return content.isEmpty ? .missing : .publicKey(content, proofOfPossession: proof)
    }

    private static func fields(of body: [UInt8]) throws(APIStatus) -> ProtoJSON {
        guard body.contains(where: { ![0x09, 0x0A, 0x0D, 0x20].contains($0) }) else {
            return ProtoJSON(empty: "request")
        }
        do {
            let limits = JSONLimits(byteCount: maximumByteCount)
            return try ProtoJSON(try JSONValue(parsing: body, limits: limits, trailing: .ignored), name: "request")
        } catch let error as APIStatus {
            throw error
        } catch {
            throw APIStatus(.invalidArgument, "\(error)")
        }
    }

    private static func key(_ csr: [UInt8]?, _ keyRequest: ProtoJSON?) throws(APIStatus) -> IssuanceRequest.Key {
        if let csr, !csr.isEmpty { return .certificateSigningRequest(csr) }
        guard let keyRequest else { return .missing }
        let proof = try keyRequest.bytes("proofOfPossession") ?? []
        guard let publicKey = try keyRequest.message("publicKey") else { return .missing }
        try publicKey.checkEnumeration("algorithm")
        guard let content = try publicKey.text("content"), !content.isEmpty else { return .missing }
        return .publicKey(Array(content.utf8), proofOfPossession: proof)
    }

    /// The token of an `Authorization` field: after the scheme `Bearer` in any case, or bare.
    private static func bearerToken(_ authorization: String?) -> [UInt8] {
        let blanks: Set<UInt8> = [0x09, 0x20]
        let value = Array((authorization ?? "").utf8).drop { blanks.contains($0) }
        guard let schemeEnd = value.firstIndex(where: { blanks.contains($0) }) else { return Array(value) }
        let scheme = String(decoding: value[..<schemeEnd], as: UTF8.self)
        let rest = value[schemeEnd...].drop { blanks.contains($0) }
        if rest.isEmpty { return Array(value[..<schemeEnd]) }
        return scheme.lowercased() == "bearer" ? Array(rest) : []
    }
}
