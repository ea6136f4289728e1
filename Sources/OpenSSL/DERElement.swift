/// One element of a DER encoding: where it and its content lie in the reader's bytes.
package struct DERElement: Hashable, Sendable {
    /// The identifier octet; only tag numbers below 31 are accepted.
    package let tag: UInt8

    /// The whole element with its header.
    package let encoded: Range<Int>

    /// The content octets alone.
    package let content: Range<Int>
}
