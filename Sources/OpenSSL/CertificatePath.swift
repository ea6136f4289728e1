internal import COpenSSL

/// Path validation by libcrypto (RFC 5280 §6).
package enum CertificatePath {
    /// Checks that `certificate` leads through `intermediates` to `anchor`, all valid at `time`.
    ///
    /// Signatures, names, validity, basic constraints with path lengths, key usage and unknown critical extensions are
    /// checked strictly; extended key usages are left to the caller. The anchor need not be self-signed.
    package static func verify(
        _ certificate: Certificate, intermediates: [Certificate], anchor: Certificate, at time: Timestamp
    ) throws(CertificatePathError) {
        guard let result = outcome(certificate, intermediates, anchor, time) else {
            throw CertificatePathError(
                reason: "\(OpenSSLError.drained(after: "path validation"))", depth: 0, isUnknownAuthority: false)
        }
        guard result.code == X509_V_OK else {
            let text = unsafe X509_verify_cert_error_string(Int(result.code)).map { unsafe String(cString: $0) }
            throw CertificatePathError(
                reason: text ?? "error \(result.code)", depth: result.depth,
                isUnknownAuthority: unknownAuthority.contains(result.code))
        }
    }

    /// The codes for a path that does not reach its anchor.
    private static let unknownAuthority: Set<Int32> = [
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE,
    ]

    private static func outcome(
        _ certificate: Certificate, _ intermediates: [Certificate], _ anchor: Certificate, _ time: Timestamp
    ) -> (code: Int32, depth: Int)? {
        guard let store = unsafe X509_STORE_new(), let context = unsafe X509_STORE_CTX_new(),
            let untrusted = unsafe copenssl_sk_X509_new_null()
        else { preconditionFailure("path validation: out of memory") }
        defer {
            unsafe X509_STORE_CTX_free(context)
            unsafe X509_STORE_free(store)
            unsafe copenssl_sk_X509_pop_free(untrusted)
        }
        for intermediate in intermediates {
            guard let decoded = unsafe decode(intermediate) else { return nil }
            guard unsafe copenssl_sk_X509_push(untrusted, decoded) > 0 else { return nil }
        }
        guard let root = unsafe decode(anchor) else { return nil }
        defer { unsafe X509_free(root) }
        guard let target = unsafe decode(certificate) else { return nil }
        defer { unsafe X509_free(target) }
        guard unsafe X509_STORE_add_cert(store, root) == 1,
            unsafe X509_STORE_CTX_init(context, store, target, untrusted) == 1
        else { return nil }
        let parameters = unsafe X509_STORE_CTX_get0_param(context)
        unsafe X509_VERIFY_PARAM_set_time(parameters, Int(clamping: time.seconds))
        let flags = UInt(X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CHECK_SS_SIGNATURE)
        guard unsafe X509_VERIFY_PARAM_set_flags(parameters, flags) == 1 else { return nil }
        let isValid = unsafe X509_verify_cert(context) == 1
        let code = unsafe X509_STORE_CTX_get_error(context)
        let depth = unsafe X509_STORE_CTX_get_error_depth(context)
        ERR_clear_error()
        guard isValid || code != X509_V_OK else { return nil }
        return (isValid ? X509_V_OK : code, Int(depth))
    }

    private static func decode(_ certificate: Certificate) -> OpaquePointer? {
        unsafe certificate.der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_X509(nil, &start, buffer.count)
        }
    }
}
