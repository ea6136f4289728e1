internal import COpenSSL

/// A secret that opens key files; its memory is overwritten when it is no longer used.
@safe
package final class Passphrase: @unchecked Sendable {  // written in init and deinit only
    private let storage: UnsafeMutableRawBufferPointer

    /// Takes the octets of a passphrase; throws when there are none or more than 1,024.
    package init(_ bytes: [UInt8]) throws(PrivateKeyError) {
        guard (1...1024).contains(bytes.count) else { throw .unusablePassphrase }
        unsafe storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        unsafe storage.copyBytes(from: bytes)
    }

    /// Takes the octets of a passphrase and overwrites the caller's copy with zeros, also when this throws.
    ///
    /// Only the storage of `bytes` itself is overwritten: hand in the one reference to it, because an array that is
    /// shared is copied first and the other copy stays. Throws when there are no octets or more than 1,024.
    package convenience init(cleansing bytes: inout [UInt8]) throws(PrivateKeyError) {
        defer { bytes.cleanse() }
        try self.init(bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }

    func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(UnsafeRawBufferPointer(storage))
    }
}
