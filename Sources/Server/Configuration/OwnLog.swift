internal import CertificateTransparency
internal import OpenSSL
internal import Logging

/// What the log of this process is opened with.
struct OwnLog: Sendable {
    /// The data directory that the log is a part of.
    let directory: DataDirectory

    /// The log's name and window, and where clients reach it.
    let settings: DataDirectorySettings

    /// The key that signs tree heads and timestamps.
    let key: LocalSigningKey

    /// Opens the log; throws what its store refuses, and when it does not accept the root.
    func open(
        requiring root: Certificate, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) async throws -> LocalLog {
        try await LocalLog.open(
            at: directory.logStore(settings.shard),
            parameters: try settings.logParameters(key: key.publicKey.subjectPublicKeyInfo), key: key,
            requiring: [root], clock: clock, logger: logger)
    }
}
