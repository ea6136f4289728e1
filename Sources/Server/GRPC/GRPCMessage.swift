internal import NIOCore

/// The one message of a unary call with its prefix (gRPC over HTTP/2, "Length-Prefixed-Message").
///
/// `Length-Prefixed-Message → Compressed-Flag (1) Message-Length (4, big endian) Message`
enum GRPCMessage {
    /// The longest message, in octets (CA specification 1.6).
    static let maximumByteCount = 4 * 1024 * 1024

    private static let prefixByteCount = 5

    /// Throws for octets that are not the beginning of one message without compression.
    static func check(_ octets: [UInt8]) throws(APIStatus) {
        guard let flag = octets.first else { return }
        guard flag == 0 else {
            throw flag == 1
                ? APIStatus(.unimplemented, "grpc: compressed messages are not supported; send them as identity")
                : APIStatus(.internalError, "grpc: the compressed flag of the message is neither 0 nor 1")
        }
        guard let length = length(octets) else { return }
        guard length <= maximumByteCount else {
            throw APIStatus(
                .resourceExhausted, "grpc: received message larger than max (\(length) vs. \(maximumByteCount))")
        }
        guard octets.count <= prefixByteCount + length else {
            throw APIStatus(.unimplemented, "grpc: a unary call takes one message")
        }
    }

    /// The message within octets that passed `check`; throws when it is missing or cut off.
    static func content(_ octets: [UInt8]) throws(APIStatus) -> [UInt8] {
        guard !octets.isEmpty else { throw APIStatus(.unimplemented, "grpc: a unary call takes one message") }
        guard let length = length(octets), octets.count - prefixByteCount == length else {
            throw APIStatus(.internalError, "grpc: the message ended early")
        }
        return Array(octets.dropFirst(prefixByteCount))
    }

    /// A message behind its prefix; ours stay far below 4 GiB.
    static func framed(_ message: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(clamping: message.count))
        buffer.writeBytes(message)
        return buffer
    }

    private static func length(_ octets: [UInt8]) -> Int? {
        guard octets.count >= prefixByteCount else { return nil }
        return octets[1..<prefixByteCount].reduce(0) { $0 << 8 | Int($1) }
    }
}
