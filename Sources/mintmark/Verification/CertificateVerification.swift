internal import CertificateTransparency
internal import Monitor
internal import OpenSSL
internal import TransparencyLog

/// Verifies a certificate as a stranger would: with roots and a log key got beforehand, and what is public besides.
struct CertificateVerification {
    /// What the stranger trusts.
    struct Trust {
        /// The roots, to one of which the chain must lead.
        let roots: [Certificate]
        /// The key of the log.
        let logKey: PublicKey
        /// The name of the log; nil takes the one in the checkpoint, whose signature tells that it is this key's.
        let origin: Origin?
    }

    /// What the certificate must say; nil leaves it open.
    struct Expectation {
        /// The one name that it must have.
        var identity: String?
        /// Who must have vouched for that name.
        var oidcIssuer: String?
        /// The key that it must certify.
        var key: SubjectPublicKeyInfo?
    }

    /// Where the proof is from that the entry is in the log.
    enum Inclusion {
        /// Nobody asks for it.
        case unchecked
        /// The log itself, as it is now.
        case live(LogClient)
        /// A proof that came with the certificate.
        case offline(TLogProof)
    }

    /// The parts of a verification, in their order.
    enum Step: String, CaseIterable {
        case profile, identity, timestamp, chain, inclusion
    }

    /// A step that passed, in words.
    struct Passed {
        let step: Step
        let text: String
    }

    /// Why a certificate is not what it should be.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }

