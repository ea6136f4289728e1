internal import CertificateIndex
internal import HTTPTypes
internal import Logging
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// The look-ups of auditors, on a listener of their own.
///
/// Reads only. A parameter that is not known is refused, because a mistyped filter must not answer with everything.
struct AuditRoutes: Sendable {
    /// The path of the list; single certificates are below it.
    static let path = "/api/v1/certificates"

    /// How many certificates a page has unless the client says otherwise, and at the most.
    private static let (usualCount, maximumCount) = (100, 1000)

    private let logs: @Sendable () -> [SearchableLog]
    private let token: BearerToken?
    private let limits: RequestLimits

    /// Look-ups in logs; only for those who have the token, if there is one.
    init(logs: @escaping @Sendable () -> [SearchableLog], token: BearerToken?, limits: RequestLimits) {
        (self.logs, self.token, self.limits) = (logs, token, limits)
    }

    /// The endpoints by their path.
    var endpoints: [String: Endpoint] {
        [Self.path: endpoint { try await list($0) }, "\(Self.path)/": endpoint { try await one($0) }]
    }

    private func endpoint(_ answer: @escaping @Sendable (EndpointRequest) async throws -> Answer) -> Endpoint {
        Endpoint(.get, wrongMethod: .methodNotAllowed, limit: limits.searches) { [token] authorization in
            token?.isCarried(by: authorization) == false ? Self.unauthorized : nil
        } answer: { request in
            do {
                return ContentCoding.negotiated(try await answer(request), accepted: request.acceptEncoding)
            } catch let mistake as QueryMistake {
                return Answer(APIStatus(.invalidArgument, "\(mistake)"))
            } catch {
                request.logger.error("look-up failed", metadata: ["path": "\(request.path)", "cause": "\(error)"])
                return Answer(APIStatus.internalError)
            }
        }
    }

    private func list(_ request: EndpointRequest) async throws -> Answer {
        var parameters = try AuditParameters(request.query)
        let limit = try parameters.takeNumber("limit", 1...Self.maximumCount) ?? Self.usualCount
        let cursor = try parameters.take("cursor").map { text throws(QueryMistake) in
            guard let cursor = SearchCursor(text) else { throw QueryMistake("cursor is none of ours") }
            return cursor
        }
        let query = try CertificateQuery(parameters: parameters.rest)
        let effort = SearchEffort(limit: limit)
        let page = try await CertificateSearch(logs()).page(query, from: cursor, effort: effort) { _ in
            try Task.checkCancellation()
        }
        let body: JSONValue = [
            "certificates": .array(page.items.map { $0.certificate.json(origin: $0.origin) }),
            "nextCursor": page.next.map { .string($0.text) } ?? .null,
            "indexed": .integer(Int64(clamping: page.indexedSize)),
            "treeSize": .integer(Int64(clamping: page.treeSize)),
        ]
        return Answer(json: JSONText(body), cacheControl: "no-store")
    }

    private func one(_ request: EndpointRequest) async throws -> Answer {
        var parameters = try AuditParameters(request.query)
        let name = try parameters.take("log")
        if let unknown = parameters.rest.first {
            throw QueryMistake("there is no parameter \(unknown.name.debugQuoted); known is log")
        }
        let number = String(request.path.dropFirst(Self.path.count + 1))
        guard number.utf8.count <= 12, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let index = UInt64(number)
        else { throw QueryMistake("the path must end with the index of an entry, in decimal digits") }
        let logs = logs()
        guard name != nil || logs.count <= 1 else {
            throw QueryMistake("there are several logs: name one by its origin with the parameter log")
        }
        let chosen = logs.first { log in name.map { $0.hasSameBytes(as: log.origin.text) } ?? true }
        guard let chosen else { throw QueryMistake("there is no log of this name") }
        guard let certificate = try await chosen.certificate(at: index) else { return Answer(APIStatus.notFound) }
        return Answer(
            json: JSONText(certificate.jsonWithCertificate(origin: chosen.origin)), cacheControl: "no-store")
    }

    private static var unauthorized: Answer {
        let body: JSONValue = ["code": 16, "message": "the bearer token is missing or wrong", "details": []]
        var answer = Answer(.unauthorized, json: JSONText(body), cacheControl: "no-store")
        answer.headers[.wwwAuthenticate] = "Bearer"
        return answer
    }
}
