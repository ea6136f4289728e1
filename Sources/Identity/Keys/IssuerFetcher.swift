import Logging

/// Gets the discovery document and the key set of one issuer (CA specification 2.4).
///
/// Owned by the one task that fetches for this issuer, so fetches of an issuer never overlap.
struct IssuerFetcher: Sendable {
    /// How long a discovery document is used before it is fetched again.
    private static let metadataAge = Duration.seconds(3600)

    private struct Discovered: Sendable {
        let metadata: ProviderMetadata
        let addresses: [IPAddress]
        let fetchedAt: ContinuousClock.Instant
    }

    private let issuer: OIDCIssuer
    private var discovered: Discovered?

    private let limit: Duration
    private let resolver: HostResolver
    private let credentials: KubernetesCredentials?
    private let logger: Logger

    init(
        issuer: OIDCIssuer, limit: Duration, resolver: HostResolver, credentials: KubernetesCredentials?, logger: Logger
    ) {
        self.resolver = resolver
        self.issuer = issuer
        self.limit = limit
        self.credentials = credentials
        self.logger = logger
    }

    /// Fetches the key set, and the discovery document first when there is none or an old one.
    ///
    /// A failure forgets the discovery document: it may have been the reason.
    mutating func fetch() async throws(FetchFailure) -> IssuerKeySnapshot {
        do throws(FetchFailure) {
            let discovered = try await discover()
            self.discovered = discovered
            let document = try await get(discovered.metadata.keysAddress, policy: policy(for: discovered))
            guard let keys = JSONWebKeySet(document.value), !keys.keys.isEmpty else { throw .noUsableKey }
            return IssuerKeySnapshot(keys: keys, algorithms: discovered.metadata.algorithms, fetchedAt: .now)
        } catch {
            discovered = nil
            throw error
        }
    }

    private func discover() async throws(FetchFailure) -> Discovered {
        if let discovered, discovered.fetchedAt.duration(to: .now) < Self.metadataAge { return discovered }
        let base = issuer.url.hasSuffix("/") ? String(issuer.url.dropLast()) : issuer.url
        guard let address = HTTPAddress(base + "/.well-known/openid-configuration") else { throw .addressRefused }
        let document = try await get(address, policy: .issuer(issuer))
        return Discovered(
            metadata: try ProviderMetadata(document.value, issuer: issuer),
            addresses: document.addresses,
            fetchedAt: .now
        )
    }

    private func get(
        _ address: HTTPAddress, policy: AddressPolicy
    ) async throws(FetchFailure) -> DocumentFetcher.Document {
        var roots = issuer.settings.additionalTrustRoots
        guard let credentials else {
            return try await DocumentFetcher(trustRoots: roots, limit: limit, resolver: resolver)
                .fetch(address, policy: policy)
        }
        // The service-account token opens the cluster: it goes to the issuer itself and nowhere else (R-36a).
        guard address.origin == issuer.address.origin else { throw .keysAddressRefused }
        roots += try await credentials.trustRoots()
        let token = await credentials.token()
        if token == nil { logger.warning("no service-account token; asking the issuer without one") }
        return try await DocumentFetcher(trustRoots: roots, limit: limit, resolver: resolver)
            .fetch(address, policy: policy, bearerToken: token)
    }

    private func policy(for discovered: Discovered) -> AddressPolicy {
        discovered.metadata.keysAddress.origin.host == issuer.address.origin.host
            ? .issuer(issuer) : .elsewhere(issuerFoundAt: discovered.addresses)
    }
}
