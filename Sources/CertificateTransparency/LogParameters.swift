package import OpenSSL
package import TransparencyLog

/// What is fixed when a certificate log is created (transparency-log 0.4).
package struct LogParameters: Hashable, Sendable {
    /// The log's name: its submission prefix without scheme and trailing slash.
    package let origin: Origin

    /// What the operator calls the shard, such as `2026a`.
    package let shard: String

    /// The key that signs tree heads and timestamps.
    package let key: SubjectPublicKeyInfo

    /// The last validity second of a logged certificate lies in this window, its end excluded.
    package let window: Range<Timestamp>

    /// Parameters for a log that is to be created, or that is expected to exist.
    package init(origin: Origin, shard: String, key: SubjectPublicKeyInfo, window: Range<Timestamp>) {
        self.origin = origin
        self.shard = shard
        self.key = key
        self.window = window
    }

    /// The log ID: H(SubjectPublicKeyInfo).
    package var logID: SHA256Digest { key.sha256 }

    /// The parameters as the store keeps them; timestamps in milliseconds since 1970.
    package var description: LogDescription {
        LogDescription(
            origin: origin, key: key,
            attributes: [
                "ct.shard": shard, "ct.not-after-start": String(window.lowerBound.milliseconds),
                "ct.not-after-end": String(window.upperBound.milliseconds), "ct.leaf-index-extension": "on",
            ])
    }
}
