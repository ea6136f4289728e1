internal import CertificateTransparency
package import OpenSSL

/// What is fixed for one shard of the log, with what it shares with the others.
package struct ShardSettings: Hashable, Sendable {
    /// An operator's order to close a shard while the server runs.
    package struct Closing: Hashable, Sendable {
        /// Who gave it, as the operating system names them.
        package let actor: String
        /// Why.
        package let reason: String
    }

    /// The organization in the names of the CA certificates.
    package let organization: String

    /// Where clients reach the CA.
    package let publicURL: PublicURL

    /// The name of the shard.
    package let shard: String

    /// The first moment of the expiry times that the shard takes.
    package let windowStart: Timestamp

    /// The moment after the last expiry time that the shard takes.
    package let windowEnd: Timestamp

    /// Whether it is the shard that `init` made: its guard file has the name that the operator gave.
    package let isFirst: Bool

    /// The order to close the shard; nil when there is none.
    package let closing: Closing?

    /// Settings of a shard: of the first one of a new data directory unless said otherwise.
    package init(
        organization: String, publicURL: PublicURL, shard: String, windowStart: Timestamp, windowEnd: Timestamp,
        isFirst: Bool = true, closing: Closing? = nil
    ) {
        self.organization = organization
        self.publicURL = publicURL
        self.shard = shard
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.isFirst = isFirst
        self.closing = closing
    }

    /// The same shard in another place, or with another order.
    func with(isFirst: Bool, closing: Closing?) -> ShardSettings {
        ShardSettings(
            organization: organization, publicURL: publicURL, shard: shard, windowStart: windowStart,
            windowEnd: windowEnd, isFirst: isFirst, closing: closing)
    }

    /// The shard's guard file for what `--log-guard` says; nil for the one beside the store.
    ///
    /// One file has the newest head of one shard: the first shard's is as given, another's has its name at the end.
    package func guardFile(_ option: String?) -> String? {
        option.map { isFirst ? $0 : "\($0)-\(shard)" }
    }

    /// Whether name and window are the same; they never change.
    func isSameShard(as other: ShardSettings) -> Bool {
        shard == other.shard && publicURL == other.publicURL && windowStart == other.windowStart
            && windowEnd == other.windowEnd && isFirst == other.isFirst
    }

    /// What the log of the shard was, or is to be, created with.
    func logParameters(key: SubjectPublicKeyInfo) throws(ConfigurationMistakes) -> LogParameters {
        guard let origin = publicURL.origin(shard: shard) else {
            throw ConfigurationMistakes(["the shard \(shard) makes no log origin"])
        }
        return LogParameters(origin: origin, shard: shard, key: key, window: windowStart..<windowEnd)
    }
}
