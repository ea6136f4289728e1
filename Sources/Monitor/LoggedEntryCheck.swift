internal import CertificateTransparency
internal import OpenSSL
internal import TransparencyLog

/// Looks at one entry that a log shows, apart from the tree: position, time, form and chain.
struct LoggedEntryCheck {
    /// How the entry came; only tiles must have the leaf index.
    let api: LogAPI

    /// What must have issued it; nil looks at the form alone.
    let admission: ChainAdmission?

    /// What is wrong with an entry below a head, whose chain is nil when it could not be had.
    func problems(of entry: LoggedEntry, chain: [Certificate]?, head: TreeHead) -> [String] {
        var problems: [String] = []
        if head.timestamp < entry.leaf.timestamp {
            problems.append(
                "its timestamp \(entry.leaf.timestamp.milliseconds) is later than that of the head, "
                    + "\(head.timestamp.milliseconds)")
        }
        if let problem = indexProblem(entry) { problems.append(problem) }
        if let problem = certificateProblem(entry, chain) { problems.append(problem) }
        return problems
    }

    private func indexProblem(_ entry: LoggedEntry) -> String? {
        do throws(TLSDecodingError) {
            switch try LeafIndexExtension.index(in: entry.leaf.extensions) {
            case .some(let found) where found.value == entry.index: return nil
            case .some(let found): return "its leaf index is \(found.value)"
            case .none where api == .rfc6962: return nil
            case .none: return "it has no leaf index"
            }
        } catch {
            return "its extensions cannot be read: \(error)"
        }
    }

    private func certificateProblem(_ entry: LoggedEntry, _ chain: [Certificate]?) -> String? {
        let certificate: Certificate
        do throws(DERError) {
            certificate = try Certificate(der: entry.submitted)
        } catch {
            return "the \(entry.precertificate == nil ? "" : "pre")certificate is not well-formed: \(error.reason)"
        }
        switch entry.leaf.entry {
        case .x509Entry:
            guard certificate.firstExtension(.precertificatePoison) == nil else {
                return "a precertificate stands where a certificate should"
            }
        case .precertEntry(let issuerKeyHash, let tbs):
            if let problem = Precertificate(certificate).disagreement(with: tbs, issuer: chain?.first) {
                return problem
            }
            guard let chain else { return nil }
            let isSpecial = chain.first?.hasExtendedKeyUsage(.precertificateSigning) == true
            guard let issuer = isSpecial ? chain.dropFirst().first : chain.first else { return "it has no issuer" }
            guard issuer.subjectPublicKeyInfo.sha256 == issuerKeyHash else {
                return "the issuer_key_hash of the leaf is not the hash of its issuer's key"
            }
        }
        guard let admission, let chain else { return nil }
        return Self.chainProblem(certificate, entry, chain, admission)
    }

    private static func chainProblem(
        _ certificate: Certificate, _ entry: LoggedEntry, _ chain: [Certificate], _ admission: ChainAdmission
    ) -> String? {
        do throws(LogRefusal) {
            let admitted =
                entry.precertificate == nil
                ? try admission.admit(certificate: certificate, chain: chain)
                : try admission.admit(certificate, chain: chain)
            return admitted.entry == entry.leaf.entry ? nil : "the leaf is not what its certificate and chain make"
        } catch {
            return "it does not lead to the given CA: \(error)"
        }
    }
}
