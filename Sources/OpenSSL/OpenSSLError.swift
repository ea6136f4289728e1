internal import COpenSSL

/// A call of libcrypto that failed, with everything its error queue held.
package struct OpenSSLError: Error, CustomStringConvertible, Sendable {
    /// The function that failed.
    package let operation: String

    /// The queue's entries, oldest first, as libcrypto words them; never key material.
    package let reasons: [String]

    /// An error of our own making for an answer of libcrypto that cannot be used.
    init(_ operation: String, reason: String) {
        self.operation = operation
        reasons = [reason]
    }

    private init(operation: String, reasons: [String]) {
        self.operation = operation
        self.reasons = reasons
    }

    /// Empties this thread's error queue into an error.
    ///
    /// The queue belongs to the thread: call it on the failing line, with no suspension in between.
    static func drained(after operation: String) -> OpenSSLError {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            var text = [CChar](repeating: 0, count: 256)
            unsafe ERR_error_string_n(code, &text, text.count)
            reasons.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        return OpenSSLError(operation: operation, reasons: reasons)
    }

    package var description: String {
        reasons.isEmpty ? "\(operation) failed" : "\(operation) failed: \(reasons.joined(separator: "; "))"
    }
}

/// Throws the drained queue unless a call of libcrypto answered 1, its only sign of success.
func check(_ result: Int32, _ operation: String) throws(OpenSSLError) {
    guard result == 1 else { throw .drained(after: operation) }
}
