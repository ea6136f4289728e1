/// The two encodings of an ECDSA signature.
package enum ECDSASignature {
    /// DER from `r || s`, each as long as a coordinate (RFC 7518 §3.4); nil for another length or a zero.
    package static func der(raw: [UInt8], curve: Curve) -> [UInt8]? {
        let count = curve.coordinateByteCount
        guard raw.count == 2 * count else { return nil }
        let (r, s) = (Array(raw[..<count]), Array(raw[count...]))
        guard r.contains(where: { $0 != 0 }), s.contains(where: { $0 != 0 }) else { return nil }
        return DERWriter.sequence([DERWriter.integer(unsigned: r), DERWriter.integer(unsigned: s)])
    }

    /// `r || s` from strict DER; nil when it is not that, or a number is too long for the curve.
    package static func raw(der: [UInt8], curve: Curve) -> [UInt8]? {
        guard let (r, s) = try? integers(der) else { return nil }
        let count = curve.coordinateByteCount
        guard r.count <= count, s.count <= count else { return nil }
        return [r, s].flatMap { [UInt8](repeating: 0, count: count - $0.count) + $0 }
    }

    /// Whether bytes are exactly one DER `SEQUENCE { r, s }`.
    package static func isDER(_ bytes: [UInt8]) -> Bool {
        (try? integers(bytes)) != nil
    }

    /// The two numbers of strict DER as minimal magnitudes; nil when it is not that.
    static func numbers(der: [UInt8]) -> (r: [UInt8], s: [UInt8])? {
        try? integers(der)
    }

    private static func integers(_ der: [UInt8]) throws(DERError) -> ([UInt8], [UInt8]) {
        var outer = DERReader(der)
        var body = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        let pair = (try body.unsignedInteger(), try body.unsignedInteger())
        try body.requireEnd()
        return pair
    }
}
