internal import Issuance
internal import Logging
internal import OpenSSL

/// Reads the chain and key that issue again, and exchanges both at once (CA specification 7, R-04, R-36).
///
/// A request that has begun ends with the pair that it began with.
struct IssuingCertificateReload: ReloadableFiles {
    let name = "issuing certificate"

    private let files: IssuingFiles
    private let isWatched: Bool
    private let authority: CertificateAuthority
    private let roots: @Sendable () -> [Certificate]?
    private let logger: Logger
    private let now: @Sendable () -> Timestamp

    /// A reload of these files.
    ///
    /// `roots` gives the accepted roots of the log, one of which every new chain must end in; nil when the log is not
    /// ours. Without `isWatched` the files are only read when that is asked for.
    init(
        files: IssuingFiles, isWatched: Bool, authority: CertificateAuthority,
        roots: @escaping @Sendable () -> [Certificate]?,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        (self.files, self.isWatched, self.authority, self.roots) = (files, isWatched, authority, roots)
        (self.logger, self.now) = (logger, now)
    }

    var watchedPaths: [String] { isWatched ? [files.chain, files.key] : [] }

    /// The SHA-256 of the key that issues, also when the new pair could not be used.
    var auditMembers: [(name: String, value: String)] {
        [("caKey", authority.issuing.certificate.subjectPublicKeyInfo.sha256.hex)]
    }

    /// Reads and checks both files, and then issues with them from the next request on.
    ///
    /// Throws every mistake and leaves the old pair in use.
    func reload() throws {
        let loaded = try files.load(now: now())
        let issuing = loaded.issuing
        guard roots()?.contains(issuing.root) != false else {
            throw ConfigurationMistakes(["\(files.chain): \(OwnLog.unknownRoot(issuing.root))"])
        }
        authority.replaceIssuing(by: issuing)
        logger.notice(
            "issuing certificate loaded",
            metadata: [
                "subject": "\(DistinguishedName.description(of: issuing.certificate.subject))",
                "not-after": "\(issuing.certificate.notAfter.rfc3339)",
                "sha256": "\(issuing.certificate.fingerprint.hex)",
            ])
        for warning in loaded.warnings { logger.warning("configuration", metadata: ["detail": "\(warning)"]) }
    }
}
