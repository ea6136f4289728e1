internal import Identity
internal import Issuance
internal import Logging
internal import OpenSSL

/// The way of one signing request through the CA, the same for every transport: limits, issuance, record, status.
struct SigningService: Sendable {
    let authority: CertificateAuthority
    let metrics: CAMetrics
    let limits: RequestLimits
    let readiness: Readiness
    /// Where every decision is recorded; nil for nowhere.
    let audit: AuditStream?
    let now: @Sendable () -> Timestamp

    /// Issues for a decoded request; throws the status that the client gets.
    ///
    /// `logger` carries the request's identifier. A failure of ours is logged here, once, with its cause. The audit
    /// record of the certificate is durable when this returns.
    func issue(
        _ request: IssuanceRequest, origin: RequestOrigin, logger: Logger
    ) async throws(APIStatus) -> IssuedCertificate {
        var record = IssuanceRecord()
        do {
            // Taken when the body is there: clients that send slowly take no place from others.
            guard let permit = limits.signing.enter() else { throw APIStatus.overloaded }
            defer { permit.leave() }
            guard let source = limits.signingByAddress.enter(SourceAddress(origin.address)) else {
                throw APIStatus.tooManyFromAddress
            }
            defer { source.leave() }
            let minting = HeldPermit<String>()
            defer { minting.leave() }
            let issued = try await authority.issue(request, record: &record, logger: logger, now: now) { issuer in
                try readiness.requireIssuing()
                guard minting.take(limits.signingByIssuer.enter(issuer)) else { throw APIStatus.tooManyOfIssuer }
            }
            // What stopped issuing meanwhile may have spoiled this certificate as well.
            try readiness.requireIssuing()
            try await recordIssued(record, origin)
            // The certificate exists and is recorded, but no answer will carry it.
            if Task.isCancelled { throw IssuanceFailure.cancelled }
            metrics.issued(issuer: record.token.configuredIssuer ?? CAMetrics.unknownIssuer)
            return issued
        } catch {
            let failure = RequestFailure(error)
            // Who set the deadline counts and logs that it has passed; the record is ours.
            if failure.status.code == .cancelled, RequestDeadline.hasPassed {
                throw await recordFailed(RequestFailure(APIStatus.deadlineExceeded), record, origin)
            }
            throw await failed(failure, record, origin, logger)
        }
    }

    /// Throws when a request would be refused whatever it says, so that nobody need look at it.
    func requireRoom() throws(APIStatus) {
        if limits.signing.isFull { throw .overloaded }
    }

    /// Counts, logs and records a request that could not be read, and answers with its status.
    func refusedUnread(_ status: APIStatus, origin: RequestOrigin, logger: Logger) async -> APIStatus {
        await failed(RequestFailure(status), IssuanceRecord(), origin, logger)
    }

    private func recordIssued(_ record: IssuanceRecord, _ origin: RequestOrigin) async throws(IssuanceFailure) {
        guard let audit else { return }
        do {
            try await audit.append(
                AuditRecord(.issued, reason: nil, of: record, from: origin, namesSubject: audit.namesSubjects))
        } catch {
            if audit.isRequired { throw .backend(cause: "the audit stream cannot be written") }
        }
    }

    private func failed(
        _ failure: RequestFailure, _ record: IssuanceRecord, _ origin: RequestOrigin, _ logger: Logger
    ) async -> APIStatus {
        if failure.isRefusal {
            metrics.refused(failure.reason, issuer: record.token.configuredIssuer)
        } else {
            metrics.failed(failure.reason)
        }
        failure.log(to: logger)
        return await recordFailed(failure, record, origin)
    }

    private func recordFailed(
        _ failure: RequestFailure, _ record: IssuanceRecord, _ origin: RequestOrigin
    ) async -> APIStatus {
        if let audit {
            // A refusal stays one when nobody can be told of it; the stream itself counts what it loses.
            try? await audit.append(
                AuditRecord(
                    failure.isRefusal ? .refused : .failed, reason: failure.reason, of: record, from: origin,
                    namesSubject: audit.namesSubjects))
        }
        return failure.status
    }
}
