internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// The body of one request, read at most once and within bounds.
final class BodyReader: Sendable {
    /// What of a body nobody has read when its request is answered.
    enum Rest {
        /// Nothing.
        case none
        /// So little, by the client's own account, that it is read and dropped before the next request.
        case short
        /// More than that, or who knows how much.
        case long
        /// What came cannot be read, or not in time: where the next request begins is not known.
        case lost
    }

    private enum Progress {
        case untouched
        case begun
        case refused
        case read
    }

    private static let largeByteCount = 64 * 1024

    private let body: RequestBody
    private let contentLength: String?
    private let hasBody: Bool
    private let isExpectant: Bool
    private let bodies: ConcurrencyLimit
    private let largeBodies: ConcurrencyLimit
    private let progress = Mutex(Progress.untouched)

    /// The body of a request; `bodies` bounds how many are read at once, and `largeBodies` the large ones of them.
    init(_ request: Request, bodies: ConcurrencyLimit, largeBodies: ConcurrencyLimit) {
        body = request.body
        contentLength = request.headers[.contentLength]
        hasBody = request.headers[.transferEncoding] != nil || !["0", nil].contains(contentLength)
        isExpectant = request.headers[.expect] != nil
        self.bodies = bodies
        self.largeBodies = largeBodies
    }

    /// What is left of the body.
    ///
    /// Whoever waits to be told before sending a body (RFC 9110 §10.1.1) may send it after a refusal or not.
    var rest: Rest {
        guard hasBody else { return .none }
        switch progress.withLock({ $0 }) {
        case .read: return .none
        case .begun: return .lost
        case .untouched, .refused:
            let isShort = contentLength.flatMap { UInt64($0) }.map { $0 <= Self.largeByteCount } ?? false
            return isShort && !isExpectant ? .short : .long
        }
    }

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
        progress.withLock { $0 = .begun }
        let bytes: [UInt8]
        do {
            bytes = try await collect(check, freeByteCount, &permits)
        } catch {
            if error != .bodyNotReadable { progress.withLock { $0 = .refused } }
            throw error
        }
        progress.withLock { $0 = .read }
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
