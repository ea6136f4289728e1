package import OpenSSL
internal import Synchronization
internal import TransparencyLog

/// Our own log in shards: each entry goes to the newest shard whose window has its last second (transparency-log 4.2).
///
/// The one place that chooses a shard. Timestamps are verified by the shard whose log ID they carry, so that a request
/// ends with the shard that it began with.
package final class ShardedLog: CertificateLog {
    private let current: Mutex<[LocalLog]>

    /// A log of these shards, oldest first.
    package init(_ shards: [LocalLog]) {
        current = Mutex(shards)
    }

    /// The shards that were added so far, oldest first.
    package var shards: [LocalLog] { current.withLock { $0 } }

    /// Lets entries go to a further shard, the newest from now on; one that is there already stays where it is.
    package func append(_ log: LocalLog) {
        current.withLock { shards in
            guard !shards.contains(where: { $0.parameters.logID == log.parameters.logID }) else { return }
            shards.append(log)
        }
    }

    /// The shard for certificates that expire at a time: the newest open one whose window has it; nil for none.
    ///
    /// `other` is left out.
    package func shard(forNotAfter time: Timestamp, otherThan other: LocalLog? = nil) -> LocalLog? {
        shards.last { $0.isOpen && $0 !== other && $0.parameters.window.contains(time) }
    }

    /// The end of the last window of an open shard; nil when none is open.
    package var windowEnd: Timestamp? {
        shards.filter(\.isOpen).map(\.parameters.window.upperBound).max()
    }

    /// The roots that every open shard accepts; of the newest shard when none is open.
    package var roots: [Certificate] {
        let open = shards.filter(\.isOpen)
        guard let newest = open.last ?? shards.last else { return [] }
        return newest.roots.filter { root in open.allSatisfy { $0.roots.contains(root) } }
    }

    package var name: String { shards.last?.name ?? "" }

    package func submit(
        precertificate: Certificate, chain: [Certificate]
    ) async throws -> SignedCertificateTimestamp {
        try await submit(notAfter: precertificate.notAfter) {
            try await $0.submit(precertificate: precertificate, chain: chain)
        }
    }

    package func submit(certificate: Certificate, chain: [Certificate]) async throws -> SignedCertificateTimestamp {
        try await submit(notAfter: certificate.notAfter) {
            try await $0.submit(certificate: certificate, chain: chain)
        }
    }

    /// Submits to the shard of a last second; throws `LogFailure.noShard` without one.
    private func submit(
        notAfter: Timestamp, _ submit: (LocalLog) async throws -> SignedCertificateTimestamp
    ) async throws -> SignedCertificateTimestamp {
        while let shard = shard(forNotAfter: notAfter) {
            do {
                return try await submit(shard)
            } catch LogFailure.notSequenced(.closed) where !shard.isOpen {
                // It was closed after it had been chosen and took nothing; a closed one is never chosen again.
                continue
            }
        }
        throw LogFailure.noShard(notAfter: notAfter)
    }

    package func verify(
        _ timestamp: SignedCertificateTimestamp, finalCertificate: Certificate, issuer: Certificate
    ) throws(IssuedCertificateMismatch) {
        try shard(of: timestamp).verify(timestamp, finalCertificate: finalCertificate, issuer: issuer)
    }

    package func verify(
        _ timestamp: SignedCertificateTimestamp, certificate: Certificate
    ) throws(IssuedCertificateMismatch) {
        try shard(of: timestamp).verify(timestamp, certificate: certificate)
    }

    private func shard(of timestamp: SignedCertificateTimestamp) throws(IssuedCertificateMismatch) -> LocalLog {
        guard let shard = shards.first(where: { $0.parameters.logID == timestamp.logID }) else { throw .otherLog }
        return shard
    }
}
