internal import CertificateTransparency
internal import HTTPTypes
internal import Issuance
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// What a supervisor asks (reliability R-42): whether the process answers, whether it can issue, and how the log is.
///
/// Neither depends on an identity provider: restarting us would not bring one back.
struct HealthRoutes: Sendable {
    let issuing: @Sendable () -> IssuingCertificate
    let log: LocalLog
    let now: @Sendable () -> Timestamp

    /// The endpoints by their path.
    var endpoints: [String: Endpoint] {
        [
            "/livez": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Self.answer([]) },
            "/readyz": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Self.answer(obstacles) },
            "/health": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Self.answer(logObstacles(at: now())) },
        ]
    }

    /// Why nothing can be issued now, one sentence each.
    private var obstacles: [String] {
        let time = now()
        var obstacles = logObstacles(at: time)
        if !issuing().isValid(from: time, to: time.adding(milliseconds: CertificateProfile.lifetimeInMilliseconds)) {
            obstacles.append("a certificate of the chain is not valid for the life of a new one")
        }
        return obstacles
    }

    /// How old the log's newest head may be: twice the time after which an idle log signs another (2.8.6).
    private var maximumHeadAgeInMilliseconds: UInt64 {
        UInt64(max(5000, log.heartbeat / .milliseconds(1) * 2))
    }

    /// Why the log takes nothing now, one sentence each.
    ///
    /// A fresh head says that the log key signs and that the store takes commits: an idle log proves both regularly.
    private func logObstacles(at time: Timestamp) -> [String] {
        var obstacles = log.obstacle.map { [$0] } ?? []
        let head = log.reader.checkpoint.signedTreeHead.head.timestamp
        if head.adding(milliseconds: maximumHeadAgeInMilliseconds) < time {
            obstacles.append("the log has signed no head for more than \(maximumHeadAgeInMilliseconds / 1000) seconds")
        }
        if time.adding(milliseconds: 1000) < head { obstacles.append("the clock is behind the log's newest head") }
        return obstacles
    }

    private static func answer(_ obstacles: [String]) -> Answer {
        let isGood = obstacles.isEmpty
        let body: JSONValue = [
            "status": isGood ? "ok" : "unavailable", "reasons": .array(obstacles.map { .string($0) }),
        ]
        return Answer(isGood ? .ok : .serviceUnavailable, json: JSONText(body), cacheControl: "no-store")
    }
}
