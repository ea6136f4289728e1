internal import COpenSSL

/// The only owner of one memory `BIO`, libcrypto's way to read PEM.
@safe
struct MemoryBuffer: ~Copyable {
    private let pointer: OpaquePointer

    /// A buffer that holds `bytes`.
    init(_ bytes: [UInt8]) throws(OpenSSLError) {
        guard let count = Int32(exactly: bytes.count) else { throw OpenSSLError("BIO_write", reason: "too long") }
        guard let pointer = unsafe BIO_new(BIO_s_mem()) else { throw .drained(after: "BIO_new") }
        guard unsafe BIO_write(pointer, bytes, count) == count else {
            unsafe BIO_free(pointer)
            throw .drained(after: "BIO_write")
        }
        unsafe self.pointer = pointer
    }

    deinit { unsafe BIO_free(pointer) }

    borrowing func withPointer<R, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
        try unsafe body(pointer)
    }
}
