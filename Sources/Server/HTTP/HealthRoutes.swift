internal import CertificateTransparency
internal import HTTPTypes
internal import Issuance
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// What a supervisor asks (reliability R-42): whether the process answers, and whether it can issue.
///
/// Neither depends on an identity provider: restarting us would not bring one back.
struct HealthRoutes: Sendable {
    /// How old the log's newest head may be: twice the time after which an idle log signs another.
    private static let maximumHeadAgeInMilliseconds: UInt64 = 60_000

    let issuing: @Sendable () -> IssuingCertificate
    let log: LocalLog
    let now: @Sendable () -> Timestamp

    /// The endpoints by their path.
    var endpoints: [String: Endpoint] {
        [
            "/livez": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Self.answer([]) },
            "/readyz": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Self.answer(obstacles) },
        ]
    }

    /// Why nothing can be issued now, one sentence each.
    ///
    /// A fresh head says that the log key signs and that the store takes commits: an idle log proves both regularly.
    private var obstacles: [String] {
        let time = now()
        var obstacles: [String] = []
        if let obstacle = log.condition.obstacle { obstacles.append(obstacle) }
        let head = log.reader.checkpoint.signedTreeHead.head.timestamp
        if head.adding(milliseconds: Self.maximumHeadAgeInMilliseconds) < time {
            obstacles.append("the log has signed no head for more than 60 seconds")
        }
        if time.adding(milliseconds: 1000) < head { obstacles.append("the clock is behind the log's newest head") }
        if !issuing().isValid(from: time, to: time.adding(milliseconds: CertificateProfile.lifetimeInMilliseconds)) {
            obstacles.append("a certificate of the chain is not valid for the life of a new one")
        }
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
