package import Logging
package import OpenSSL
import StrictJSON
import Synchronization

/// The configured issuers: a token in, a principal or a refusal out.
///
/// `run()` must be running for keys to be fetched: it owns all tasks that do. Tokens that need keys before it runs wait
/// for it; after it has ended, keys that are there go on verifying until they are too old. Which issuers are configured
/// may change at any time; a token is judged by the configuration of the moment when its check began.
package final class IssuerPool: Sendable {
    private let current: Mutex<IssuerSnapshot>
    private let matched: MatchedIssuers
    private let settings: IssuerPoolSettings
    private let logger: Logger
    private let hasRun = Mutex(false)
    /// The keys of fixed issuers whose task `run()` has yet to start.
    private let arrivals: AsyncStream<IssuerKeys>
    private let arrival: AsyncStream<IssuerKeys>.Continuation

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
        (self.settings, self.logger) = (settings, logger)
        (arrivals, arrival) = AsyncStream.makeStream()
        matched = MatchedIssuers(settings: settings, logger: logger)
        let snapshot = IssuerSnapshot(configuration) { issuer, needsCredentials in
            Self.keys(of: issuer, needsCredentials, nil, settings, logger)
        }
        current = Mutex(snapshot)
        for keys in snapshot.fixed.values { arrival.yield(keys) }
    }

    /// The fixed issuers sorted by the bytes of their URLs, then the meta issuers sorted by those of their patterns.
    package var configuration: [ConfiguredIssuer] { current.withLock { $0.listed } }

    /// Trusts the issuers of another configuration from the next token on, all of them at once (reliability R-36).
    ///
    /// An issuer for which nothing changed keeps its keys and its task; others are discovered in the background. Until
    /// that is done, known keys go on to serve where the change does not touch where keys come from. Tokens whose check
    /// has begun are judged by the configuration of before.
    package func replace(by configuration: IssuerConfiguration) {
        let (old, new) = current.withLock { snapshot in
            let old = snapshot
            snapshot = IssuerSnapshot(configuration) { issuer, needsCredentials in
                let keys = old.fixed[Array(issuer.url.utf8)]
                if let keys, keys.serves(issuer, withCredentials: needsCredentials) { return keys }
                let known = keys?.snapshot(for: issuer, withCredentials: needsCredentials)
                return Self.keys(of: issuer, needsCredentials, known, settings, logger)
            }
            return (old, snapshot)
        }
        for (name, keys) in new.fixed where old.fixed[name] !== keys {
            if case .terminated = arrival.yield(keys) { keys.close() }
        }
        for (name, keys) in old.fixed where new.fixed[name] !== keys { keys.retire() }
    }

    private static func keys(
        of issuer: OIDCIssuer, _ needsCredentials: Bool, _ known: IssuerKeySnapshot?, _ settings: IssuerPoolSettings,
        _ logger: Logger
    ) -> IssuerKeys {
        let credentials = needsCredentials ? KubernetesCredentials(files: settings.kubernetesFiles) : nil
        return IssuerKeys(
            issuer: issuer, settings: settings, credentials: credentials, snapshot: known, logger: logger)
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
        let snapshot = current.withLock { $0 }
        if let keys = snapshot.fixed[Array(claims.issuer.utf8)] {
            evidence.matched(claims.issuer, configuredAs: keys.issuer.url)
            try claims.check(audience: keys.issuer.clientID, now: now)
            return keys
        }
        guard let meta = snapshot.metaIssuer(for: claims.issuer), let issuer = meta.issuer(claims.issuer) else {
            throw .issuerUnknown
        }
        evidence.matched(claims.issuer, configuredAs: meta.pattern.text)
        try claims.check(audience: issuer.clientID, now: now)
        return try matched.keys(of: issuer, matching: meta.pattern)
    }

    /// How the keys of every configured issuer are: the fixed ones by URL, then the patterns.
    package var keyStates: [IssuerKeyState] {
        let now = ContinuousClock.now
        let snapshot = current.withLock { $0 }
        let fixed = snapshot.fixed.values.map { keys in
            IssuerKeyState(
                name: keys.issuer.url, age: keys.fetchedAt.map { $0.duration(to: now) },
                failureCount: keys.failures.value)
        }
        return fixed.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            + matched.keyStates(of: snapshot.metaIssuers, at: now)
    }

    /// Keeps the keys of all issuers fresh until `shutdown()` is called or the task is cancelled.
    ///
    /// Starts by fetching from all fixed issuers at the same time; a failure is a warning in the log and never an
    /// error. Each of them has its own tasks, so one that hangs delays no other (reliability R-30). Issuers that a
    /// pattern names are asked when their tokens come. A second call returns at once.
    package func run() async {
        let mayRun = hasRun.withLock { hasRun in
            defer { hasRun = true }
            return !hasRun
        }
        guard mayRun else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runFixedIssuers() }
            for await keys in matched.queue.fetches { group.addTask { await keys.fetchQueued() } }
            group.cancelAll()
        }
        matched.close()
        arrival.finish()
        for keys in current.withLock({ $0.fixed.values }) { keys.close() }
    }

    private func runFixedIssuers() async {
        await withDiscardingTaskGroup { group in
            for await keys in arrivals { group.addTask { await keys.run() } }
        }
    }

    /// Ends `run()`: fetches under way are given up, and tokens that wait for them are refused.
    package func shutdown() {
        matched.queue.finish()
    }
}
