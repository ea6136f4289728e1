internal import COpenSSL

/// The linked libcrypto.
package enum OpenSSLLibrary {
    /// Its version as it states it, such as `OpenSSL 3.0.19 27 Jan 2026`.
    package static var version: String {
        guard let text = unsafe OpenSSL_version(OPENSSL_VERSION) else { return "unknown" }
        return unsafe String(cString: text)
    }

    /// Initialises libcrypto without reading any configuration file; call it first.
    ///
    /// A configuration file named by the environment could load foreign code into the process that holds the keys.
    package static func initialize() throws(OpenSSLError) {
        try check(OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil), "OPENSSL_init_crypto")
    }
}
