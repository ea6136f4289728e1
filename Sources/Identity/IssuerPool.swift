package import Logging
package import OpenSSL
import Synchronization

/// The configured issuers: a token in, a principal or a refusal out.
///
/// `run()` must be running for keys to be fetched: it owns all tasks that do. Tokens that need keys before it runs wait
/// for it; after it has ended, keys that are there go on verifying until they are too old.
package final class IssuerPool: Sendable {
    // By the bytes of the URL: as dictionary keys, strings that differ in their bytes could be equal.
    private let issuers: [[UInt8]: IssuerKeys]
    private let hasRun = Mutex(false)
    private let stopped: AsyncStream<Never>
    private let stop: AsyncStream<Never>.Continuation

    /// The issuers, sorted by the bytes of their URLs.
    package let configuration: [OIDCIssuer]

    /// Makes a pool; of two issuers with one URL the first counts.
    package init(issuers: [OIDCIssuer], settings: IssuerPoolSettings = IssuerPoolSettings(), logger: Logger) {
        let pairs = issuers.map {
            (Array($0.url.utf8), IssuerKeys(issuer: $0, settings: settings, logger: logger))
        }
        self.issuers = Dictionary(pairs) { first, _ in first }
        configuration = self.issuers.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value.issuer)
        (stopped, stop) = AsyncStream.makeStream()
    }

    /// Turns a token into the principal it speaks for (CA specification 2.1).
    ///
    /// Cheap checks come first: nothing is fetched and no signature is computed before the issuer is known to be
    /// configured and the claims are for us and for `now` (reliability R-25). May wait for a fetch of keys; a cancelled
    /// caller stops waiting.
    package func authenticate(_ token: [UInt8], now: Timestamp) async throws(TokenRefusal) -> Principal {
        let token = try IdentityToken(token)
        guard let keys = issuers[Array(token.claims.issuer.utf8)] else { throw .issuerUnknown }
        try token.claims.check(audience: keys.issuer.clientID, now: now)
        try await keys.verify(token.jws)
        switch keys.issuer.kind {
        case .email(let issuerClaim, let skipVerification):
            return try EmailPrincipal.principal(
                from: token.claims, issuerClaim: issuerClaim, skipVerification: skipVerification)
        case .githubWorkflow:
            return try GitHubWorkflowPrincipal.principal(from: token.claims)
        }
    }

    /// Keeps the keys of all issuers fresh until `shutdown()` is called or the task is cancelled.
    ///
    /// Starts by fetching from all issuers at the same time; a failure is a warning in the log and never an error. Each
    /// issuer has its own tasks, so one that hangs delays no other (reliability R-30). A second call returns at once.
    package func run() async {
        let mayRun = hasRun.withLock { hasRun in
            defer { hasRun = true }
            return !hasRun
        }
        guard mayRun else { return }
        await withDiscardingTaskGroup { group in
            for keys in issuers.values { group.addTask { await keys.run() } }
            for await _ in stopped {}
            group.cancelAll()
        }
    }

    /// Ends `run()`: fetches under way are given up, and tokens that wait for them are refused.
    package func shutdown() {
        stop.finish()
    }
}
