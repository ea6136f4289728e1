import OpenSSL
package import StrictJSON

/// A JSON Web Signature in compact form, taken apart and not yet verified (RFC 7515 §7.1).
///
/// The bytes that were signed are kept as they came and never encoded again (reliability R-09).
package struct CompactJWS: Hashable, Sendable {
    /// The most bytes of a token with the white space around it.
    package static let byteLimit = 64 * 1024
    private static let headerLimit = 4 * 1024
    private static let payloadLimit = 48 * 1024
    private static let signatureLimit = 1024
    private static let keyIDLimit = 256

    /// The protected header; its `jwk`, `jku`, `x5c` and `x5u` are never read.
    package let header: JSONValue
    /// The header's `alg`.
    package let algorithm: JWSAlgorithm
    /// The header's `kid`, at most 256 bytes.
    package let keyID: String?
    /// The decoded payload.
    package let payload: [UInt8]
    let signature: [UInt8]
    let signedBytes: [UInt8]

    /// Takes a token apart.
    ///
    /// ASCII white space at the ends is passed over. Cheap checks come first: size, then the number of dots by one
    /// scan that allocates nothing, then the decoding of each part within its limit (reliability R-25).
    package init(_ token: [UInt8]) throws(TokenRefusal) {
        guard token.count <= Self.byteLimit else { throw .tooLarge(limit: Self.byteLimit) }
        let dot = UInt8(ascii: ".")
        guard token.count(where: { $0 == dot }) == 2 else { throw .notCompactJWS }
        let text = Self.trimmed(token)
        guard let first = text.firstIndex(of: dot), let second = text.lastIndex(of: dot), first < second else {
            throw .notCompactJWS
        }
        let headerBytes = try Self.decode(text[..<first], .header, limit: Self.headerLimit)
        let header = try Self.object(headerBytes, .header)
        (algorithm, keyID) = try Self.parameters(of: header)
        payload = try Self.decode(text[(first + 1)..<second], .payload, limit: Self.payloadLimit)
        signature = try Self.decode(text[(second + 1)...], .signature, limit: Self.signatureLimit)
        self.header = header
        signedBytes = Array(text[..<second])
    }

    /// Reads one part as exactly one JSON object.
    static func object(_ bytes: [UInt8], _ part: TokenRefusal.Part) throws(TokenRefusal) -> JSONValue {
        do throws(JSONError) {
            let value = try JSONValue(parsing: bytes, limits: JSONLimits(byteCount: payloadLimit))
            guard value.members != nil else { throw JSONError(.notAnObjectOrArray, at: 0) }
            return value
        } catch {
            throw .notJSON(part, error)
        }
    }

    private static func trimmed(_ token: [UInt8]) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let front = token.drop(while: isBlank)
        guard let last = front.lastIndex(where: { !isBlank($0) }) else { return [] }
        return front[...last]
    }

    private static func decode(
        _ text: ArraySlice<UInt8>, _ part: TokenRefusal.Part, limit: Int
    ) throws(TokenRefusal) -> [UInt8] {
        // Four characters carry three bytes: too long a text is refused before it is decoded.
        guard text.count <= (limit * 4 + 2) / 3 else { throw .partTooLarge(part, limit: limit) }
        guard let bytes = Base64.decodeURLUnpadded(Array(text)) else { throw .notBase64URL(part) }
        return bytes
    }

    private static func parameters(of header: JSONValue) throws(TokenRefusal) -> (JWSAlgorithm, String?) {
        // An extension we would have to understand is one we do not understand (RFC 7515 §4.1.11, RFC 7797).
        guard header["crit"] == nil, header["b64"] == nil else { throw .criticalHeader }
        if let type = header["typ"] {
            guard type.string?.lowercased().hasSameBytes(as: "jwt") == true else { throw .typeNotJWT }
        }
        guard let name = header["alg"]?.string,
            let algorithm = JWSAlgorithm.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) })
        else { throw .algorithmNotAllowed }
        guard let member = header["kid"] else { return (algorithm, nil) }
        guard let keyID = member.string, keyID.utf8.count <= keyIDLimit else { throw .keyIDMalformed }
        return (algorithm, keyID)
    }
}
