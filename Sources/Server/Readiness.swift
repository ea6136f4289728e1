internal import CertificateIndex
internal import CertificateTransparency
internal import Issuance
internal import OpenSSL
internal import TransparencyLog

/// Whether certificates can be issued, and what stands in the way (reliability R-42).
///
/// Nothing here depends on an identity provider: restarting us would not bring one back. Every sentence is public.
struct Readiness: Sendable {
    /// One thing to look at: a sentence that says what is wrong, or nil.
    typealias Check = @Sendable () -> String?

    /// What stops every request at once, before and after its certificate is made.
    let stops: [Check]

    /// What keeps requests from succeeding by itself.
    let obstacles: [Check]

    /// What somebody should look at although certificates can be issued.
    let warnings: [Check]

    /// What keeps our own log from taking entries, and so requests from succeeding; nil when there is no such log.
    var log: [Check]?

    /// What is wrong with shards of our log that certificates do not go to: for whoever asks how the log is.
    var otherLogs: Check = { nil }

    /// Everything that stands in the way now, one sentence each.
    var reasons: [String] { (stops + (log ?? []) + obstacles).compactMap { $0() } }

    /// Throws when nothing may be issued although requests are good.
    func requireIssuing() throws(IssuanceFailure) {
        for stop in stops {
            if let reason = stop() { throw .backend(cause: reason) }
        }
    }
}

extension Readiness {
    /// What can keep our log from taking entries.
    ///
    /// A fresh head says that the log key signs and that the store takes commits: an idle log proves both regularly.
    static func checks(of log: LocalLog, now: @escaping @Sendable () -> Timestamp) -> [Check] {
        // Twice the time after which an idle log signs another (transparency-log 2.8.6).
        let maximumHeadAge = UInt64(max(5000, log.heartbeat / .milliseconds(1) * 2))
        return [
            {
                if let obstacle = log.condition.obstacle { return obstacle }
                guard log.isOpen else { return "the log is about to be closed" }
                return log.isStopped ? "the log has stopped" : nil
            },
            {
                let head = log.reader.checkpoint.signedTreeHead.head.timestamp
                return head.adding(milliseconds: maximumHeadAge) < now()
                    ? "the log has signed no head for more than \(maximumHeadAge / 1000) seconds" : nil
            },
            {
                let head = log.reader.checkpoint.signedTreeHead.head.timestamp
                return now().adding(milliseconds: ClockGuard.tolerance) < head
                    ? "the clock is behind the log's newest head" : nil
            },
            { log.reader.space?.hasRoom == false ? "the log's volume is nearly full" : nil },
        ]
    }

    /// What keeps the shard from taking entries that certificates made now go to.
    ///
    /// `obstacle` says what keeps a shard from signing although nothing is wrong with the log itself.
    static func checks(
        of logs: ShardedLog, obstacle: @escaping @Sendable (LocalLog) -> String?,
        now: @escaping @Sendable () -> Timestamp
    ) -> [Check] {
        [
            {
                guard let log = shard(of: logs, now: now()) else {
                    return "no shard of the log takes certificates that are made now"
                }
                return finding(log, obstacle, now)
            }
        ]
    }

    /// What is wrong with the open shards besides that one, the first thing with the name of its shard.
    static func otherLogsCheck(
        _ logs: ShardedLog, _ served: @escaping @Sendable () -> [LocalLog],
        obstacle: @escaping @Sendable (LocalLog) -> String?, now: @escaping @Sendable () -> Timestamp
    ) -> Check {
        {
            let current = shard(of: logs, now: now())
            return served().lazy.filter { $0 !== current && $0.isOpen }.compactMap { log in
                finding(log, obstacle, now).map { "shard \(log.parameters.shard): \($0)" }
            }.first
        }
    }

    private static func finding(
        _ log: LocalLog, _ obstacle: (LocalLog) -> String?, _ now: @escaping @Sendable () -> Timestamp
    ) -> String? {
        checks(of: log, now: now).lazy.compactMap { $0() }.first ?? obstacle(log)
    }

    /// The shard that certificates made now go to; without an open one, the newest that would be it.
    private static func shard(of logs: ShardedLog, now: Timestamp) -> LocalLog? {
        let end = now.adding(milliseconds: CertificateProfile.lifetimeInMilliseconds)
        return logs.shard(forNotAfter: end) ?? logs.shards.last { $0.parameters.window.contains(end) }
    }

    /// That the last window ends within 30 days, after which nothing can be issued.
    static func windowWarning(_ logs: ShardedLog, now: @escaping @Sendable () -> Timestamp) -> Check {
        {
            guard let end = logs.windowEnd, end < now().adding(milliseconds: 30 * 86_400_000) else { return nil }
            return "the log takes no certificates that expire from \(end.rfc3339) on: make the next shard "
                + "(mintmark log rotate)"
        }
    }

    /// A new shard that could not be used; never a path, because anybody may ask.
    static func shardWarning(_ reload: LogReload?) -> Check {
        {
            reload?.mistakes.isEmpty == false
                ? "the shards of the log have changed and cannot be used as they are now; those from before stay in "
                    + "use, and the server's log names the mistakes" : nil
        }
    }

    /// Whether the chain outlives a certificate made now.
    static func chainCheck(
        _ issuing: @escaping @Sendable () -> IssuingCertificate, now: @escaping @Sendable () -> Timestamp
    ) -> Check {
        {
            let time = now()
            let end = time.adding(milliseconds: CertificateProfile.lifetimeInMilliseconds)
            return issuing().isValid(from: time, to: end)
                ? nil : "a certificate of the chain is not valid for the life of a new one"
        }
    }

    /// What stops issuing at once: a clock that jumped, a key that failed its test, an audit stream that is not
    /// written.
    static func stops(clock: ClockAlarm, selfTest: SelfTest, audit: AuditStream?) -> [Check] {
        [
            { clock.isRaised ? "the clock jumped forward; check it, then restart" : nil },
            { selfTest.isPassed ? nil : "a signing key failed its self-test" },
            { audit?.isFailing == true && audit?.isRequired == true ? auditSentence : nil },
        ]
    }

    /// An audit stream that is not written although issuing goes on.
    static func auditWarning(_ audit: AuditStream?) -> Check {
        { audit?.isFailing == true && audit?.isRequired == false ? auditSentence : nil }
    }

    /// A changed identity configuration that could not be used; never a path, because anybody may ask.
    static func configurationWarning(_ state: @escaping @Sendable () -> ConfigurationState) -> Check {
        {
            let state = state()
            return state.mistakes.isEmpty
                ? nil
                : "the identity configuration has changed and cannot be used; version \(state.version) stays in use, "
                    + "and the server's log names the mistakes"
        }
    }

    /// A log of others that has failed for a while.
    static func warning(of log: RemoteLog) -> Check {
        { OpenedLogs.warning(failingFor: log.failingFor) }
    }

    /// An index for auditors that is missing or does not grow; never a path.
    static func warning(of index: IndexFollower) -> Check {
        { index.status.failure }
    }

    private static let auditSentence = "the audit stream cannot be written"
}
