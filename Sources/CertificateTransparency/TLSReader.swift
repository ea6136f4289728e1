package import OpenSSL

/// Reads structures of the TLS presentation language strictly (RFC 5246 §4).
package struct TLSReader: Hashable, Sendable {
    /// What is left to read.
    private var rest: ArraySlice<UInt8>

    /// A reader of all the bytes.
    package init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// Whether nothing is left.
    package var isAtEnd: Bool { rest.isEmpty }

    /// How many bytes are left.
    package var remainingCount: Int { rest.count }

    /// Reads a number of so many bits, which must be a multiple of 8 up to 64.
    package mutating func number(bits: Int) throws(TLSDecodingError) -> UInt64 {
        try slice(bits / 8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads so many bytes.
    package mutating func fixed(_ count: Int) throws(TLSDecodingError) -> [UInt8] {
        Array(try slice(count))
    }

    private mutating func slice(_ count: Int) throws(TLSDecodingError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw .truncated }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Reads a digest.
    package mutating func digest() throws(TLSDecodingError) -> SHA256Digest {
        guard let digest = SHA256Digest(try slice(SHA256Digest.byteCount)) else { throw .truncated }
        return digest
    }

    /// Reads a vector with its length in front.
    package mutating func vector(length: TLSWriter.LengthWidth) throws(TLSDecodingError) -> [UInt8] {
        try fixed(Int(try number(bits: length.rawValue)))
    }

    /// Throws when anything is left.
    package func requireEnd() throws(TLSDecodingError) {
        guard rest.isEmpty else { throw .trailingBytes }
    }
}

/// Bytes are not the structure that was expected.
package enum TLSDecodingError: Error, Hashable, Sendable {
    case truncated
    case trailingBytes
    /// A field has a value that its structure does not allow.
    case malformed(String)
}
