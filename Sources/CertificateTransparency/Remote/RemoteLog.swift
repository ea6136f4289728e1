package import Logging
package import OpenSSL
internal import StrictJSON
internal import Synchronization

/// Another RFC 6962 log, asked over HTTP (CA specification 6.2).
///
/// What it answers is checked as far as its key is known before it is used. Attempts are repeated within one budget
/// for a submission; how long the log is left alone in between is common to all submissions.
package final class RemoteLog: CertificateLog {
    /// The longest that one attempt may take.
    private static let attemptLimit: Duration = .seconds(30)

    /// How far the log's clock and ours may be apart, in milliseconds (6.5).
    private static let maximumClockDifference: UInt64 = 600_000

    /// The most that is added to a wait, so that requests that waited together do not return together.
    private static let maximumJitterInMilliseconds: Int64 = 250

    package let name: String

    private let settings: RemoteLogSettings
    private let client: SubmissionClient
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var backoff: SubmissionBackoff
        var failures: (first: ContinuousClock.Instant, last: ContinuousClock.Instant)?
    }

    /// A log that is asked from now on until `shutDown()`; throws when TLS cannot use a root.
    package init(
        _ settings: RemoteLogSettings, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws {
        self.settings = settings
        (name, self.clock, self.logger) = (settings.url, clock, logger)
        client = try SubmissionClient(settings)
        state = Mutex(State(backoff: SubmissionBackoff(budget: settings.budget)))
    }

    /// Closes all connections.
    package func shutDown() async {
        await client.shutDown()
    }

    /// How long submissions have been failing: from the first failure after the last success to the newest one.
    ///
    /// Nil when the newest submission succeeded, or none was made.
    package var failingFor: Duration? {
        state.withLock { state in state.failures.map { $0.first.duration(to: $0.last) } }
    }

    package func submit(
        precertificate: Certificate, chain: [Certificate]
    ) async throws -> SignedCertificateTimestamp {
        guard let issuer = chain.first else { throw LogRefusal.chainIsEmpty }
        let stripped = try StrippedTBSCertificate(precertificate: precertificate)
        let entry = LogEntry.precertEntry(
            issuerKeyHash: issuer.subjectPublicKeyInfo.sha256, tbsCertificate: stripped.der)
        return try await submit(entry, as: [precertificate] + chain, to: "add-pre-chain")
    }

    package func submit(certificate: Certificate, chain: [Certificate]) async throws -> SignedCertificateTimestamp {
        try await submit(.x509Entry(certificate: certificate.der), as: [certificate] + chain, to: "add-chain")
    }

    package func verify(
        _ timestamp: SignedCertificateTimestamp, finalCertificate: Certificate, issuer: Certificate
    ) throws(IssuedCertificateMismatch) {
        try verify(timestamp, timestamp.leaf(embeddedIn: finalCertificate, issuer: issuer, isAlone: false))
    }

    package func verify(
        _ timestamp: SignedCertificateTimestamp, certificate: Certificate
    ) throws(IssuedCertificateMismatch) {
        try verify(timestamp, timestamp.leaf(certificate: certificate))
    }

    private func verify(
        _ timestamp: SignedCertificateTimestamp, _ leaf: MerkleTreeLeaf
    ) throws(IssuedCertificateMismatch) {
        guard let key = settings.key else { return }
        guard timestamp.logID == key.subjectPublicKeyInfo.sha256 else { throw .otherLog }
        guard timestamp.isValid(for: leaf, key: key) else { throw .signatureDoesNotVerify }
    }

    /// Asks until there is a timestamp, asking again is pointless, or the budget is spent.
    private func submit(
        _ entry: LogEntry, as chain: [Certificate], to endpoint: String
    ) async throws -> SignedCertificateTimestamp {
        let end = ContinuousClock.now + settings.budget
        var failure: RemoteLogFailure?
        while failure?.cause.isWorthAnotherTry ?? true, try await waitForTurn(until: end) {
            do {
                let timestamp = try await attempt(entry, chain, endpoint, until: end)
                noteSuccess()
                return timestamp
            } catch let cause as RemoteLogFailure {
                failure = cause
            }
        }
        noteFailure()
        throw failure ?? RemoteLogFailure(.resting, log: name)
    }

    private func noteSuccess() {
        state.withLock { state in
            state.backoff.succeeded()
            state.failures = nil
        }
    }

    private func noteFailure() {
        let now = ContinuousClock.now
        state.withLock { state in state.failures = (state.failures?.first ?? now, now) }
    }

    /// Waits while the log is left alone; false when that takes longer than the request may.
    private func waitForTurn(until end: ContinuousClock.Instant) async throws -> Bool {
        while case let notBefore? = state.withLock({ $0.backoff.notBefore }), notBefore > ContinuousClock.now {
            guard notBefore < end else { return false }
            let jitter = Duration.milliseconds(Int64.random(in: 0...Self.maximumJitterInMilliseconds))
            try await Task.sleep(until: min(notBefore + jitter, end), clock: .continuous)
        }
        return ContinuousClock.now < end
    }

    private func attempt(
        _ entry: LogEntry, _ chain: [Certificate], _ endpoint: String, until end: ContinuousClock.Instant
    ) async throws -> SignedCertificateTimestamp {
        var answer: BoundedClient.Answer?
        do {
            let limit = min(Self.attemptLimit, ContinuousClock.now.duration(to: end))
            let given = try await client.post(chain, to: endpoint, limit: limit)
            answer = given
            guard given.status == 200 else { throw RemoteLogFailure.Cause.status(given.status) }
            return try accepted(given.body, entry)
        } catch let cause as RemoteLogFailure.Cause {
            let failure = RemoteLogFailure(cause, log: name, answer: answer?.body)
            if cause.isWorthAnotherTry { leaveAlone(answer?.retryAfter, after: failure) }
            throw failure
        }
    }

    private func leaveAlone(_ retryAfter: String?, after failure: RemoteLogFailure) {
        let named = retryAfter.flatMap { SubmissionBackoff.retryAfter($0, now: clock()) }
        state.withLock { $0.backoff.failed(at: .now, retryAfter: named) }
        logger.warning(
            "a log gave no timestamp; it is asked again within the budget",
            metadata: ["cause": "\(failure)", "body": "\(failure.answer ?? "")"])
    }

    /// The timestamp in an answer, when it may be used for this entry.
    private func accepted(_ body: [UInt8], _ entry: LogEntry) throws -> SignedCertificateTimestamp {
        let timestamp: SignedCertificateTimestamp
        do {
            timestamp = try SignedCertificateTimestamp(
                json: try JSONValue(parsing: body, limits: JSONLimits(byteCount: body.count)))
        } catch let error as JSONError {
            throw RemoteLogFailure.Cause.notReadable("\(error)")
        } catch TimestampJSONError.malformed(let member) {
            throw RemoteLogFailure.Cause.notReadable("\(member) is missing or not of its type")
        } catch TimestampJSONError.unacceptable(let reason) {
            throw RemoteLogFailure.Cause.notAcceptable(reason)
        }
        let (now, tolerance) = (clock(), Self.maximumClockDifference)
        guard timestamp.timestamp <= now.adding(milliseconds: tolerance),
            now <= timestamp.timestamp.adding(milliseconds: tolerance)
        else { throw RemoteLogFailure.Cause.notAcceptable("a time more than 10 minutes from ours") }
        do {
            try verify(
                timestamp,
                MerkleTreeLeaf(timestamp: timestamp.timestamp, entry: entry, extensions: timestamp.extensions))
        } catch {
            throw RemoteLogFailure.Cause.notAcceptable(error == .otherLog ? "another log's id" : "a false signature")
        }
        return timestamp
    }
}
