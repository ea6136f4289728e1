/// Why a certificate does not lead to an anchor.
package struct CertificatePathError: Error, Hashable, Sendable, CustomStringConvertible {
    /// libcrypto's words for it.
    package let reason: String

    /// How far from the certificate the fault lies: 0 is the certificate itself.
    package let depth: Int

    /// Whether the certificates do not lead to the anchor at all, whatever else is wrong with them.
    package let isUnknownAuthority: Bool

    package var description: String { "\(reason) (at depth \(depth))" }
}
