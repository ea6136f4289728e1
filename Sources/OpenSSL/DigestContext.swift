internal import COpenSSL
internal import Glibc

/// This thread's digest context, kept so that a hash costs no allocation.
enum DigestContext {
    /// The thread's slot, whose context is freed when the thread ends; nil when the process has no slot left.
    private static let slot: pthread_key_t? = {
        var key = pthread_key_t()
        guard unsafe pthread_key_create(&key, { unsafe EVP_MD_CTX_free(OpaquePointer($0)) }) == 0 else { return nil }
        return key
    }()

    /// Lends a context to `body`, which may hash something else meanwhile: the slot is empty as long as it is lent.
    ///
    /// Ends the process when memory is exhausted, as a wrong digest would be worse.
    static func withContext<R>(_ body: (OpaquePointer) -> R) -> R {
        guard let context = unsafe taken() ?? EVP_MD_CTX_new() else {
            preconditionFailure("EVP_MD_CTX_new: out of memory")
        }
        defer { unsafe giveBack(context) }
        return unsafe body(context)
    }

    private static func taken() -> OpaquePointer? {
        guard let slot, let kept = unsafe pthread_getspecific(slot) else { return nil }
        guard pthread_setspecific(slot, nil) == 0 else { return nil }
        return OpaquePointer(kept)
    }

    private static func giveBack(_ context: OpaquePointer) {
        guard let slot, unsafe pthread_getspecific(slot) == nil,
            unsafe pthread_setspecific(slot, UnsafeRawPointer(context)) == 0
        else { return unsafe EVP_MD_CTX_free(context) }
    }
}
