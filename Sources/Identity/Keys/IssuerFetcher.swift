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
    private let documents: DocumentFetcher
    private var discovered: Discovered?

    init(issuer: OIDCIssuer, limit: Duration) {
        self.issuer = issuer
        documents = DocumentFetcher(trustRoots: issuer.additionalTrustRoots, limit: limit)
    }

    /// Fetches the key set, and the discovery document first when there is none or an old one.
    ///
    /// A failure forgets the discovery document: it may have been the reason.
    mutating func fetch() async throws(FetchFailure) -> IssuerKeySnapshot {
        do throws(FetchFailure) {
            let discovered = try await discover()
            self.discovered = discovered
            let document = try await documents.fetch(
                discovered.metadata.keysAddress, policy: policy(for: discovered))
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
        let document = try await documents.fetch(address, policy: .issuer(issuer))
        return Discovered(
            metadata: try ProviderMetadata(document.value, issuer: issuer),
            addresses: document.addresses,
            fetchedAt: .now
        )
    }

    private func policy(for discovered: Discovered) -> AddressPolicy {
        discovered.metadata.keysAddress.origin.host == issuer.address.origin.host
            ? .issuer(issuer) : .elsewhere(issuerFoundAt: discovered.addresses)
    }
}
