internal import CertificateTransparency
package import Identity
package import Logging
package import OpenSSL
internal import Synchronization

/// The one path from a request to a logged certificate, for every transport.
package final class CertificateAuthority: Sendable {
    /// Who may vouch for which names.
    package let issuers: IssuerPool

    private let current: Mutex<IssuingCertificate>
    private let policy: KeyPolicy
    private let log: LogFlow

    /// A CA that trusts these issuers, certifies keys of this policy and logs in this way.
    package init(issuers: IssuerPool, policy: KeyPolicy, issuing: IssuingCertificate, log: LogFlow) {
        self.issuers = issuers
        self.policy = policy
        self.log = log
        current = Mutex(issuing)
    }

    /// The chain and key that issue now; what one request needs of it is read once.
    package var issuing: IssuingCertificate { current.withLock { $0 } }

    /// Issues with another chain and key from the next request on.
    package func replaceIssuing(by issuing: IssuingCertificate) {
        current.withLock { $0 = issuing }
    }

    /// Issues one certificate, or refuses; the order of the refusals is part of the API (CA specification 0).
    ///
    /// `now` is read when the token is checked and again when the validity begins, as fetching an issuer's keys may
    /// take seconds in between. Throws `IssuanceRefusal` for what the sender did and `IssuanceFailure` for what we
    /// could not do. `logger` carries the request's identifier into the line about the certificate. `record` has
    /// learned what is known of the request when this returns or throws. `requireMinting` is asked when nothing is left
    /// to refuse, with the configured issuer, and throws when no certificate may be made all the same. The final
    /// certificate is signed only after its precertificate's entry is durable (R-01).
    package func issue(
        _ request: IssuanceRequest, record: inout IssuanceRecord, logger: Logger, now: @Sendable () -> Timestamp,
        requireMinting: @Sendable (_ issuer: String?) throws -> Void
    ) async throws -> IssuedCertificate {
        let principal = try await authenticate(request.token, now: now(), &record.token)
        let key = try SubjectKey(request.key)
        let info = key.publicKey.subjectPublicKeyInfo
        record.key = info
        try policy.checkStrength(of: info)
        let hash = try ProofOfPossession.verify(key, challenge: principal.challenge)
        try policy.checkAllowed(info, hash: hash)
        let content = try CertificateProfile.content(of: principal)
        record.name = content.subjectAlternativeName.text
        try requireMinting(record.token.configuredIssuer)
        let issued = try await mint(for: principal, info, now: now())
        record.serialNumber = issued.certificate.serialNumber.hexadecimal
        record.logID = issued.timestamps.all.first?.logID
        record.leafIndex = issued.timestamps.firstLeafIndex
        // No claim: who it is for stands in the audit stream and in the log's entry (R-48).
        logger.notice(
            "issued",
            metadata: [
                "serial": "\(issued.certificate.serialNumber.hexadecimal)",
                "oidc.issuer": "\(record.token.configuredIssuer ?? "unknown")",
                "spki.sha256": "\(info.sha256.hex)",
                "leaf.index": "\(issued.timestamps.leafIndexes)",
            ])
        if issued.timestamps == .none {
            logger.warning(
                "issued without a log: nobody can see this certificate",
                metadata: ["serial": "\(issued.certificate.serialNumber.hexadecimal)"])
        }
        return issued
    }

    private func authenticate(
        _ token: [UInt8], now: Timestamp, _ evidence: inout TokenEvidence
    ) async throws -> Principal {
        do {
            return try await issuers.authenticate(token, now: now, evidence: &evidence)
        } catch .tooManyWaiters {
            throw IssuanceFailure.issuerBusy(retryAfterSeconds: 2)
        } catch .cancelled {
            throw IssuanceFailure.cancelled
        } catch {
            throw IssuanceRefusal.token(error)
        }
    }

    /// From principal and key to a certificate, logged as configured.
    ///
    /// Whatever fails here is ours, but for the size of the claims.
    func mint(
        for principal: Principal, _ key: SubjectPublicKeyInfo, now: Timestamp
    ) async throws -> IssuedCertificate {
        let issuing = issuing
        do {
            let template = try CertificateProfile.prepare(principal, key, issuing: issuing, now: now)
            return try await log.certify(template, issuing: issuing)
        } catch let refusal as IssuanceRefusal {
            throw refusal
        } catch let failure as IssuanceFailure {
            throw failure
        } catch {
            throw IssuanceFailure.backend(cause: "\(error)")
        }
    }
}
