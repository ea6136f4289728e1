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
            { log.condition.obstacle ?? (log.isStopped ? "the log has stopped" : nil) },
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
