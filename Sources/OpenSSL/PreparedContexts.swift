internal import COpenSSL
internal import Synchronization

/// Contexts that were prepared for one key and one operation, each lent to one caller at a time.
///
/// Preparing one costs allocations and look-ups under libcrypto's locks.
@safe
final class PreparedContexts: Sendable {
    /// What a context is prepared for.
    enum Operation: Sendable {
        case sign
        case verify
    }

    /// Contexts that are kept; more than the threads of the cooperative pool never sign at a time.
    private static let limit = 64

    @safe
    private struct Kept: @unchecked Sendable {  // whoever took it from the list has it alone
        let scheme: SignatureScheme
        let pointer: OpaquePointer
    }

    private let operation: Operation
    private let idle = Mutex<[Kept]>([])

    /// Contexts for one operation; the key is given whenever one is needed and must always be the same.
    init(for operation: Operation) {
        self.operation = operation
    }

    deinit {
        for kept in idle.withLock({ $0 }) { unsafe EVP_PKEY_CTX_free(kept.pointer) }
    }

    /// Lends a context for a key and a scheme with a digest; one in whose use `body` throws is not used again.
    func withContext<R>(
        _ key: OpaquePointer, _ scheme: SignatureScheme, _ body: (OpaquePointer) throws(OpenSSLError) -> R
    ) throws(OpenSSLError) -> R {
        let found = idle.withLock { idle in
            idle.lastIndex { $0.scheme == scheme }.map { idle.remove(at: $0) }
        }
        let context: OpaquePointer
        if let found {
            unsafe context = found.pointer
        } else {
            unsafe context = try Self.prepared(key, scheme, operation)
        }
        do throws(OpenSSLError) {
            let result = try unsafe body(context)
            unsafe giveBack(Kept(scheme: scheme, pointer: context))
            return result
        } catch {
            unsafe EVP_PKEY_CTX_free(context)
            throw error
        }
    }

    private func giveBack(_ kept: Kept) {
        let isKept = idle.withLock { idle in
            guard idle.count < Self.limit else { return false }
            idle.append(kept)
            return true
        }
        if !isKept { unsafe EVP_PKEY_CTX_free(kept.pointer) }
    }

    /// A context for a key that was initialised for one operation and knows the scheme's hash and padding.
    static func prepared(
        _ key: OpaquePointer, _ scheme: SignatureScheme, _ operation: Operation
    ) throws(OpenSSLError) -> OpaquePointer {
        guard let digest = scheme.hash?.fetched else {
            throw OpenSSLError("EVP_PKEY_CTX_new_from_pkey", reason: "a scheme without a digest")
        }
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else {
            throw .drained(after: "EVP_PKEY_CTX_new_from_pkey")
        }
        do throws(OpenSSLError) {
            switch operation {
            case .sign: try check(unsafe EVP_PKEY_sign_init(context), "EVP_PKEY_sign_init")
            case .verify: try check(unsafe EVP_PKEY_verify_init(context), "EVP_PKEY_verify_init")
            }
            if case .rsaPKCS1 = scheme {
                try check(
                    unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), "EVP_PKEY_CTX_set_rsa_padding")
            }
            try check(
                unsafe EVP_PKEY_CTX_set_signature_md(context, digest.pointer), "EVP_PKEY_CTX_set_signature_md")
            try unsafe scheme.configure(context)
        } catch {
            unsafe EVP_PKEY_CTX_free(context)
            throw error
        }
        return unsafe context
    }
}
