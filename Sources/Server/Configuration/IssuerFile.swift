package import Identity
internal import Logging
internal import Yams

/// Reads a Fulcio identity configuration, in YAML or JSON, unchanged (CA specification 2.6).
///
/// Whoever may write this file decides which names are certified: guard it like the CA key.
package enum IssuerFile {
    /// The issuers of a file's text; throws every mistake at once.
    ///
    /// Keys that have no meaning here are named in `warnings`, as the files of public instances carry some.
    package static func issuers(in text: String, warnings: inout [String]) throws(ConfigurationMistakes) -> [OIDCIssuer]
    {
        let document: Node?
        do {
            document = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationMistakes(["parse: unmarshal: yaml: \(error)".replacingLineBreaks])
        }
        guard let root = document?.mapping else {
            throw ConfigurationMistakes(["the file names no issuers: expected a mapping with oidc-issuers"])
        }
        var reader = Reader()
        let issuers = reader.read(root)
        warnings += reader.warnings
        guard reader.mistakes.isEmpty else { throw ConfigurationMistakes(reader.mistakes) }
        return issuers
    }

    private struct Reader {
        var mistakes: [String] = []
        var warnings: [String] = []

        mutating func read(_ root: Node.Mapping) -> [OIDCIssuer] {
            let fields = Fields(root)
            mistakes += fields.duplicates.map { "the key \($0) stands twice" }
            for section in [("meta-issuers", "MetaIssuers"), ("ci-issuer-metadata", "CIIssuerMetadata")] {
                guard let node = fields.node(section), node.mapping?.isEmpty != true, node.null == nil else { continue }
                mistakes.append("\(section.0) is not supported by this version; remove the section")
            }
            let known = [
                "oidc-issuers", "OIDCIssuers", "meta-issuers", "MetaIssuers", "ci-issuer-metadata", "CIIssuerMetadata",
            ]
            warnings += fields.names.filter { !known.contains($0) }.map { "unknown key \($0) is ignored" }
            guard let node = fields.node(("oidc-issuers", "OIDCIssuers")) else {
                mistakes.append("the file names no issuers: oidc-issuers is missing")
                return []
            }
            guard let issuers = node.mapping else {
                mistakes.append("oidc-issuers is not a mapping from URLs to issuers")
                return []
            }
            let keys = Fields(issuers)
            mistakes += keys.duplicates.map { "the issuer \($0) stands twice" }
            return issuers.compactMap { key, value in issuer(key.string ?? "", value) }
        }

        private mutating func issuer(_ url: String, _ node: Node) -> OIDCIssuer? {
            guard let mapping = node.mapping else {
                mistakes.append("issuer \(url): not a mapping")
                return nil
            }
            let fields = Fields(mapping)
            mistakes += fields.duplicates.map { "issuer \(url): the key \($0) stands twice" }
            warnings += fields.names.filter { name in !Self.known.contains { $0.0 == name || $0.1 == name } }
                .map { "issuer \(url): unknown key \($0) is ignored" }
            if text("issuer-url", fields, url) != url {
                mistakes.append("issuer \(url): the key of oidc-issuers differs from issuer-url")
            }
            do {
                return try OIDCIssuer(
                    url: url, clientID: text("client-id", fields, url), type: text("type", fields, url),
                    issuerClaim: text("issuer-claim", fields, url),
                    skipEmailVerification: flag("skip-email-verification", fields, url),
                    challengeClaim: text("challenge-claim", fields, url), trustRoots: text("ca-cert", fields, url))
            } catch {
                mistakes += error.messages.map { "issuer \(url): \($0)" }
                return nil
            }
        }

        private mutating func text(_ name: String, _ fields: Fields, _ url: String) -> String {
            guard let node = fields.node(Self.spelling(name)), node.null == nil else { return "" }
            guard let scalar = node.scalar else {
                mistakes.append("issuer \(url): \(name) is not a text")
                return ""
            }
            return scalar.string
        }

        private mutating func flag(_ name: String, _ fields: Fields, _ url: String) -> Bool {
            guard let node = fields.node(Self.spelling(name)), node.null == nil else { return false }
            guard let flag = node.bool else {
                mistakes.append("issuer \(url): \(name) is neither true nor false")
                return false
            }
            return flag
        }

        private static func spelling(_ name: String) -> (String, String) {
            known.first { $0.0 == name } ?? (name, name)
        }

        /// The keys of an issuer in YAML and in JSON.
        private static let known = [
            ("issuer-url", "IssuerURL"), ("client-id", "ClientID"), ("type", "Type"), ("ci-provider", "CIProvider"),
            ("issuer-claim", "IssuerClaim"), ("subject-domain", "SubjectDomain"),
            ("spiffe-trust-domain", "SPIFFETrustDomain"), ("challenge-claim", "ChallengeClaim"),
            ("description", "Description"), ("contact", "Contact"), ("environment", "Environment"),
            ("ca-cert", "CACert"), ("skip-email-verification", "SkipEmailVerification"),
        ]
    }

    /// A mapping by the text of its keys.
    private struct Fields {
        let names: [String]
        private let nodes: [String: Node]

        init(_ mapping: Node.Mapping) {
            names = mapping.map { $0.key.string ?? "" }
            nodes = Dictionary(mapping.map { ($0.key.string ?? "", $0.value) }) { first, _ in first }
        }

        var duplicates: [String] {
            Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        }

        func node(_ spelling: (String, String)) -> Node? { nodes[spelling.0] ?? nodes[spelling.1] }
    }
}

extension String {
    /// The text on one line.
    fileprivate var replacingLineBreaks: String {
        split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
