internal import COpenSSL

/// The only owner of one `EC_POINT`.
@safe
struct CurvePoint: ~Copyable {
    let pointer: OpaquePointer

    /// A point of a group's curve, at infinity.
    init(_ group: CurveGroup) throws(OpenSSLError) {
        guard let pointer = unsafe EC_POINT_new(group.pointer) else { throw .drained(after: "EC_POINT_new") }
        unsafe self.pointer = pointer
    }

    /// A point from its encoding of SEC 1 §2.3.3; throws for one that is not on the curve.
    init(_ group: CurveGroup, octets: [UInt8]) throws(OpenSSLError) {
        guard let pointer = unsafe EC_POINT_new(group.pointer) else { throw .drained(after: "EC_POINT_new") }
        guard unsafe EC_POINT_oct2point(group.pointer, pointer, octets, octets.count, nil) == 1 else {
            unsafe EC_POINT_free(pointer)
            throw .drained(after: "EC_POINT_oct2point")
        }
        unsafe self.pointer = pointer
    }

    deinit { unsafe EC_POINT_free(pointer) }
}
