internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// The body of one request, read at most once and within bounds.
final class BodyReader: Sendable {
    private static let largeByteCount = 64 * 1024

    private let body: RequestBody
    private let contentLength: String?
    private let hasBody: Bool
    private let bodies: ConcurrencyLimit
    private let largeBodies: ConcurrencyLimit
    private let isRead = Mutex(false)

    /// The body of a request; `bodies` bounds how many are read at once, and `largeBodies` the large ones of them.
    init(_ request: Request, bodies: ConcurrencyLimit, largeBodies: ConcurrencyLimit) {
        body = request.body
        contentLength = request.headers[.contentLength]
        hasBody = request.headers[.transferEncoding] != nil || !["0", nil].contains(contentLength)
        self.bodies = bodies
        self.largeBodies = largeBodies
    }

    /// Whether the client has sent, or announced, something that was not read.
    ///
    /// Where the next request begins is not known then, or only after reading what may never end.
    var leavesRest: Bool { hasBody && !isRead.withLock { $0 } }

    /// Reads the whole body and decodes it while the right to hold a large one lasts.
    ///
    /// Throws `APIStatus` when the body is malformed, too long, or too many, or too many long ones, are in memory
    /// already, and what `decode` throws. A body that is too long by its own account is not read at all.
    func decoded<Value>(
        maximumByteCount: Int, _ decode: ([UInt8]) throws(APIStatus) -> Value
    ) async throws(APIStatus) -> Value {
        if let contentLength, UInt64(contentLength).map({ $0 > UInt64(maximumByteCount) }) ?? true {
            throw .bodyTooLarge
        }
        return try await decoded { bytes throws(APIStatus) in
            guard bytes.count <= maximumByteCount else { throw .bodyTooLarge }
        } decode: { bytes throws(APIStatus) in
            try decode(bytes)
        }
    }

    /// Reads the whole body, as above, but for what `check` makes of the octets so far: it bounds them by throwing.
    ///
    /// A body of at most `freeByteCount` octets is read whatever else is being read.
    func decoded<Value>(
        freeByteCount: Int = 0,
        checking check: ([UInt8]) throws(APIStatus) -> Void, decode: ([UInt8]) throws(APIStatus) -> Value
    ) async throws(APIStatus) -> Value {
        var permits: [ConcurrencyLimit.Permit] = []
        defer { for permit in permits { permit.leave() } }
        let bytes = try await collect(check, freeByteCount, &permits)
        isRead.withLock { $0 = true }
        return try decode(bytes)
    }

    private func collect(
        _ check: ([UInt8]) throws(APIStatus) -> Void, _ freeByteCount: Int,
        _ permits: inout [ConcurrencyLimit.Permit]
    ) async throws(APIStatus) -> [UInt8] {
        var bytes: [UInt8] = []
        var limits = [(freeByteCount, bodies), (Self.largeByteCount, largeBodies)][...]
        var parts = body.makeAsyncIterator()
        while let part = try await Self.next(&parts) {
            while let (byteCount, limit) = limits.first, bytes.count + part.readableBytes > byteCount {
                guard let permit = limit.enter() else { throw .overloaded }
                permits.append(permit)
                limits.removeFirst()
            }
            bytes.append(contentsOf: part.readableBytesView)
            try check(bytes)
        }
        // Whoever is cancelled sees an end that is none: where the next request begins is not known then.
        guard !Task.isCancelled else { throw .bodyNotReadable }
        return bytes
    }

    private static func next(_ parts: inout RequestBody.AsyncIterator) async throws(APIStatus) -> ByteBuffer? {
        do {
            return try await parts.next()
        } catch {
            // The framing was broken, or the client left in the middle: its doing, not ours.
            throw .bodyNotReadable
        }
    }
}
