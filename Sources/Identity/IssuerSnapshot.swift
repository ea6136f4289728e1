import StrictJSON

/// The issuers of one configuration, each fixed one with its keys; replaced whole, never changed (reliability R-36).
struct IssuerSnapshot: Sendable {
    // By the bytes of the URL: as dictionary keys, strings that differ in their bytes could be equal.
    let fixed: [[UInt8]: IssuerKeys]
    /// The patterns in the order in which they are tried.
    let metaIssuers: [MetaIssuer]
    /// The fixed issuers sorted by the bytes of their URLs, then the meta issuers sorted by those of their patterns.
    let listed: [ConfiguredIssuer]

    private static let cluster = "https://kubernetes.default.svc"

    /// The issuers of a configuration; of two with one URL, or two patterns with one text, the first counts.
    ///
    /// `keys` is asked once for each fixed issuer, and told whether it needs what Kubernetes mounts.
    init(
        _ configuration: IssuerConfiguration, keys: (_ issuer: OIDCIssuer, _ needsCredentials: Bool) -> IssuerKeys
    ) {
        let metas = Dictionary(configuration.metaIssuers.map { (Array($0.pattern.text.utf8), $0) }) { first, _ in first
        }
        let issuers = Dictionary(configuration.issuers.map { (Array($0.url.utf8), $0) }) { first, _ in first }
        // Without the cluster's own issuer in the configuration, nobody asked us to be a part of a cluster.
        let isInCluster =
            issuers.values.contains { $0.url.hasSameBytes(as: Self.cluster) }
            || metas.values.contains { $0.pattern.matches(Self.cluster) }
        fixed = issuers.mapValues { keys($0, isInCluster && $0.kind == .kubernetes) }
        metaIssuers = metas.values.sorted { $0.pattern < $1.pattern }
        listed = IssuerConfiguration(issuers: Array(issuers.values), metaIssuers: Array(metas.values)).listed
    }

    /// The first pattern, in their order, that means this `iss`.
    func metaIssuer(for url: String) -> MetaIssuer? {
        metaIssuers.first { $0.pattern.matches(url) }
    }
}
