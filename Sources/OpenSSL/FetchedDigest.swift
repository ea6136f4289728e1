internal import COpenSSL

/// An `EVP_MD` that is never freed: fetching one takes a lock and a look-up by name.
@safe
struct FetchedDigest: @unchecked Sendable {  // libcrypto only reads a fetched digest
    let pointer: OpaquePointer

    init(_ name: String) {
        guard let pointer = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("libcrypto offers no \(name)")
        }
        unsafe self.pointer = pointer
    }
}
