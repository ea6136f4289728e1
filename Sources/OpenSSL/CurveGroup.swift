internal import COpenSSL

/// The only owner of one `EC_GROUP`: a curve with a generator.
@safe
final class CurveGroup: @unchecked Sendable {  // libcrypto only reads a group once it is made
    let pointer: OpaquePointer

    /// The number of points, a prime, which the group owns.
    let order: OpaquePointer

    /// The prime below which the coordinates are, which the group owns.
    let field: OpaquePointer

    /// The curve with its own generator.
    init(_ curve: Curve) throws(OpenSSLError) {
        guard let pointer = unsafe EC_GROUP_new_by_curve_name(curve.nid) else {
            throw .drained(after: "EC_GROUP_new_by_curve_name")
        }
        guard let order = unsafe EC_GROUP_get0_order(pointer), let field = unsafe EC_GROUP_get0_field(pointer) else {
            unsafe EC_GROUP_free(pointer)
            throw .drained(after: "EC_GROUP_get0_order")
        }
        unsafe (self.pointer, self.order, self.field) = (pointer, order, field)
    }

    /// The curve with another point, in the encoding of SEC 1 §2.3.3, in the place of its generator, which is what
    /// libcrypto makes tables for.
    ///
    /// Throws for one that is not on the curve, and when there are no tables.
    convenience init(_ curve: Curve, generator octets: [UInt8]) throws(OpenSSLError) {
        try self.init(curve)
        let point = try CurvePoint(self, octets: octets)
        try check(
            unsafe EC_GROUP_set_generator(pointer, point.pointer, order, EC_GROUP_get0_cofactor(pointer)),
            "EC_GROUP_set_generator")
        try check(unsafe copenssl_EC_GROUP_precompute_mult(pointer), "EC_GROUP_precompute_mult")
    }

    deinit { unsafe EC_GROUP_free(pointer) }
}
