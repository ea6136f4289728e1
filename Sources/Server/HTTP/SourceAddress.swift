internal import Identity

/// Whose request or connection something is, as far as limits care.
///
/// An IPv6 client has a whole network of 64 bits to itself, so that is what counts.
struct SourceAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    /// The source of an address without a port; nil when there is none that can be read.
    init?(_ text: String?) {
        guard let address = text.flatMap({ IPAddress(text: $0)?.unmapped }) else { return nil }
        bytes = address.isIPv6 ? Array(address.bytes.prefix(8)) : address.bytes
    }
}
