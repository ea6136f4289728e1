internal import HTTPTypes
internal import StrictJSON

/// What a supervisor asks (reliability R-42): whether the process answers, whether it can issue, and how the log is.
///
/// Neither depends on an identity provider or on a log of others: restarting us would not bring one back.
struct HealthRoutes: Sendable {
    let readiness: Readiness

    /// The endpoints by their path; `/health` is there when there is a log of our own.
    var endpoints: [String: Endpoint] {
        [
            "/livez": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Self.answer([], []) },
            "/readyz": Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in
                Self.answer(readiness.reasons, (readiness.warnings + [readiness.otherLogs]).compactMap { $0() })
            },
            "/health": readiness.log.map { log in
                Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in
                    Self.answer((log + [readiness.otherLogs]).compactMap { $0() }, [])
                }
            },
        ]
        .compactMapValues(\.self)
    }

    private static func answer(_ reasons: [String], _ warnings: [String]) -> Answer {
        let isGood = reasons.isEmpty
        let body: JSONValue = [
            "status": isGood ? "ok" : "unavailable", "reasons": .array(reasons.map { .string($0) }),
            "warnings": .array(warnings.map { .string($0) }),
        ]
        return Answer(isGood ? .ok : .serviceUnavailable, json: JSONText(body), cacheControl: "no-store")
    }
}
