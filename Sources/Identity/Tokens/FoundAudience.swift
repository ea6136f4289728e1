/// The audience of a refused token, for its sender alone.
///
/// It describes itself without its text, so that no log line that says why a token was refused has a value of the token
/// (reliability R-48).
package struct FoundAudience: Hashable, Sendable, CustomStringConvertible {
    /// The longest text in octets.
    static let maximumByteCount = 256

    /// The values joined with a blank, without control characters and marks that reorder what is displayed, cut between
    /// two characters after at most 256 octets; empty when there are none.
    package let text: String

    /// The values of an `aud` claim.
    package init(_ audience: [String]) {
        var scalars = String.UnicodeScalarView()
        var byteCount = 0
        for scalar in audience.joined(separator: " ").unicodeScalars where CertificateText.isClean(scalar) {
            byteCount += UTF8.width(scalar)
            guard byteCount <= Self.maximumByteCount else { break }
            scalars.append(scalar)
        }
        text = String(scalars)
    }

    package var description: String { "(not logged)" }
}
