internal import COpenSSL

/// The only owner of one `EVP_PKEY`; it leaves only as a borrow.
@safe
struct KeyHandle: ~Copyable, @unchecked Sendable {  // libcrypto only reads a key once it is made
    private let pointer: OpaquePointer

    /// Takes the ownership of what a libcrypto function returned.
    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    borrowing func withPointer<R, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
        try unsafe body(pointer)
    }
}

/// Gives a fresh digest context to `body` and frees it.
func withDigestContext<R>(
    _ body: (OpaquePointer) throws(OpenSSLError) -> R
) throws(OpenSSLError) -> R {
    guard let context = unsafe EVP_MD_CTX_new() else { throw .drained(after: "EVP_MD_CTX_new") }
    defer { unsafe EVP_MD_CTX_free(context) }
    return try unsafe body(context)
}
