/// Everything that is wrong with the configuration of one issuer.
package struct OIDCIssuerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence for each mistake, in the order of the checks; never empty (CA specification 2.6 fixes some texts).
    package let messages: [String]

    /// All mistakes in one line.
    package var description: String { messages.joined(separator: "; ") }
}
