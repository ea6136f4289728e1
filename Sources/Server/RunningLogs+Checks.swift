internal import CertificateIndex
internal import CertificateTransparency
internal import OpenSSL
internal import TransparencyLog

/// What witnesses, the self-audit and the index say about whether certificates can be issued (transparency-log 3.7.5,
/// 5.4), for all shards together, those included that come later.
extension RunningLogs {
    /// What keeps a shard from signing because its witnesses have not agreed yet; nil for one that is frozen or closed,
    /// which says so itself.
    func obstacle(of log: LocalLog) -> String? {
        log.condition.isFinal ? nil : all.first { $0.log === log }?.witnessing?.obstacle
    }

    /// What somebody should look at, the first finding of each kind.
    func warnings(now: @escaping @Sendable () -> Timestamp) -> [Readiness.Check] {
        [
            { self.all.lazy.compactMap { $0.witnessWarning(now: now()) }.first },
            { self.all.lazy.compactMap(\.selfAuditWarning).first },
            { self.all.lazy.compactMap { $0.index.flatMap { Readiness.warning(of: $0)() } }.first },
        ]
    }
}

extension RunningLog {
    /// How long a witness may fail before somebody should look, in milliseconds.
    private static let patience: UInt64 = 60_000

    fileprivate func witnessWarning(now time: Timestamp) -> String? {
        let failing = (witnessing?.statuses ?? []).filter { status in
            status.failingSince.map { $0.adding(milliseconds: Self.patience) < time } ?? false
        }
        guard !failing.isEmpty else { return nil }
        return "no cosignature for more than a minute from: " + failing.map(\.name).joined(separator: ", ")
    }

    fileprivate var selfAuditWarning: String? {
        guard let selfAudit, selfAudit.lastFinding != .good else { return nil }
        return "the log's public URL does not serve what the log has published"
    }
}
