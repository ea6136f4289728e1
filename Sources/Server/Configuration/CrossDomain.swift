internal import Identity
internal import StrictJSON

/// An issuer whose subjects lie at another host than its own.
struct CrossDomain: Hashable {
    let name: String
    let issuer: String
    let domain: String

    /// Nil for kinds without a domain of subjects, and when both hosts are the same.
    init?(_ configured: ConfiguredIssuer) {
        let subjects = configured.settings.subjectDomain
        let host = IssuerName.url(configured.name).host
        let domain = subjects.contains("://") ? IssuerName.url(subjects).host : subjects
        guard !subjects.isEmpty, !domain.hasSameBytes(as: host) else { return nil }
        (name, issuer, self.domain) = (configured.name, host, domain)
    }
}
