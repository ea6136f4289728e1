internal import COpenSSL

/// The memory of this process, where keys are.
package enum KeyMemory {
    /// Keeps other processes of the same user from reading it, and the kernel from writing it to core files.
    ///
    /// To be called before a key is read. Answers whether the kernel agreed (prctl(2), PR_SET_DUMPABLE).
    @discardableResult
    package static func forbidReading() -> Bool {
        copenssl_forbid_dumping() == 0
    }
}
