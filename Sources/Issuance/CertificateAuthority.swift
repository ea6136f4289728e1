package import CertificateTransparency
package import Identity
package import Logging
package import OpenSSL
internal import Synchronization
internal import TransparencyLog

/// A certificate that was issued and logged.
package struct IssuedCertificate: Sendable {
    /// The leaf, with its signed certificate timestamp inside.
    package let certificate: Certificate

    /// The chain above it: the issuing certificate first, the root last.
    package let chain: [Certificate]

    /// The timestamp that the log gave for the precertificate.
    package let signedCertificateTimestamp: SignedCertificateTimestamp
}

/// The one path from a request to a logged certificate, for every transport.
package final class CertificateAuthority: Sendable {
    /// Who may vouch for which names.
    package let issuers: IssuerPool

    private let current: Mutex<IssuingCertificate>
    private let policy: KeyPolicy
    private let log: LocalLog

    /// A CA that trusts these issuers, certifies keys of this policy and logs to this log.
    package init(issuers: IssuerPool, policy: KeyPolicy, issuing: IssuingCertificate, log: LocalLog) {
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
    /// could not do. `logger` carries the request's identifier into the line about the certificate. `record` has learned
    /// what is known of the request when this returns or throws. `requireMinting` is asked when nothing is left to
    /// refuse, and throws when no certificate may be made all the same. The final certificate is signed only after its
    /// precertificate's entry is durable (R-01).
    package func issue(
        _ request: IssuanceRequest, record: inout IssuanceRecord, logger: Logger, now: @Sendable () -> Timestamp,
        requireMinting: @Sendable () throws(IssuanceFailure) -> Void
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
        try requireMinting()
        let issued = try await mint(for: principal, info, now: now())
        record.serialNumber = issued.certificate.serialNumber.hexadecimal
        record.leafIndex = issued.signedCertificateTimestamp.leafIndex?.value
        // No claim: who it is for stands in the audit stream and in the log's entry (R-48).
        logger.notice(
            "issued",
            metadata: [
                "serial": "\(issued.certificate.serialNumber.hexadecimal)",
                "oidc.issuer": "\(record.token.configuredIssuer ?? "unknown")",
                "spki.sha256": "\(info.sha256.hex)",
                "leaf.index": "\(record.leafIndex.map(String.init) ?? "none")",
            ])
        return issued
    }

    private func authenticate(
        _ token: [UInt8], now: Timestamp, _ evidence: inout TokenEvidence
    ) async throws -> Principal {
        do {
            return try await issuers.authenticate(token, now: now, evidence: &evidence)
        } catch .tooManyWaiters {
            throw IssuanceFailure.issuerBusy(retryAfterSeconds: 2)
        } catch {
            throw IssuanceRefusal.token(error)
        }
    }

    /// From principal and key to a logged certificate; whatever fails here is ours, but for the size of the claims.
    func mint(
        for principal: Principal, _ key: SubjectPublicKeyInfo, now: Timestamp
    ) async throws -> IssuedCertificate {
        let issuing = issuing
        do {
            let template = try CertificateProfile.prepare(principal, key, issuing: issuing, now: now)
            let precertificate = try await template.sign(with: issuing.key)
            // A crash before this returns leaves a precertificate that nobody saw, or an entry without a certificate.
            let sct = try await submit(precertificate.certificate, chain: issuing.chain)
            let certificate = try await precertificate.finish(try list(of: sct), with: issuing.key)
            try log.verify(sct, finalCertificate: certificate, issuer: issuing.certificate)
            return IssuedCertificate(certificate: certificate, chain: issuing.chain, signedCertificateTimestamp: sct)
        } catch let refusal as IssuanceRefusal {
            throw refusal
        } catch let failure as IssuanceFailure {
            throw failure
        } catch {
            throw IssuanceFailure.backend(cause: "\(error)")
        }
    }

    private func submit(
        _ precertificate: Certificate, chain: [Certificate]
    ) async throws(IssuanceFailure) -> SignedCertificateTimestamp {
        do {
            return try await log.submit(precertificate: precertificate, chain: chain)
        } catch is CancellationError {
            throw .cancelled
        } catch let failure as LogFailure {
            guard let seconds = failure.retryAfter else { throw .transparencyLog(cause: "\(failure)") }
            throw .transparencyLogBusy(retryAfterSeconds: seconds)
        } catch {
            throw .transparencyLog(cause: "\(error)")
        }
    }

    /// The extension with exactly one timestamp, which is what clients accept.
    private func list(of timestamp: SignedCertificateTimestamp) throws -> CertificateExtension {
        guard let list = SignedCertificateTimestampList([timestamp]) else {
            throw IssuanceFailure.transparencyLog(cause: "a timestamp that fits no list")
        }
        return try list.certificateExtension()
    }
}
