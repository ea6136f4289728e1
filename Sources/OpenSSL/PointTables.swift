internal import COpenSSL

/// Verifies ECDSA signatures by a key that is kept for long, with tables of multiples of its point (SEC 1 §4.1.4).
///
/// It is the whole verification by the public half alone, with libcrypto's arithmetic on the curve; what is saved are
/// the doublings of the key's point, which are the same for every signature. The tables of a P-256 key take 150 KiB and
/// as long to make as some hundred verifications, so they are only for keys that sign all the time.
@safe
final class PointTables: @unchecked Sendable {  // libcrypto only reads a group once its tables are made
    /// The only scheme that is verified: the hash must be as wide as the curve.
    let scheme: SignatureScheme

    private let curve: Curve
    private let standard: OpaquePointer
    /// The same curve with the key's point in the place of the generator, which is what libcrypto makes tables for.
    private let keyed: OpaquePointer

    /// Makes the tables of a key; nil for keys that gain nothing, and when libcrypto offers no tables.
    init?(_ info: SubjectPublicKeyInfo) {
        guard case .ellipticCurve(let curve, let point) = info.key, curve != .p521 else { return nil }
        guard let standard = unsafe Self.group(curve, generator: nil) else { return nil }
        guard let keyed = unsafe Self.group(curve, generator: point) else {
            unsafe EC_GROUP_free(standard)
            return nil
        }
        self.curve = curve
        scheme = .ecdsa(curve == .p256 ? .sha256 : .sha384)
        unsafe self.standard = standard
        unsafe self.keyed = keyed
    }

    deinit {
        unsafe EC_GROUP_free(standard)
        unsafe EC_GROUP_free(keyed)
    }

    /// Whether `signature` is one over a digest of the scheme's hash; nil when libcrypto could not tell.
    func isValidSignature(_ signature: [UInt8], overDigest digest: [UInt8]) -> Bool? {
        guard let (r, s) = ECDSASignature.numbers(der: signature) else { return false }
        do throws(OpenSSLError) {
            return try isValid(r, s, digest)
        } catch {
            return nil
        }
    }

    private func isValid(_ r: [UInt8], _ s: [UInt8], _ digest: [UInt8]) throws(OpenSSLError) -> Bool {
        guard let order = unsafe EC_GROUP_get0_order(standard) else { throw .drained(after: "EC_GROUP_get0_order") }
        let numbers = try BigNumber.Context()
        let r = try BigNumber(magnitude: r)
        let s = try BigNumber(magnitude: s)
        guard unsafe r.isBelow(order), unsafe s.isBelow(order), !r.isZero, !s.isZero else { return false }
        let inverse = try unsafe s.inverse(modulo: order, numbers)
        let ofGenerator = try unsafe BigNumber(magnitude: digest).multiplied(by: inverse, modulo: order, numbers)
        let ofKey = try unsafe r.multiplied(by: inverse, modulo: order, numbers)
        let sum = try unsafe product(standard, ofGenerator, numbers)
        let other = try unsafe product(keyed, ofKey, numbers)
        try unsafe sum.withPointer { sum throws(OpenSSLError) in
            try unsafe other.withPointer { other throws(OpenSSLError) in
                try check(unsafe EC_POINT_add(standard, sum, sum, other, numbers.pointer), "EC_POINT_add")
            }
        }
        guard let x = try unsafe sum.affineX(standard, numbers) else { return false }
        return try unsafe x.remainder(modulo: order, numbers).compared(with: r) == 0
    }

    /// The generator of a group, multiplied with its tables.
    private func product(
        _ group: OpaquePointer, _ factor: borrowing BigNumber, _ numbers: borrowing BigNumber.Context
    ) throws(OpenSSLError) -> CurvePoint {
        let result = try unsafe CurvePoint(group)
        // libcrypto takes a lone multiplication for a secret one and leaves the tables aside, but for P-256, whose
        // tables serve both: a second point with the factor zero makes the sum public.
        let zero = try BigNumber()
        let second = unsafe curve == .p256 ? nil : EC_GROUP_get0_generator(standard)
        try unsafe result.withPointer { point throws(OpenSSLError) in
            try unsafe factor.withPointer { factor throws(OpenSSLError) in
                try unsafe zero.withPointer { zero throws(OpenSSLError) in
                    try check(
                        unsafe EC_POINT_mul(
                            group, point, factor, second, second == nil ? nil : zero, numbers.pointer),
                        "EC_POINT_mul")
                }
            }
        }
        return result
    }

    /// A curve with tables for its generator, or for a point in its place; nil when there are none.
    private static func group(_ curve: Curve, generator: [UInt8]?) -> OpaquePointer? {
        guard let group = unsafe EC_GROUP_new_by_curve_name(curve.nid) else {
            _ = OpenSSLError.drained(after: "EC_GROUP_new_by_curve_name")
            return nil
        }
        do throws(OpenSSLError) {
            if let generator { try unsafe replaceGenerator(of: group, by: generator) }
            // The tables of the P-256 generator are a part of libcrypto.
            if generator != nil || curve != .p256 {
                try check(unsafe copenssl_EC_GROUP_precompute_mult(group), "EC_GROUP_precompute_mult")
            }
            return unsafe group
        } catch {
            unsafe EC_GROUP_free(group)
            return nil
        }
    }

    private static func replaceGenerator(of group: OpaquePointer, by octets: [UInt8]) throws(OpenSSLError) {
        let point = try unsafe CurvePoint(group)
        try unsafe point.withPointer { point throws(OpenSSLError) in
            try check(unsafe EC_POINT_oct2point(group, point, octets, octets.count, nil), "EC_POINT_oct2point")
            try check(
                unsafe EC_GROUP_set_generator(
                    group, point, EC_GROUP_get0_order(group), EC_GROUP_get0_cofactor(group)),
                "EC_GROUP_set_generator")
        }
    }
}
