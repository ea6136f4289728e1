internal import Identity
internal import Synchronization

/// How often each source address may do something: a bucket of tokens for each (transparency-log 4.4.1).
final class SourceRates: Sendable {
    private struct Bucket {
        var tokens: Double
        var time: ContinuousClock.Instant
    }

    private let perSecond: Double
    private let burst: Double
    private let maximumCount: Int
    private let buckets = Mutex<[[UInt8]: Bucket]>([:])

    /// Rates of so many a second, with bursts; beyond `maximumCount` addresses the idle ones are forgotten.
    init(perSecond: Double = 20, burst: Double = 100, maximumCount: Int = 10_000) {
        (self.perSecond, self.burst, self.maximumCount) = (perSecond, burst, maximumCount)
    }

    /// Takes a token; otherwise answers how many seconds to wait for the next, at least 1.
    ///
    /// Nil when there was one. An IPv6 client has a whole network of 64 bits to itself, so that is what counts.
    func take(for address: String?, at now: ContinuousClock.Instant = .now) -> Int? {
        let bytes = address.flatMap { IPAddress(text: $0)?.unmapped }.map {
            $0.isIPv6 ? Array($0.bytes.prefix(8)) : $0.bytes
        }
        return buckets.withLock { buckets in
            let key = bytes ?? []
            if buckets.count >= maximumCount, buckets[key] == nil {
                buckets = buckets.filter { refilled($0.value, at: now).tokens < burst }
                // Nothing is known of more addresses than this: they have to wait.
                if buckets.count >= maximumCount { return 1 }
            }
            var bucket = refilled(buckets[key] ?? Bucket(tokens: burst, time: now), at: now)
            defer { buckets[key] = bucket }
            guard bucket.tokens < 1 else {
                bucket.tokens -= 1
                return nil
            }
            return max(1, Int(((1 - bucket.tokens) / perSecond).rounded(.up)))
        }
    }

    private func refilled(_ bucket: Bucket, at now: ContinuousClock.Instant) -> Bucket {
        let elapsed = bucket.time.duration(to: now) / .seconds(1)
        return Bucket(tokens: min(burst, bucket.tokens + max(0, elapsed) * perSecond), time: now)
    }
}
