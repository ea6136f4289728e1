import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OpenSSL
import StrictJSON

/// The provider's HTTP surface: one method per endpoint.
struct ProviderRoutes: Sendable {
    /// The largest body of a token request.
    static let maximumBodyByteCount = 64 * 1024

    let configuration: ProviderConfiguration
    let address: ListeningAddress
    let keys: RotatingKeys
    let logger: Logger
    let now: @Sendable () -> Timestamp

    /// The routes as Hummingbird runs them.
    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/.well-known/openid-configuration") { _, _ in await answer { try await discovery() } }
        router.get("/keys") { _, _ in await answer { try keys.current().json } }
        router.post("/rotate") { _, _ in await answer { try keys.rotate().json } }
        router.get("/authorize") { _, _ in await answer { throw ProviderRefusal.noSignInHere } }
        router.post("/token") { request, _ in await answer { try await token(for: request) } }
        return router
    }

    private func discovery() async throws -> JSONValue {
        DiscoveryDocument(issuer: try await address.url()).json
    }

    private func token(for request: Request) async throws -> JSONValue {
        let key = try key(for: request)
        let requested = try Self.claims(in: try await body(of: request))
        let claims = CompletedClaims(
            requested: requested, issuer: try await address.url(), configuration: configuration, now: now()
        )
        let token = JSONValue.string(try key.token(over: JSONText(claims.json).bytes))
        // Some clients use the access token as the identity token, others the ID token: both are the same text.
        var members = [
            JSONMember(name: "access_token", value: token),
            JSONMember(name: "id_token", value: token),
            JSONMember(name: "token_type", value: "Bearer"),
        ]
        if let seconds = claims.secondsToExpiry {
            members.append(JSONMember(name: "expires_in", value: .integer(seconds)))
        }
        return .object(members)
    }

    private func key(for request: Request) throws -> ProviderKey {
        let name = request.uri.queryParameters["alg"].map(String.init) ?? SigningAlgorithm.standard.rawValue
        guard let algorithm = SigningAlgorithm(rawValue: name), let key = try keys.current()[algorithm] else {
            throw ProviderRefusal.unknownAlgorithm
        }
        return key
    }

    private func body(of request: Request) async throws -> [UInt8] {
        do {
            let buffer = try await request.body.collect(upTo: Self.maximumBodyByteCount)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw ProviderRefusal.bodyTooLarge(limit: Self.maximumBodyByteCount)
        }
    }

    /// An empty body asks for the default claims and nothing else.
    private static func claims(in body: [UInt8]) throws -> [JSONMember] {
        guard !body.isEmpty else { return [] }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(
                parsing: body, limits: JSONLimits(byteCount: maximumBodyByteCount), trailing: .refused
            )
        } catch {
            throw ProviderRefusal.bodyNotJSON(error)
        }
        guard let members = value.members else { throw ProviderRefusal.bodyNotAnObject }
        return members
    }

    private func answer(_ make: () async throws -> JSONValue) async -> Response {
        do {
            return Self.response(.ok, try await make())
        } catch let refusal as ProviderRefusal {
            return Self.response(refusal.status, refusal.json)
        } catch {
            // RFC 6749 §5.2 has no code for a failure of ours; §4.1.2.1 lends its own.
            logger.error("request failed", metadata: ["error": "\(error)"])
            return Self.response(.internalServerError, ["error": "server_error"])
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ json: JSONValue) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONText(json).bytes))
        )
    }
}
