internal import COpenSSL
internal import Synchronization

/// Verifies ECDSA signatures by a key that is kept for long, with tables of multiples of its point (SEC 1 §4.1.4).
///
/// It is the whole verification by the public half alone, with libcrypto's arithmetic on the curve; what is saved are
/// the doublings of the key's point, which are the same for every signature. The tables of a P-256 key take 150 KiB and
/// as long to make as some hundred verifications, and those of a P-384 key more (`OctetMultiples`), so they are only
/// for keys that sign all the time.
@safe
final class PointTables: @unchecked Sendable {  // the exponent is only read
    /// The only scheme that is verified: the hash must be as wide as the curve.
    let scheme: SignatureScheme

    private let group: CurveGroup
    private let inverseExponent: BigNumber
    private let generator: any PointMultiples
    private let key: any PointMultiples
    private let idle = Mutex<[CurveScratch]>([])

    private static let p256 = Result { () throws(OpenSSLError) in
        GeneratorMultiples(group: try CurveGroup(.p256))
    }
    private static let p384 = Result { () throws(OpenSSLError) in
        let group = try CurveGroup(.p384)
        guard let point = unsafe EC_GROUP_get0_generator(group.pointer) else {
            throw .drained(after: "EC_GROUP_get0_generator")
        }
        return (group, try unsafe OctetMultiples(of: point, in: group, .p384))
    }

    /// Makes the tables of a key; nil for keys that gain nothing, and when libcrypto offers no tables.
    init?(_ info: SubjectPublicKeyInfo) {
        do throws(OpenSSLError) {
            switch info.key {
            case .ellipticCurve(.p256, let point):
                let generator = try Self.p256.get()
                (group, self.generator, scheme) = (generator.group, generator, .ecdsa(.sha256))
                key = GeneratorMultiples(group: try CurveGroup(.p256, generator: point))
            case .ellipticCurve(.p384, let point):
                (group, generator) = try Self.p384.get()
                scheme = .ecdsa(.sha384)
                let point = try CurvePoint(group, octets: point)
                key = try unsafe OctetMultiples(of: point.pointer, in: group, .p384)
            default: return nil
            }
            inverseExponent = try unsafe BigNumber(group.order, less: 2)
        } catch {
            return nil
        }
    }

    /// Whether `signature` is one over a digest of the scheme's hash; nil when libcrypto could not tell.
    func isValidSignature(_ signature: [UInt8], overDigest digest: [UInt8]) -> Bool? {
        guard let (r, s) = ECDSASignature.numbers(der: signature) else { return false }
        // Scratch numbers keep the size of the longest that they ever were.
        let byteCount = unsafe Int(BN_num_bits(group.order) + 7) / 8
        guard r.count <= byteCount + 1, s.count <= byteCount + 1 else { return false }
        do throws(OpenSSLError) {
            let scratch: CurveScratch
            if let kept = idle.withLock({ $0.popLast() }) { scratch = kept } else { scratch = try CurveScratch(group) }
            defer { idle.withLock { $0.append(scratch) } }
            unsafe BN_CTX_start(scratch.numbers.pointer)
            defer { unsafe BN_CTX_end(scratch.numbers.pointer) }
            return try isValid(r, s, digest, scratch)
        } catch {
            return nil
        }
    }

    private func isValid(
        _ r: [UInt8], _ s: [UInt8], _ digest: [UInt8], _ scratch: CurveScratch
    ) throws(OpenSSLError) -> Bool {
        let (numbers, order) = unsafe (scratch.numbers.pointer, group.order)
        let (r, s, digest) = try unsafe (scratch.number(r), scratch.number(s), scratch.number(digest))
        guard unsafe BN_is_zero(r) == 0, unsafe BN_is_zero(s) == 0, unsafe BN_cmp(r, order) < 0,
            unsafe BN_cmp(s, order) < 0
        else { return false }
        // The order is a prime n, so s to the power n - 2 is the inverse of s.
        let inverse = try unsafe scratch.number()
        try check(
            unsafe BN_mod_exp_mont(
                inverse, s, inverseExponent.pointer, order, numbers, EC_GROUP_get_mont_data(group.pointer)),
            "BN_mod_exp_mont")
        let (ofGenerator, ofKey) = try unsafe (scratch.number(), scratch.number())
        try check(unsafe BN_mod_mul(ofGenerator, digest, inverse, order, numbers), "BN_mod_mul")
        try check(unsafe BN_mod_mul(ofKey, r, inverse, order, numbers), "BN_mod_mul")
        let sum = unsafe scratch.sum.pointer
        try check(unsafe EC_POINT_set_to_infinity(group.pointer, sum), "EC_POINT_set_to_infinity")
        try unsafe generator.add(ofGenerator, to: sum, scratch)
        try unsafe key.add(ofKey, to: sum, scratch)
        return try unsafe isFirstCoordinate(r, of: sum, scratch)
    }

    /// Whether the first coordinate of a point is `r` modulo the order; the number `r` is used up.
    ///
    /// libcrypto keeps a point as X, Y and Z with the first coordinate X / Z². Comparing X with r Z² saves a division,
    /// which on P-384 costs as much as a quarter of the verification.
    private func isFirstCoordinate(
        _ r: OpaquePointer, of point: OpaquePointer, _ scratch: CurveScratch
    ) throws(OpenSSLError) -> Bool {
        guard unsafe EC_POINT_is_at_infinity(group.pointer, point) == 0 else { return false }
        let (numbers, field) = unsafe (scratch.numbers.pointer, group.field)
        let (x, z, other) = try unsafe (scratch.number(), scratch.number(), scratch.number())
        try check(
            unsafe copenssl_EC_POINT_get_X_and_Z(group.pointer, point, x, z, numbers),
            "EC_POINT_get_Jprojective_coordinates_GFp")
        try check(unsafe BN_mod_sqr(z, z, field, numbers), "BN_mod_sqr")
        // A coordinate is below the field's prime, which is larger than the order.
        while unsafe BN_cmp(r, field) < 0 {
            try check(unsafe BN_mod_mul(other, r, z, field, numbers), "BN_mod_mul")
            if unsafe BN_cmp(other, x) == 0 { return true }
            try check(unsafe BN_add(r, r, group.order), "BN_add")
        }
        return false
    }
}
