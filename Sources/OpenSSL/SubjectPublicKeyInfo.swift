/// A SubjectPublicKeyInfo in its only accepted encoding (RFC 5280 §4.1.2.7, RFC 5480, RFC 8410, RFC 3279 §2.3.1).
///
/// Read with fixed templates rather than by libcrypto, which also accepts BER, compressed points and explicit curve
/// parameters, some of which it then names like a standard curve.
package struct SubjectPublicKeyInfo: Hashable, Sendable {
    /// The key inside.
    package enum Key: Hashable, Sendable {
        /// An uncompressed point, `04 || x || y`; whether it lies on the curve is not known yet.
        case ellipticCurve(Curve, point: [UInt8])
        /// Modulus and public exponent as minimal big-endian magnitudes.
        case rsa(modulus: [UInt8], exponent: [UInt8])
        /// The 32 octets of an Ed25519 key.
        case ed25519([UInt8])
        /// A well-formed key of an algorithm that is never accepted, by name.
        case unsupported(String)
    }

    /// The bytes as read.
    package let der: [UInt8]

    /// The key inside.
    package let key: Key

    private static let ellipticCurveKey: ObjectIdentifier = "1.2.840.10045.2.1"
    private static let rsaEncryption: ObjectIdentifier = "1.2.840.113549.1.1.1"
    private static let ed25519: ObjectIdentifier = "1.3.101.112"
    /// Algorithms whose keys are recognised, so that the answer is "insecure" and not "cannot be parsed".
    private static let refused: [ObjectIdentifier: String] = [
        "1.2.840.10040.4.1": "DSA", "1.3.101.110": "X25519",
    ]
    private static let secp224r1: ObjectIdentifier = "1.3.132.0.33"

    /// Reads one SubjectPublicKeyInfo; throws when it is not exactly one in the accepted encoding.
    package init(der: [UInt8]) throws(SubjectPublicKeyInfoError) {
        do {
            guard let key = try Self.parse(der) else { throw SubjectPublicKeyInfoError.unknownAlgorithm }
            self.key = key
        } catch let error as SubjectPublicKeyInfoError {
            throw error
        } catch {
            throw .malformed
        }
        self.der = der
    }

    /// The key of a point given by coordinates; nil unless both have the curve's length.
    package init?(curve: Curve, x: [UInt8], y: [UInt8]) {
        guard x.count == curve.coordinateByteCount, y.count == curve.coordinateByteCount else { return nil }
        let point = [0x04] + x + y
        der = Self.encode(
            algorithm: [
                DERWriter.objectIdentifier(Self.ellipticCurveKey), DERWriter.objectIdentifier(curve.objectIdentifier),
            ],
            key: point
        )
        key = .ellipticCurve(curve, point: point)
    }

    /// An RSA key from magnitudes with or without leading zeros; nil when either is zero.
    package init?(rsaModulus: [UInt8], exponent: [UInt8]) {
        let (modulus, exponent) = (Array(rsaModulus.drop { $0 == 0 }), Array(exponent.drop { $0 == 0 }))
        guard !modulus.isEmpty, !exponent.isEmpty else { return nil }
        der = Self.encode(
            algorithm: [DERWriter.objectIdentifier(Self.rsaEncryption), DERWriter.null],
            key: DERWriter.sequence([DERWriter.integer(unsigned: modulus), DERWriter.integer(unsigned: exponent)])
        )
        key = .rsa(modulus: modulus, exponent: exponent)
    }

    /// An Ed25519 key; nil unless it has 32 octets.
    package init?(ed25519 bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        der = Self.encode(algorithm: [DERWriter.objectIdentifier(Self.ed25519)], key: bytes)
        key = .ed25519(bytes)
    }

    /// An RSA key from the DER of an RSAPublicKey (RFC 8017 §A.1.1).
    package init(rsaPublicKey der: [UInt8]) throws(SubjectPublicKeyInfoError) {
        do {
            let (modulus, exponent) = try Self.parseRSA(der)
            guard let info = SubjectPublicKeyInfo(rsaModulus: modulus, exponent: exponent) else {
                throw DERError("zero")
            }
            self = info
        } catch {
            throw .malformed
        }
    }

    /// H(DER): the key id of a transparency log and an issuer key hash (RFC 6962 §3.2).
    package var sha256: SHA256Digest { SHA256Digest(hashing: der) }

    /// The octets of the subjectPublicKey BIT STRING, whose SHA-1 is the usual key identifier (RFC 5280 §4.2.1.2).
    package var subjectPublicKey: [UInt8] {
        var reader = DERReader(der)
        guard var body = try? reader.nested(tag: DERTag.sequence), (try? body.next()) != nil else { return [] }
        return (try? body.bitString()) ?? []
    }

    /// Bits of an RSA modulus, counted from its bytes before any arithmetic; nil for other keys.
    package var rsaModulusBitCount: Int? {
        guard case .rsa(let modulus, _) = key, let first = modulus.first else { return nil }
        return modulus.count * 8 - first.leadingZeroBitCount
    }

    private static func encode(algorithm: [[UInt8]], key: [UInt8]) -> [UInt8] {
        DERWriter.sequence([DERWriter.sequence(algorithm), DERWriter.bitString(key)])
    }

    /// The key inside; nil when its algorithm has no name here.
    private static func parse(_ der: [UInt8]) throws(DERError) -> Key? {
        // SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
        var outer = DERReader(der)
        var body = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        var algorithm = try body.nested(tag: DERTag.sequence)
        let bits = try body.bitString()
        try body.requireEnd()
        let id = try algorithm.objectIdentifier()
        switch id {
        case ellipticCurveKey: return try parseEllipticCurve(&algorithm, bits)
        case rsaEncryption:
            guard try algorithm.content(tag: DERTag.null).isEmpty else { throw DERError("NULL with content") }
            try algorithm.requireEnd()
            let (modulus, exponent) = try parseRSA(bits)
            return .rsa(modulus: modulus, exponent: exponent)
        case ed25519:
            try algorithm.requireEnd()
            guard bits.count == 32 else { throw DERError("Ed25519 key of another length") }
            return .ed25519(bits)
        default: return refused[id].map(Key.unsupported)
        }
    }

    private static func parseEllipticCurve(_ algorithm: inout DERReader, _ bits: [UInt8]) throws(DERError) -> Key {
        let name = try algorithm.objectIdentifier()
        try algorithm.requireEnd()
        if name == secp224r1 { return .unsupported("P-224") }
        guard let curve = Curve.allCases.first(where: { $0.objectIdentifier == name }) else {
            throw DERError("unknown curve")
        }
        guard bits.count == 1 + 2 * curve.coordinateByteCount, bits.first == 0x04 else {
            throw DERError("not an uncompressed point of the curve")
        }
        return .ellipticCurve(curve, point: bits)
    }

    private static func parseRSA(_ der: [UInt8]) throws(DERError) -> (modulus: [UInt8], exponent: [UInt8]) {
        // RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
        var outer = DERReader(der)
        var body = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        let modulus = try body.unsignedInteger()
        let exponent = try body.unsignedInteger()
        try body.requireEnd()
        guard modulus != [0], exponent != [0] else { throw DERError("zero") }
        return (modulus, exponent)
    }
}
