package import OpenSSL

/// What is fixed when a log is created and never changes (transparency-log 0.4).
///
/// One log has one origin and one key, and neither is ever used by another (2.1.9).
package struct LogDescription: Hashable, Sendable {
    /// The log's name.
    package let origin: Origin

    /// The key that signs its heads.
    package let key: SubjectPublicKeyInfo

    /// What the kind of log fixes besides, such as a certificate log's window; names must not begin with `log.`.
    package let attributes: [String: String]

    /// A description of a log that is to be created, or that is expected to exist.
    package init(origin: Origin, key: SubjectPublicKeyInfo, attributes: [String: String]) {
        self.origin = origin
        self.key = key
        self.attributes = attributes
    }

    /// The log ID: H(SubjectPublicKeyInfo) (RFC 6962 §3.2).
    package var logID: SHA256Digest { key.sha256 }
}
