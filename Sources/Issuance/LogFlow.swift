package import CertificateTransparency
internal import OpenSSL

/// How what is issued gets into logs (CA specification 6.1).
package enum LogFlow: Sendable {
    /// A precertificate goes to every log at once, and the certificate carries one timestamp of each.
    case embedded([any CertificateLog])
    /// The certificate goes to one log as it is, and the timestamp stands beside it.
    case detached(any CertificateLog)
    /// Nothing is logged: nobody can see what was issued.
    case none

    /// Makes the certificate of a template; the template is used up.
    ///
    /// A certificate with embedded timestamps is signed only after every log has answered, and every timestamp
    /// is verified over the certificate before that leaves. Throws `IssuanceFailure`, and what the CA's key throws.
    func certify(
        _ template: consuming LintedTemplate, issuing: IssuingCertificate
    ) async throws -> IssuedCertificate {
        switch self {
        case .embedded(let logs):
            let precertificate = try await template.sign(with: issuing.key)
            // A crash before this returns leaves a precertificate that nobody saw, or an entry without a certificate.
            let timestamps = try await Self.timestamps(of: logs, precertificate.certificate, issuing.chain)
            let certificate = try await precertificate.finish(try Self.list(of: timestamps), with: issuing.key)
            for (log, timestamp) in zip(logs, timestamps) {
                try log.verify(timestamp, finalCertificate: certificate, issuer: issuing.certificate)
            }
            return IssuedCertificate(
                certificate: certificate, chainPEM: issuing.chainPEM, timestamps: .embedded(timestamps))
        case .detached(let log):
            let certificate = try await template.signCertificate(with: issuing.key)
            let timestamp = try await Self.answer {
                try await log.submit(certificate: certificate, chain: issuing.chain)
            }
            try log.verify(timestamp, certificate: certificate)
            return IssuedCertificate(
                certificate: certificate, chainPEM: issuing.chainPEM, timestamps: .detached(timestamp))
        case .none:
            let certificate = try await template.signCertificate(with: issuing.key)
            return IssuedCertificate(certificate: certificate, chainPEM: issuing.chainPEM, timestamps: .none)
        }
    }

    /// One timestamp of each log, in the order of the logs; one that gives none ends the wait for the others.
    private static func timestamps(
        of logs: [any CertificateLog], _ precertificate: Certificate, _ chain: [Certificate]
    ) async throws -> [SignedCertificateTimestamp] {
        // A single log is waited for without a task of its own.
        if logs.count == 1, let log = logs.first {
            return [try await answer { try await log.submit(precertificate: precertificate, chain: chain) }]
        }
        return try await withThrowingTaskGroup(of: (Int, SignedCertificateTimestamp).self) { group in
            defer { group.cancelAll() }
            for (position, log) in logs.enumerated() {
                group.addTask {
                    (position, try await answer { try await log.submit(precertificate: precertificate, chain: chain) })
                }
            }
            var answers: [(position: Int, timestamp: SignedCertificateTimestamp)] = []
            for try await answer in group { answers.append(answer) }
            return answers.sorted { $0.position < $1.position }.map(\.timestamp)
        }
    }

    /// What a log answers, or why there is no certificate.
    private static func answer(
        _ submit: () async throws -> SignedCertificateTimestamp
    ) async throws(IssuanceFailure) -> SignedCertificateTimestamp {
        do {
            return try await submit()
        } catch is CancellationError {
            throw .cancelled
        } catch let failure as LogFailure {
            guard let seconds = failure.retryAfter else { throw .transparencyLog(cause: "\(failure)") }
            throw .transparencyLogBusy(retryAfterSeconds: seconds, cause: "\(failure)")
        } catch let failure as RemoteLogFailure {
            throw .transparencyLog(cause: "\(failure)", answer: failure.answer)
        } catch {
            throw .transparencyLog(cause: "\(error)")
        }
    }

    /// The extension with the timestamps.
    ///
    /// Two timestamps of one log would be counted as two logs by some clients.
    private static func list(of timestamps: [SignedCertificateTimestamp]) throws -> CertificateExtension {
        guard Set(timestamps.map(\.logID)).count == timestamps.count,
            let list = SignedCertificateTimestampList(timestamps)
        else { throw IssuanceFailure.transparencyLog(cause: "no log answered, or two answered under one id") }
        return try list.certificateExtension()
    }
}
