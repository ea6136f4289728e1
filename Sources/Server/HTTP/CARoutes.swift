internal import HTTPTypes
internal import Identity
internal import Issuance
internal import Logging
internal import OpenSSL
internal import StrictJSON

/// The CA's own endpoints (CA specification 1.1): Fulcio's HTTP API in both versions, and health.
struct CARoutes: Sendable {
    let authority: CertificateAuthority
    let issuers: [ConfiguredIssuer]
    let metrics: CAMetrics
    let limits: RequestLimits
    let now: @Sendable () -> Timestamp

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
        await issue(request, SigningRequest.decode) { Answer(json: Self.embedded($0)) }
    }

    private func createLegacySigningCertificate(_ request: EndpointRequest) async -> Answer {
        await issue(request, SigningRequest.decodeLegacy) { issued in
            let chain = ([issued.certificate] + issued.chain).map(\.pem).joined()
            return Answer(.created, type: Self.pemChain, body: Array(chain.utf8.dropLast()))
        }
    }

    /// Reads a request, issues, and renders the certificate or what went wrong; the same for both versions.
    private func issue(
        _ request: EndpointRequest,
        _ decode: ([UInt8], _ authorization: String?) throws(APIStatus) -> IssuanceRequest,
        _ render: (IssuedCertificate) -> Answer
    ) async -> Answer {
        do {
            let decoded = try await request.body.decoded(
                maximumByteCount: SigningRequest.maximumByteCount
            ) { bytes throws(APIStatus) in
                try decode(bytes, request.authorization)
            }
            // Taken when the body is there: clients that send slowly take no place from others.
            guard let permit = limits.signing.enter() else { throw APIStatus.overloaded }
            defer { permit.leave() }
            let issued = try await authority.issue(decoded, logger: request.logger, now: now)
            metrics.issued()
            return render(issued)
        } catch {
            return Answer(status(of: error, request.logger))
        }
    }

    /// Renders what went wrong; a failure of ours is logged here, once, with its cause.
    private func status(of error: any Error, _ logger: Logger) -> APIStatus {
        switch error {
        case let status as APIStatus where status.code == .unavailable:
            metrics.failed("overloaded")
            logger.error("request not taken", metadata: ["reason": "overloaded"])
            return status
        case let status as APIStatus:
            metrics.refused("request-not-readable")
            logger.warning("refused", metadata: ["reason": "request-not-readable", "detail": "\(status.message)"])
            return status
        case let refusal as IssuanceRefusal:
            metrics.refused(refusal.category)
            logger.warning("refused", metadata: ["reason": "\(refusal.category)", "detail": "\(refusal.detail ?? "")"])
            let facts = Dictionary(refusal.facts) { first, _ in first }
            return APIStatus(
                .invalidArgument, refusal.publicMessage,
                reason: APIStatus.Reason(category: refusal.category, facts: facts))
        case let failure as IssuanceFailure:
            metrics.failed(failure.category)
            logger.error("issuance failed", metadata: ["reason": "\(failure.category)", "cause": "\(failure)"])
            guard let seconds = failure.retryAfterSeconds else {
                return APIStatus(.internalError, failure.publicMessage)
            }
            return APIStatus(.unavailable, failure.publicMessage, retryAfter: seconds)
        default:
            metrics.failed("internal")
            logger.error("request failed", metadata: ["cause": "\(error)"])
            return .internalError
        }
    }

    /// `SigningCertificate` with an embedded SCT: exactly one member, PEM without a newline at the end.
    private static func embedded(_ issued: IssuedCertificate) -> JSONText {
        let chain = ([issued.certificate] + issued.chain).map { JSONValue.string(String($0.pem.dropLast())) }
        return JSONText(["signedCertificateEmbeddedSct": ["chain": ["certificates": .array(chain)]]])
    }

    /// `TrustBundle`: our one chain, PEM with a newline at the end.
    private var trustBundle: Answer {
        let chain = authority.issuing.chain.map { JSONValue.string($0.pem) }
        return Answer(json: JSONText(["chains": [["certificates": .array(chain)]]]))
    }

    /// `Configuration`: the issuers in the order of their URLs, then those of a pattern, defaults written out.
    private var configuration: Answer {
        let list = issuers.map { issuer -> JSONValue in
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

    /// The legacy trust bundle: certificates in PEM with a blank line between them, trimmed.
    private var rootCertificate: Answer {
        let chain = authority.issuing.chain.map(\.pem).joined(separator: "\n")
        return Answer(type: Self.pemChain, body: Array(chain.utf8.dropLast()))
    }

    private static let pemChain = "application/pem-certificate-chain"

    private var health: Answer {
        Answer(type: "application/json", body: Array("{\"status\":\"SERVING\"}\n".utf8))
    }
}
