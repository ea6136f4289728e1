/// A text that a template reads or spells (CA specification A.3).
enum TemplateValue: Hashable, Sendable {
    /// `.name`: a claim or default that must be there.
    case field(String)
    /// `index . "name"`: a claim or default, or nothing.
    case index(String)
    /// A string literal.
    case literal(String)

    /// The text among these values.
    func text(from values: ClaimValues) throws(CertificateContentRefusal) -> String {
        switch self {
        case .literal(let text): return text
        case .index(let name): return try values.text(of: name) ?? ""
        case .field(let name):
            guard let text = try values.text(of: name) else {
                throw CertificateContentRefusal(
                    "template: executing \"\" at <.\(name)>: map has no entry for key \"\(name)\"", missingClaim: name)
            }
            return text
        }
    }
}
