internal import CertificateTransparency
internal import HTTPTypes
internal import Identity
internal import Issuance
internal import OpenSSL
internal import StrictJSON

/// The CA's own endpoints (CA specification 1.1): Fulcio's HTTP API in both versions, and health.
struct CARoutes: Sendable {
    let authority: CertificateAuthority
    let signing: SigningService

    /// The endpoints by their path, each with the one method that it takes.
    var endpoints: [String: Endpoint] {
        [
            "/api/v2/signingCert": Endpoint(.post, answer: createSigningCertificate),
            "/api/v2/trustBundle": Endpoint(.get) { _ in trustBundle },
            "/api/v2/configuration": Endpoint(.get) { _ in configuration },
            "/api/v1/signingCert": Endpoint(.post, answer: createLegacySigningCertificate),
            "/api/v1/rootCert": Endpoint(.get) { _ in rootCertificate },
            "/healthz": Endpoint(.get) { _ in health },
        ]
    }

    private func createSigningCertificate(_ request: EndpointRequest) async -> Answer {
        await issue(request, SigningRequest.decode) { Answer(json: Self.signingCertificate($0)) }
    }

    private func createLegacySigningCertificate(_ request: EndpointRequest) async -> Answer {
        await issue(request, SigningRequest.decodeLegacy) { issued in
            var answer = Answer(.created, type: Self.pemChain, body: Array(issued.pemChain.utf8.dropLast()))
            if case .detached(let timestamp) = issued.timestamps, let field = HTTPField.Name("SCT") {
                answer.headers[field] = Base64.encode(timestamp.json.bytes)
            }
            return answer
        }
    }

    /// Reads a request, issues, and renders the certificate or what went wrong; the same for both versions.
    private func issue(
        _ request: EndpointRequest,
        _ decode: ([UInt8], _ authorization: String?) throws(APIStatus) -> IssuanceRequest,
        _ render: (IssuedCertificate) -> Answer
    ) async -> Answer {
        do throws(APIStatus) {
            let decoded = try await read(request, decode)
            return render(try await signing.issue(decoded, origin: request.origin, logger: request.logger))
        } catch {
            return Answer(error)
        }
    }

    private func read(
        _ request: EndpointRequest,
        _ decode: ([UInt8], _ authorization: String?) throws(APIStatus) -> IssuanceRequest
    ) async throws(APIStatus) -> IssuanceRequest {
        do throws(APIStatus) {
            return try await request.body.decoded(
                maximumByteCount: SigningRequest.maximumByteCount
            ) { bytes throws(APIStatus) in
                try signing.requireRoom()
                return try decode(bytes, request.authorization)
            }
        } catch {
            throw await signing.refusedUnread(error, origin: request.origin, logger: request.logger)
        }
    }

    /// `SigningCertificate`: exactly one member, by where the timestamps are; PEM without a newline at the end.
    private static func signingCertificate(_ issued: IssuedCertificate) -> JSONText {
        let chain: JSONValue = ["certificates": .array(issued.pemCertificates.map(JSONValue.string))]
        func detached(_ timestamp: [UInt8]) -> JSONText {
            JSONText([
                "signedCertificateDetachedSct": [
                    "chain": chain, "signedCertificateTimestamp": .string(Base64.encode(timestamp)),
                ]
            ])
        }
        switch issued.timestamps {
        case .embedded: return JSONText(["signedCertificateEmbeddedSct": ["chain": chain]])
        case .detached(let timestamp): return detached(timestamp.json.bytes)
        case .none: return detached([])
        }
    }

    /// `TrustBundle`: our one chain, PEM with a newline at the end.
    private var trustBundle: Answer {
        let chain = authority.issuing.chain.map { JSONValue.string($0.pem) }
        return Answer(json: JSONText(["chains": [["certificates": .array(chain)]]]))
    }

    /// `Configuration`: the issuers in the order of their URLs, then those of a pattern, defaults written out.
    private var configuration: Answer {
        let list = authority.issuers.configuration.map { issuer -> JSONValue in
            let name: JSONMember =
                switch issuer {
                case .fixed(let fixed): JSONMember(name: "issuerUrl", value: .string(fixed.url))
                case .meta(let meta): JSONMember(name: "wildcardIssuerUrl", value: .string(meta.pattern.text))
                }
            let settings = issuer.settings
            return .object([
                name,
                JSONMember(name: "audience", value: .string(settings.clientID)),
                JSONMember(name: "challengeClaim", value: .string(settings.challengeClaim)),
                JSONMember(name: "spiffeTrustDomain", value: .string(settings.spiffeTrustDomain)),
                JSONMember(name: "issuerType", value: .string(settings.kind.name)),
                JSONMember(name: "subjectDomain", value: .string(settings.subjectDomain)),
                JSONMember(name: "skipEmailVerification", value: .bool(settings.skipsEmailVerification)),
            ])
        }
        return Answer(json: JSONText(["issuers": .array(list)]))
    }

    /// The legacy trust bundle, trimmed.
    private var rootCertificate: Answer {
        Answer(type: Self.pemChain, body: Array(authority.issuing.chain.pemBundle.utf8.dropLast()))
    }

    private static let pemChain = "application/pem-certificate-chain"

    private var health: Answer {
        Answer(type: "application/json", body: Array("{\"status\":\"SERVING\"}\n".utf8))
    }
}