        init(_ step: Step, _ reason: String) {
            description = "\(step.rawValue): \(reason)"
        }
    }

    let certificate: Certificate
    /// The certificates that came with it, in any order.
    let chain: [Certificate]
    let trust: Trust
    let expectation: Expectation
    let inclusion: Inclusion
    /// A timestamp that came beside the certificate, of a log that has the certificate as it is.
    var detached: SignedCertificateTimestamp?

    /// Runs every check and tells each that passed; throws at the first that does not.
    func run(now: Timestamp, _ passed: (Passed) -> Void) async throws {
        passed(Passed(step: .profile, text: try checkProfile()))
        if let text = try checkContent() { passed(Passed(step: .identity, text: text)) }
        let issuer = try directIssuer()
        let (timestamp, leaf) = try checkTimestamp(issuer)
        let place = timestamp.leafIndex.map { "for entry \($0.value)" } ?? "which names no index"
        passed(
            Passed(
                step: .timestamp,
                text: "the log's timestamp of \(timestamp.timestamp.rfc3339), \(place), verifies with the log key"))
        passed(Passed(step: .chain, text: try checkChain(at: timestamp.timestamp, now: now)))
        let (index, head) = try await checkInclusion(of: leaf, timestamp) ?? (nil, nil)
        guard let index, let head else { return }
        passed(
            Passed(
                step: .inclusion,
                text: "entry \(index.value) is in the tree of the \(head.size.value) entries that the log signed at "
                    + head.timestamp.rfc3339))
    }

    private func checkProfile() throws(Failure) -> String {
        guard certificate.firstExtension(.precertificatePoison) == nil else {
            throw Failure(.profile, "this is a precertificate, which is no certificate")
        }
        guard !certificate.isAuthority else { throw Failure(.profile, "this is the certificate of an authority") }
        guard certificate.extendedKeyUsages == [.codeSigning] else {
            throw Failure(.profile, "the certificate is not for code signing alone")
        }
        return "the certificate is for code signing, and no authority's"
    }

    private func checkContent() throws(Failure) -> String? {
        let description = CertificateDescription(certificate)
        var parts: [String] = []
        if let identity = expectation.identity {
            guard description.names == [identity] else {
                let names = description.names.joined(separator: ", ").debugQuoted
                throw Failure(.identity, "the certificate names \(names), not \(identity.debugQuoted)")
            }
            parts.append("it names \(identity.debugQuoted)")
        }
        if let issuer = expectation.oidcIssuer {
            let found = description.oidcIssuers
            guard !found.isEmpty, found.allSatisfy({ $0.utf8.elementsEqual(issuer.utf8) }) else {
                let other = (found.first ?? "nobody").debugQuoted
                throw Failure(.identity, "its name was vouched for by \(other), not \(issuer.debugQuoted)")
            }
            parts.append("\(issuer.debugQuoted) vouched for that")
        }
        if let key = expectation.key {
            guard certificate.subjectPublicKeyInfo == key else {
                throw Failure(.identity, "the certificate is for another key")
            }
            parts.append("it certifies the key we made")
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", and ")
    }

    /// The certificate that issued this one, from those that came with it and the roots.
    private func directIssuer() throws(Failure) -> Certificate {
        guard let issuer = (chain + trust.roots).first(where: { certificate.isIssued(by: $0) }) else {
            throw Failure(.chain, "none of the certificates at hand issued it")
        }
        return issuer
    }

    private func checkTimestamp(
        _ issuer: Certificate
    ) throws(Failure) -> (SignedCertificateTimestamp, MerkleTreeLeaf) {
        let logID = trust.logKey.subjectPublicKeyInfo.sha256
        let all = detached.map { [$0] } ?? CertificateDescription(certificate).timestamps
        guard !all.isEmpty else { throw Failure(.timestamp, "the certificate carries no readable timestamp") }
        guard let timestamp = all.first(where: { $0.logID == logID }) else {
            throw Failure(.timestamp, "its timestamp is of log \(all[0].logID.hex), not of \(logID.hex)")
        }
        let leaf: MerkleTreeLeaf
        do throws(StrippedTBSCertificate.Refusal) {
            leaf =
                detached == nil
                ? try timestamp.leaf(finalCertificate: certificate, issuer: issuer)
                : timestamp.leaf(certificate: certificate)
        } catch {
            throw Failure(.timestamp, "the entry cannot be made of the certificate: \(error)")
        }
        do throws(TLSDecodingError) {
            _ = try LeafIndexExtension.index(in: timestamp.extensions)
        } catch {
            throw Failure(.timestamp, "its extensions cannot be read: \(error)")
        }
        guard timestamp.isValid(for: leaf, key: trust.logKey) else {
            throw Failure(.timestamp, "its signature does not verify with the log key")
        }
        return (timestamp, leaf)
    }

    private func checkChain(at time: Timestamp, now: Timestamp) throws(Failure) -> String {
        var failure: CertificatePathError?
        for root in trust.roots {
            do throws(CertificatePathError) {
                try CertificatePath.verify(certificate, intermediates: chain, anchor: root, at: time)
                let words = "the chain leads to \(DistinguishedName.description(of: root.subject)), and all of it was "
                return words + "valid when the entry was logged; the certificate is \(validity(now))"
            } catch {
                // Roots that have nothing to do with it say only that they have not.
                if failure?.isUnknownAuthority != false { failure = error }
            }
        }
        throw Failure(.chain, "at the time of the timestamp, \(time.rfc3339): \(failure.map { "\($0)" } ?? "no root")")
    }

    private func validity(_ now: Timestamp) -> String {
        if now < certificate.notBefore { return "not valid before \(certificate.notBefore.rfc3339)" }
        let isOver = certificate.notAfter.adding(milliseconds: 999) < now
        return isOver ? "expired since \(certificate.notAfter.rfc3339)" : "valid now"
    }

    // MARK: Inclusion

    private func checkInclusion(
        of leaf: MerkleTreeLeaf, _ timestamp: SignedCertificateTimestamp
    ) async throws -> (LeafIndex?, TreeHead?)? {
        let hash = try leaf.hash()
        switch inclusion {
        case .unchecked: return nil
        case .offline(let proof):
            let head = try head(of: proof)
            return (try judge(hash, proof.index, proof.proof, head, timestamp), head)
        case .live(let client):
            let head = try await client.head().head
            let (index, proof) = try await fetchProof(of: hash, timestamp, client, head)
            return (try judge(hash, index, proof, head, timestamp), head)
        }
    }

    private func head(of proof: TLogProof) throws -> TreeHead {
        let named = proof.checkpoint.prefix { $0 != 0x0A }
        guard let origin = trust.origin ?? Origin(String(decoding: named, as: UTF8.self)) else {
            throw Failure(.inclusion, "the checkpoint names no log")
        }
        do throws(CheckpointError) {
            return try Checkpoint(parsing: proof.checkpoint, origin: origin, key: trust.logKey).signedTreeHead.head
        } catch {
            throw Failure(.inclusion, "the checkpoint of the proof: \(error.reason(origin: origin))")
        }
    }

    private func fetchProof(
        of hash: SHA256Digest, _ timestamp: SignedCertificateTimestamp, _ client: LogClient, _ head: TreeHead
    ) async throws -> (LeafIndex, InclusionProof) {
        guard let index = timestamp.leafIndex else {
            guard client.api == .rfc6962 else {
                throw Failure(.inclusion, "the timestamp names no index, which tiles are found by")
            }
            return try await client.proof(ofLeafHash: hash, in: head.size)
        }
        guard index.value < head.size.value else {
            throw Failure(.inclusion, "entry \(index.value) is beyond the \(head.size.value) entries of the log")
        }
        return (index, try await client.proof(of: hash, at: index, in: head.size))
    }

    private func judge(
        _ hash: SHA256Digest, _ index: LeafIndex, _ proof: InclusionProof, _ head: TreeHead,
        _ timestamp: SignedCertificateTimestamp
    ) throws(Failure) -> LeafIndex {
        if let promised = timestamp.leafIndex, promised != index {
            throw Failure(.inclusion, "the proof is for entry \(index.value), the timestamp for \(promised.value)")
        }
        guard timestamp.timestamp <= head.timestamp else {
            throw Failure(.inclusion, "the signed head is older than the timestamp")
        }
        guard proof.isValid(for: hash, at: index, in: head.size, root: head.root) else {
            throw Failure(.inclusion, "the proof does not lead from the entry to the root that the log signed")
        }
        return index
    }
}
