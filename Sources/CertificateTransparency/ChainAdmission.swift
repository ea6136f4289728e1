package import OpenSSL
internal import Synchronization

/// Decides which certificates and precertificates the log takes (transparency-log 4.2), cheap checks first.
///
/// Expiry, revocation, name constraints, path lengths and unknown extensions are no concern of a log: it records.
package final class ChainAdmission: Sendable {
    /// A certificate or precertificate that may be logged.
    package struct Admitted: Hashable, Sendable {
        /// The entry for it.
        package let entry: LogEntry
        /// The precertificate as submitted; nil beside an `x509Entry`.
        package let precertificate: [UInt8]?
        /// The chain in DER, from the direct issuer up to and including the accepted root.
        package let chain: [[UInt8]]

        /// What somebody else has checked, or made for a log that nobody trusts, such as that of a benchmark.
        package init(entry: LogEntry, precertificate: [UInt8]?, chain: [[UInt8]]) {
            (self.entry, self.precertificate, self.chain) = (entry, precertificate, chain)
        }
    }

    /// The most certificates of a chain, the submitted one included.
    package static let maximumChainCount = 10

    /// The most bytes of one certificate.
    package static let maximumCertificateByteCount = 32 << 10

    /// The most bytes of all of them.
    package static let maximumChainByteCount = 64 << 10

    private let roots: [Certificate]
    private let window: Range<Timestamp>
    private let profile: OwnProfile?

    /// Chains that led to a root before; a CA always comes with the same one.
    private let verified = Mutex<[[SHA256Digest]: VerifiedChain]>([:])

    /// More chains than any CA has at a time; beyond it the memory starts anew.
    private static let rememberedChainCount = 16

    private struct VerifiedChain {
        let certificates: [[UInt8]]
        let issuerKey: PublicKey

        var issuerKeyHash: SHA256Digest { issuerKey.subjectPublicKeyInfo.sha256 }
    }

    /// What is asked of certificates of the log's own CA besides (4.2, items 3 and 6); nothing of the kind of others.
    package struct OwnProfile: Sendable {
        /// The longest life from the first to the last second, in milliseconds.
        package static let maximumLifetime: UInt64 = 3_600_000

        /// How far the first second may be ahead of the clock, in milliseconds.
        package static let maximumAhead: UInt64 = 600_000

        private let now: @Sendable () -> Timestamp

        /// The profile by a wall clock.
        package init(now: @escaping @Sendable () -> Timestamp) {
            self.now = now
        }

        fileprivate func check(_ certificate: Certificate) throws(LogRefusal) {
            let time = now()
            guard certificate.notAfter <= certificate.notBefore.adding(milliseconds: Self.maximumLifetime) else {
                throw .livesTooLong
            }
            guard certificate.notBefore <= time.adding(milliseconds: Self.maximumAhead) else { throw .notYetValid }
            // The last second is valid to its end.
            guard time < certificate.notAfter.adding(milliseconds: 1000) else { throw .expired }
        }
    }

    /// Admission to a log with these accepted roots and this window for the last second of validity.
    ///
    /// With a profile only certificates that the log's own CA has just made are admitted.
    package init(roots: [Certificate], window: Range<Timestamp>, profile: OwnProfile? = nil) {
        self.roots = roots
        self.window = window
        self.profile = profile
    }

    /// Checks a precertificate with its chain, issuing certificate first; the root may be left out.
    package func admit(_ precertificate: Certificate, chain: [Certificate]) throws(LogRefusal) -> Admitted {
        try Self.checkSizes(precertificate, chain)
        let stripped = try Self.strip(precertificate)
        try checkFields(precertificate)
        if let issuer = chain.first, issuer.hasExtendedKeyUsage(.precertificateSigning) {
            throw .issuedByPrecertificateSigningCertificate
        }
        let path = try verifiedPath(of: precertificate, chain)
        let entry = LogEntry.precertEntry(issuerKeyHash: path.issuerKeyHash, tbsCertificate: stripped.der)
        return Admitted(entry: entry, precertificate: precertificate.der, chain: path.certificates)
    }

    /// Checks a certificate with its chain, issuing certificate first; the root may be left out.
    ///
    /// Timestamps that it carries do not matter: a certificate is another entry than its precertificate (1.7.4).
    package func admit(certificate: Certificate, chain: [Certificate]) throws(LogRefusal) -> Admitted {
        try Self.checkSizes(certificate, chain)
        guard certificate.tbsCertificate.version == 3 else { throw .malformedCertificate }
        if let poison = certificate.firstExtension(.precertificatePoison) {
            throw StrippedTBSCertificate.isWellFormed(poison: poison) ? .notACertificate : .malformedPoison
        }
        try checkFields(certificate)
        let path = try verifiedPath(of: certificate, chain)
        return Admitted(
            entry: .x509Entry(certificate: certificate.der), precertificate: nil, chain: path.certificates)
    }

    /// What costs nothing: count and sizes, before a single byte is interpreted further.
    private static func checkSizes(_ certificate: Certificate, _ chain: [Certificate]) throws(LogRefusal) {
        guard chain.count < maximumChainCount else { throw .chainIsTooLong }
        let sizes = [certificate.der.count] + chain.map(\.der.count)
        guard sizes.allSatisfy({ $0 <= maximumCertificateByteCount }), sizes.reduce(0, +) <= maximumChainByteCount
        else { throw .certificateIsTooLarge }
    }

    private func checkFields(_ certificate: Certificate) throws(LogRefusal) {
        guard !certificate.isAuthority else { throw .certificateIsAnAuthority }
        guard window.contains(certificate.notAfter) else { throw .expiryOutsideWindow }
        try profile?.check(certificate)
        guard certificate.hasExtendedKeyUsage(.codeSigning) else { throw .notForCodeSigning }
    }

    /// The chain up to the root, after its signatures and that of the certificate itself.
    private func verifiedPath(
        of certificate: Certificate, _ submitted: [Certificate]
    ) throws(LogRefusal) -> VerifiedChain {
        guard certificate.hasAcceptedSignatureAlgorithm else { throw .unknownSignatureAlgorithm }
        var chain = submitted
        if chain.isEmpty {
            guard let root = roots.first(where: { certificate.isIssued(by: $0) }) else { throw .chainIsEmpty }
            chain = [root]
        }
        let path = try verifiedChain(chain)
        guard certificate.issuer == chain.first?.subject, certificate.isSigned(by: path.issuerKey) else {
            throw .notIssuedByNext(position: 0)
        }
        return path
    }

    private static func strip(_ precertificate: Certificate) throws(LogRefusal) -> StrippedTBSCertificate {
        do {
            return try StrippedTBSCertificate(precertificate: precertificate)
        } catch {
            switch error {
            case .notPoisoned: throw .notAPrecertificate
            case .malformedPoison: throw .malformedPoison
            case .hasTimestamps: throw .precertificateHasTimestamps
            case .malformed, .poisoned, .hasNoTimestamps: throw .malformedCertificate
            }
        }
    }

    private func verifiedChain(_ chain: [Certificate]) throws(LogRefusal) -> VerifiedChain {
        let fingerprints = chain.map(\.fingerprint)
        if let known = verified.withLock({ $0[fingerprints] }) { return known }
        let path = try verify(chain)
        verified.withLock { known in
            if known.count >= Self.rememberedChainCount { known.removeAll() }
            known[fingerprints] = path
        }
        return path
    }

    /// Checks the chain in the order submitted: nothing is sorted, fetched or left over.
    private func verify(_ chain: [Certificate]) throws(LogRefusal) -> VerifiedChain {
        for (offset, certificate) in chain.enumerated() {
            // An accepted root may be whatever its operator says it is; everyone else must be an authority.
            guard certificate.mayIssue || roots.contains(certificate) else { throw .notIssuedByNext(position: offset) }
        }
        for (offset, pair) in zip(chain, chain.dropFirst()).enumerated() {
            guard pair.0.hasAcceptedSignatureAlgorithm else { throw .unknownSignatureAlgorithm }
            guard !roots.contains(pair.0) else { throw .chainDoesNotEndInAcceptedRoot }
            guard pair.0.isIssued(by: pair.1) else { throw .notIssuedByNext(position: offset + 1) }
        }
        guard let first = chain.first, let last = chain.last else { throw .chainIsEmpty }
        let issuerKey: PublicKey
        do { issuerKey = try PublicKey(first.subjectPublicKeyInfo) } catch { throw .unknownSignatureAlgorithm }
        if roots.contains(last) { return VerifiedChain(certificates: chain.map(\.der), issuerKey: issuerKey) }
        // Several roots may have one name: the signature tells which one it was.
        guard last.hasAcceptedSignatureAlgorithm, let root = roots.first(where: { last.isIssued(by: $0) }) else {
            throw .chainDoesNotEndInAcceptedRoot
        }
        return VerifiedChain(certificates: (chain + [root]).map(\.der), issuerKey: issuerKey)
    }
}
