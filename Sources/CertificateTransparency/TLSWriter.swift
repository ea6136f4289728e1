internal import TransparencyLog

/// Writes structures of the TLS presentation language (RFC 5246 §4).
package struct TLSWriter: Hashable, Sendable {
    /// How many bits a vector's length has.
    package enum LengthWidth: Int, Hashable, Sendable {
        case bits16 = 16
        case bits24 = 24
    }

    /// What has been written.
    package private(set) var bytes: [UInt8]

    /// Begins with bytes that are written already.
    package init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Writes a number, most significant byte first.
    package mutating func append(_ number: some FixedWidthInteger & UnsignedInteger) {
        bytes += BigEndian.bytes(number)
    }

    /// Writes bytes of a length that the structure fixes.
    package mutating func append(fixed content: [UInt8]) {
        bytes += content
    }

    /// Writes a vector with its length in front; throws when the length does not fit.
    package mutating func append(_ content: [UInt8], length: LengthWidth) throws(TLSEncodingError) {
        guard content.count < 1 << length.rawValue else { throw .tooLong }
        bytes += BigEndian.bytes(UInt32(content.count)).suffix(length.rawValue / 8)
        bytes += content
    }
}

/// A value has no encoding in the TLS presentation language.
package enum TLSEncodingError: Error, Hashable, Sendable {
    /// A vector is longer than its length field can say.
    case tooLong
}
