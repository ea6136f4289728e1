/// Percent-encoding of octets in URIs (RFC 3986 §2.1).
package enum PercentEncoding {
    /// The octets that a text stands for; nil when a `%` lacks its two hexadecimal digits of either case.
    ///
    /// Every other octet stands for itself, `+` included; the result need not be UTF-8. With `keepingSlashes`, an
    /// escaped slash comes out as `%2F`, so that it never separates the segments of a path; `%252F` then comes out the
    /// same, so a path decoded so is for comparing and not for decoding again.
    package static func decode(_ text: some Sequence<UInt8>, keepingSlashes: Bool = false) -> [UInt8]? {
        var octets: [UInt8] = []
        octets.reserveCapacity(text.underestimatedCount)
        var rest = text.makeIterator()
        while let octet = rest.next() {
            guard octet == UInt8(ascii: "%") else {
                octets.append(octet)
                continue
            }
            guard let high = rest.next()?.hexadecimalDigitValue, let low = rest.next()?.hexadecimalDigitValue else {
                return nil
            }
            let value = high << 4 | low
            if keepingSlashes, value == UInt8(ascii: "/") {
                octets += escapedSlash
            } else {
                octets.append(value)
            }
        }
        return octets
    }

    /// Octets in which all but printable ASCII, and `%` itself, are escaped, as gRPC writes messages into headers.
    package static func encode(_ octets: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for octet in octets {
            if (0x20...0x7E).contains(octet), octet != UInt8(ascii: "%") {
                text.append(octet)
            } else {
                text += Array("%\([octet].hexadecimal.uppercased())".utf8)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let escapedSlash = Array("%2F".utf8)
}
