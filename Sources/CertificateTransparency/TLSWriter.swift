package import OpenSSL
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

    /// Begins with room for so many bytes; more may be written.
    package init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Writes a number, most significant byte first.
    package mutating func append(_ number: some FixedWidthInteger & UnsignedInteger) {
        BigEndian.append(UInt64(number), byteCount: number.bitWidth / 8, to: &bytes)
    }

    /// Writes the octets of a digest.
    package mutating func append(_ digest: SHA256Digest) {
        digest.append(to: &bytes)
    }

    /// Writes bytes of a length that the structure fixes.
    package mutating func append(fixed content: [UInt8]) {
        bytes += content
    }

    /// Writes a vector with its length in front; throws when the length does not fit.
    package mutating func append(_ content: [UInt8], length: LengthWidth) throws(TLSEncodingError) {
        guard content.count < 1 << length.rawValue else { throw .tooLong }
        BigEndian.append(UInt64(content.count), byteCount: length.rawValue / 8, to: &bytes)
        bytes += content
    }
}

/// A value has no encoding in the TLS presentation language.
package enum TLSEncodingError: Error, Hashable, Sendable {
    /// A vector is longer than its length field can say.
    case tooLong
}
