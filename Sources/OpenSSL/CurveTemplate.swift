internal import COpenSSL

/// A key of libcrypto's that has a curve and no point, made once for each curve.
///
/// Copying one and giving the copy its point takes a quarter of the time of `EVP_PKEY_fromdata`, which makes the curve
/// anew from its name every time.
@safe
final class CurveTemplate: Sendable {
    private static let p256 = Result { () throws(OpenSSLError) in try CurveTemplate(.p256) }
    private static let p384 = Result { () throws(OpenSSLError) in try CurveTemplate(.p384) }
    private static let p521 = Result { () throws(OpenSSLError) in try CurveTemplate(.p521) }

    private let handle: KeyHandle

    private init(_ curve: Curve) throws(OpenSSLError) {
        handle = try KeyImport(type: "EC")
            .adding(OSSL_PKEY_PARAM_GROUP_NAME, text: curve.groupName)
            .finish(OSSL_KEYMGMT_SELECT_ALL_PARAMETERS)
    }

    /// The template of a curve; throws the error with which libcrypto refused it the first time.
    static func of(_ curve: Curve) throws(OpenSSLError) -> CurveTemplate {
        switch curve {
        case .p256: try p256.get()
        case .p384: try p384.get()
        case .p521: try p521.get()
        }
    }

    /// The key with a point in the encoding of SEC 1 §2.3.3; throws for one that is not on the curve.
    func key(point: [UInt8]) throws(OpenSSLError) -> KeyHandle {
        guard let pointer = unsafe handle.withPointer({ unsafe EVP_PKEY_dup($0) }) else {
            throw .drained(after: "EVP_PKEY_dup")
        }
        let copy = unsafe KeyHandle(owning: pointer)
        try unsafe copy.withPointer { key throws(OpenSSLError) in
            try check(
                unsafe EVP_PKEY_set1_encoded_public_key(key, point, point.count), "EVP_PKEY_set1_encoded_public_key")
        }
        return copy
    }
}
