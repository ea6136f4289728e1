internal import CertificateTransparency
internal import HTTPTypes
internal import Issuance
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// What a supervisor asks (reliability R-42): whether the process answers, and whether it can issue.
///
/// Neither depends on an identity provider or on a log of others: restarting us would not bring one back.
struct HealthRoutes: Sendable {
    /// How old the log's newest head may be: twice the time after which an idle log signs another.
    private static let maximumHeadAgeInMilliseconds: UInt64 = 60_000

    let issuing: @Sendable () -> IssuingCertificate

    /// Our own log; nil when certificates are logged elsewhere or nowhere.
    let log: LocalLog?

    /// What an operator should see to although restarting us would not help, one sentence each.
    let warnings: @Sendable () -> [String]

    let now: @Sendable () -> Timestamp

    /// The endpoints by their path.
    var endpoints: [String: Endpoint] {
        [
            "/livez": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Self.answer([], []) },
            "/readyz": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Self.answer(obstacles, warnings()) },
        ]
    }

    /// Why nothing can be issued now, one sentence each.
    ///
    /// A fresh head says that the log key signs and that the store takes commits: an idle log proves both regularly.
    private var obstacles: [String] {
        let time = now()
        var obstacles = log.map { Self.obstacles($0, time) } ?? []
        if !issuing().isValid(from: time, to: time.adding(milliseconds: CertificateProfile.lifetimeInMilliseconds)) {
            obstacles.append("a certificate of the chain is not valid for the life of a new one")
        }
        return obstacles
    }

    private static func obstacles(_ log: LocalLog, _ time: Timestamp) -> [String] {
        var obstacles: [String] = []
        let head = log.reader.checkpoint.signedTreeHead.head.timestamp
        if head.adding(milliseconds: maximumHeadAgeInMilliseconds) < time {
            obstacles.append("the log has signed no head for more than 60 seconds")
        }
        if time.adding(milliseconds: 1000) < head { obstacles.append("the clock is behind the log's newest head") }
        return obstacles
    }

    private static func answer(_ obstacles: [String], _ warnings: [String]) -> Answer {
        let isGood = obstacles.isEmpty
        var body: [JSONMember] = [
            JSONMember(name: "status", value: .string(isGood ? "ok" : "unavailable")),
            JSONMember(name: "reasons", value: .array(obstacles.map { .string($0) })),
        ]
        if !warnings.isEmpty {
            body.append(JSONMember(name: "warnings", value: .array(warnings.map { .string($0) })))
        }
        return Answer(isGood ? .ok : .serviceUnavailable, json: JSONText(.object(body)), cacheControl: "no-store")
    }
}
