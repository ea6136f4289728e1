internal import COpenSSL

/// Builds a public key from its numbers with `EVP_PKEY_fromdata`.
///
/// Far cheaper than libcrypto's decoders and without their leniency: what is imported was read by our own templates.
@safe
final class KeyImport {
    private let type: String
    private let builder: OpaquePointer
    /// The builder refers to what it is given until the import is done.
    private var lent: [UnsafeMutableRawBufferPointer] = unsafe []
    private var numbers: [OpaquePointer] = unsafe []

    init(type: String) throws(OpenSSLError) {
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { throw .drained(after: "OSSL_PARAM_BLD_new") }
        unsafe self.builder = builder
        self.type = type
    }

    deinit {
        unsafe OSSL_PARAM_BLD_free(builder)
        unsafe lent.forEach { unsafe $0.deallocate() }
        unsafe numbers.forEach { unsafe BN_free($0) }
    }

    /// Adds a text parameter.
    func adding(_ name: String, text: String) throws(OpenSSLError) -> KeyImport {
        let copy = unsafe lend(Array(text.utf8))
        try check(
            unsafe OSSL_PARAM_BLD_push_utf8_string(
                builder, lendName(name), copy.assumingMemoryBound(to: CChar.self).baseAddress, copy.count),
            "OSSL_PARAM_BLD_push_utf8_string")
        return self
    }

    /// Adds an octet string parameter.
    func adding(_ name: String, octets: [UInt8]) throws(OpenSSLError) -> KeyImport {
        let copy = unsafe lend(octets)
        try check(
            unsafe OSSL_PARAM_BLD_push_octet_string(builder, lendName(name), copy.baseAddress, copy.count),
            "OSSL_PARAM_BLD_push_octet_string")
        return self
    }

    private func lendName(_ name: String) -> UnsafePointer<CChar>? {
        unsafe UnsafePointer(lend(Array(name.utf8) + [0]).assumingMemoryBound(to: CChar.self).baseAddress)
    }

    private func lend(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        unsafe copy.copyBytes(from: bytes)
        unsafe lent.append(copy)
        return unsafe copy
    }

    /// Adds a number parameter from its big-endian magnitude.
    func adding(_ name: String, magnitude: [UInt8]) throws(OpenSSLError) -> KeyImport {
        guard let number = unsafe BN_bin2bn(magnitude, Int32(clamping: magnitude.count), nil) else {
            throw .drained(after: "BN_bin2bn")
        }
        unsafe numbers.append(number)
        try check(unsafe OSSL_PARAM_BLD_push_BN(builder, lendName(name), number), "OSSL_PARAM_BLD_push_BN")
        return self
    }

    /// The imported key; throws when libcrypto refuses it.
    ///
    /// `selection` says what of a key there is: its parameters and the public key (EVP_PKEY_PUBLIC_KEY), or less; never
    /// a private one.
    func finish(
        _ selection: Int32 = OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
    ) throws(OpenSSLError) -> KeyHandle {
        // The parameters refer to the names that this object keeps.
        defer { withExtendedLifetime(self) {} }
        guard let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else {
            throw .drained(after: "OSSL_PARAM_BLD_to_param")
        }
        defer { unsafe OSSL_PARAM_free(parameters) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw .drained(after: "EVP_PKEY_CTX_new_from_name")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        try check(unsafe EVP_PKEY_fromdata_init(context), "EVP_PKEY_fromdata_init")
        var key: OpaquePointer?
        try check(unsafe EVP_PKEY_fromdata(context, &key, selection, parameters), "EVP_PKEY_fromdata")
        guard let key = unsafe key else { throw OpenSSLError("EVP_PKEY_fromdata", reason: "no key") }
        return unsafe KeyHandle(owning: key)
    }
}
