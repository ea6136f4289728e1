/// Why bytes are not the DER that was expected (X.690).
package struct DERError: Error, Hashable, Sendable {
    /// What was wrong, in words; never the bytes.
    package let reason: String

    /// An error with its reason in words.
    package init(_ reason: String) {
        self.reason = reason
    }
}
