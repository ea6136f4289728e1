internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// A number of things that may happen at once; entering never waits.
final class ConcurrencyLimit: Sendable {
    /// The right to be one of them; give it back exactly once.
    struct Permit: Sendable {
        fileprivate let limit: ConcurrencyLimit

        func leave() {
            limit.count.withLock { $0 -= 1 }
        }
    }

    private let maximum: Int
    private let count = Mutex(0)

    init(_ maximum: Int) {
        self.maximum = maximum
    }

    /// A permit, or nil when the limit is reached.
    func enter() -> Permit? {
        let isEntered = count.withLock { count in
            guard count < maximum else { return false }
            count += 1
            return true
        }
        return isEntered ? Permit(limit: self) : nil
    }
}

/// The bounds on what requests may take of the process's memory and time (reliability section 3).
struct RequestLimits: Sendable {
    /// Requests that are answered at once.
    let requests = ConcurrencyLimit(256)

    /// Bodies above 64 KiB that are held at once.
    private let largeBodies = ConcurrencyLimit(8)

    private static let largeByteCount = 64 * 1024

    /// Reads a whole body; throws `APIStatus` when it is malformed, too long, or too many long ones are held already.
    ///
    /// `declared` is the Content-Length, if there is one: a body that is too long by its own account is not read.
    func collect(
        _ body: RequestBody, declared: String?, maximumByteCount: Int
    ) async throws(APIStatus) -> [UInt8] {
        if let declared, UInt64(declared).map({ $0 > UInt64(maximumByteCount) }) ?? true { throw .bodyTooLarge }
        do {
            return try await collect(body, maximumByteCount: maximumByteCount)
        } catch let status as APIStatus {
            throw status
        } catch {
            // The framing was broken, or the client left in the middle: its doing, not ours.
            throw .bodyNotReadable
        }
    }

    private func collect(_ body: RequestBody, maximumByteCount: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        var permit: ConcurrencyLimit.Permit?
        defer { permit?.leave() }
        for try await part in body {
            guard part.readableBytes <= maximumByteCount - bytes.count else { throw APIStatus.bodyTooLarge }
            bytes.append(contentsOf: part.readableBytesView)
            guard bytes.count > Self.largeByteCount, permit == nil else { continue }
            guard let large = largeBodies.enter() else { throw APIStatus.overloaded }
            permit = large
        }
        return bytes
    }
}

/// Identifiers that tie the log lines of one request together.
enum RequestID {
    private static let counter = Atomic<UInt64>(0)

    /// An identifier that is unique within the process.
    static func next() -> String {
        String(counter.add(1, ordering: .relaxed).newValue, radix: 36)
    }
}
