internal import COpenSSL

/// The only owner of one `EC_POINT`.
@safe
struct CurvePoint: ~Copyable {
    private let pointer: OpaquePointer

    /// A point of a group's curve, at infinity.
    init(_ group: OpaquePointer) throws(OpenSSLError) {
        guard let pointer = unsafe EC_POINT_new(group) else { throw .drained(after: "EC_POINT_new") }
        unsafe self.pointer = pointer
    }

    deinit { unsafe EC_POINT_free(pointer) }

    /// The first coordinate; nil for the point at infinity, which has none.
    borrowing func affineX(
        _ group: OpaquePointer, _ context: borrowing BigNumber.Context
    ) throws(OpenSSLError) -> BigNumber? {
        guard unsafe EC_POINT_is_at_infinity(group, pointer) == 0 else { return nil }
        let x = try BigNumber()
        try unsafe x.withPointer { x throws(OpenSSLError) in
            try check(
                unsafe EC_POINT_get_affine_coordinates(group, pointer, x, nil, context.pointer),
                "EC_POINT_get_affine_coordinates")
        }
        return x
    }

    borrowing func withPointer<R, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
        try unsafe body(pointer)
    }
}
