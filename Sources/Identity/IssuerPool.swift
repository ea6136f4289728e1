package import Logging
package import OpenSSL
import StrictJSON
import Synchronization

/// The configured issuers: a token in, a principal or a refusal out.
///
/// `run()` must be running for keys to be fetched: it owns all tasks that do. Tokens that need keys before it runs wait
/// for it; after it has ended, keys that are there go on verifying until they are too old.
package final class IssuerPool: Sendable {
    // By the bytes of the URL: as dictionary keys, strings that differ in their bytes could be equal.
    private let issuers: [[UInt8]: IssuerKeys]
    private let matched: MatchedIssuers
    private let hasRun = Mutex(false)

    /// The fixed issuers sorted by the bytes of their URLs, then the meta issuers sorted by those of their patterns.
    package let configuration: [ConfiguredIssuer]

    private static let cluster = "https://kubernetes.default.svc"

    /// Makes a pool; of two issuers with one URL, or two patterns with one text, the first counts.
    package convenience init(
        issuers: [OIDCIssuer], metaIssuers: [MetaIssuer] = [], settings: IssuerPoolSettings = IssuerPoolSettings(),
        logger: Logger
    ) {
        self.init(
            issuers: IssuerConfiguration(issuers: issuers, metaIssuers: metaIssuers), settings: settings,
            logger: logger)
    }

    /// Makes a pool of all issuers of a configuration.
    package init(
        issuers configuration: IssuerConfiguration, settings: IssuerPoolSettings = IssuerPoolSettings(),
        logger: Logger
    ) {
        let metas = Dictionary(configuration.metaIssuers.map { (Array($0.pattern.text.utf8), $0) }) { first, _ in first
        }
        // Without the cluster's own issuer in the configuration, nobody asked us to be a part of a cluster.
        let isInCluster =
            configuration.issuers.contains { $0.url.hasSameBytes(as: Self.cluster) }
            || metas.values.contains { $0.pattern.matches(Self.cluster) }
        let pairs = configuration.issuers.map { issuer in
            let credentials =
                isInCluster && issuer.kind == .kubernetes ? KubernetesCredentials(files: settings.kubernetesFiles) : nil
            return (
                Array(issuer.url.utf8),
                IssuerKeys(issuer: issuer, settings: settings, credentials: credentials, logger: logger)
            )
        }
        issuers = Dictionary(pairs) { first, _ in first }
        matched = MatchedIssuers(Array(metas.values), settings: settings, logger: logger)
        self.configuration =
            IssuerConfiguration(issuers: issuers.values.map(\.issuer), metaIssuers: Array(metas.values)).listed
    }

    /// Turns a token into the principal it speaks for (CA specification 2.1).
    ///
    /// Cheap checks come first: nothing is fetched and no signature is computed before the issuer is known to be
    /// configured and the claims are for us and for `now` (reliability R-25). May wait for a fetch of keys; a cancelled
    /// caller stops waiting.
    ///
    /// `evidence` has learned what is known of the token when this returns or throws.
    package func authenticate(
        _ token: [UInt8], now: Timestamp, evidence: inout TokenEvidence
    ) async throws(TokenRefusal) -> Principal {
        let token = try IdentityToken(token)
        let keys = try keys(for: token.claims, now: now, &evidence)
        try await keys.verify(token.jws)
        evidence.subject = token.claims.value["sub"]?.string
        return try keys.issuer.kind.principal(from: token.claims)
    }

    /// The keys of the issuer of a token that is for us and for now; an exact URL beats every pattern.
    private func keys(
        for claims: ClaimsSet, now: Timestamp, _ evidence: inout TokenEvidence
    ) throws(TokenRefusal) -> IssuerKeys {
        if let keys = issuers[Array(claims.issuer.utf8)] {
            evidence.matched(claims.issuer, configuredAs: keys.issuer.url)
            try claims.check(audience: keys.issuer.clientID, now: now)
            return keys
        }
        guard let meta = matched.metaIssuer(for: claims.issuer), let issuer = meta.issuer(claims.issuer) else {
            throw .issuerUnknown
        }
        evidence.matched(claims.issuer, configuredAs: meta.pattern.text)
        try claims.check(audience: issuer.clientID, now: now)
        return try matched.keys(of: issuer, matching: meta.pattern)
    }

    /// How the keys of every configured issuer are: the fixed ones by URL, then the patterns.
    package var keyStates: [IssuerKeyState] {
        let now = ContinuousClock.now
        let fixed = issuers.values.map { keys in
            IssuerKeyState(
                name: keys.issuer.url, age: keys.fetchedAt.map { $0.duration(to: now) },
                failureCount: keys.failures.value)
        }
        return fixed.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } + matched.keyStates(at: now)
    }

    /// Keeps the keys of all issuers fresh until `shutdown()` is called or the task is cancelled.
    ///
    /// Starts by fetching from all fixed issuers at the same time; a failure is a warning in the log and never an error.
    /// Each of them has its own tasks, so one that hangs delays no other (reliability R-30). Issuers that a pattern
    /// names are asked when their tokens come. A second call returns at once.
    package func run() async {
        let mayRun = hasRun.withLock { hasRun in
            defer { hasRun = true }
            return !hasRun
        }
        guard mayRun else { return }
        await withDiscardingTaskGroup { group in
            for keys in issuers.values { group.addTask { await keys.run() } }
            for await keys in matched.queue.fetches { group.addTask { await keys.fetchQueued() } }
            group.cancelAll()
        }
        matched.close()
    }

    /// Ends `run()`: fetches under way are given up, and tokens that wait for them are refused.
    package func shutdown() {
        matched.queue.finish()
    }
}
