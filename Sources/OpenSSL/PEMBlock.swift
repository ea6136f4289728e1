/// One encapsulated block of a PEM text (RFC 7468).
package struct PEMBlock: Hashable, Sendable {
    /// The label of its boundaries, such as `PUBLIC KEY`.
    package let label: String

    /// The decoded octets.
    package let bytes: [UInt8]
}
