internal import COpenSSL

/// Multiples of one point that were made once, so that any other takes few additions.
///
/// How long a product takes depends on its factor, which must therefore be no secret.
protocol PointMultiples: Sendable {
    /// Adds the point, multiplied by a number from 0 to the group's order, to a sum other than the scratch's product.
    func add(_ factor: OpaquePointer, to sum: OpaquePointer, _ scratch: CurveScratch) throws(OpenSSLError)
}

/// What libcrypto multiplies the generator of a P-256 group with: tables of its own, or those made for another point.
///
/// On other curves it takes a lone multiplication for a secret one and leaves its tables aside.
struct GeneratorMultiples: PointMultiples {
    let group: CurveGroup

    func add(_ factor: OpaquePointer, to sum: OpaquePointer, _ scratch: CurveScratch) throws(OpenSSLError) {
        let product = unsafe scratch.product.pointer
        try check(
            unsafe EC_POINT_mul(group.pointer, product, factor, nil, nil, scratch.numbers.pointer), "EC_POINT_mul")
        try check(unsafe EC_POINT_add(group.pointer, sum, sum, product, scratch.numbers.pointer), "EC_POINT_add")
    }
}
