internal import Identity
internal import Yams

/// Takes an identity configuration apart and collects what is wrong with it (CA specification 2.6).
struct IssuerFileReader {
    private(set) var mistakes: [String] = []
    private(set) var warnings: [String] = []

    /// Those of the warnings that are about keys without a meaning.
    private(set) var unknownKeys: [String] = []
    private let isJSON: Bool

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    /// The issuers of the document; of no use when there are mistakes.
    mutating func read(_ root: Node.Mapping) -> IssuerConfiguration {
        let fields = IssuerFileFields(root)
        check(fields, "", known: Self.sections)
        let providers = section("ci-issuer-metadata", of: fields)
            .compactMap { item in provider(item.name, item.node) }
        if ["oidc-issuers", "meta-issuers"].allSatisfy({ fields.node(Self.spelling($0, Self.sections)) == nil }) {
            mistakes.append("the file names no issuers: oidc-issuers and meta-issuers are missing")
        }
        let issuers = section("oidc-issuers", of: fields)
            .compactMap { item in issuer(item.name, item.node, providers) }
        let metaIssuers = section("meta-issuers", of: fields)
            .compactMap { item in metaIssuer(item.name, item.node, providers) }
        warnOfOverlaps(metaIssuers)
        return IssuerConfiguration(issuers: issuers, metaIssuers: metaIssuers)
    }

    /// Adds a mistake for each issuer that speaks for hosts of somebody else's registrable domain.
    mutating func refuse(_ crossing: [CrossDomain], under suffixes: PublicSuffixList) {
        mistakes += crossing.filter { !suffixes.permits($0.domain, for: $0.issuer) }.map {
            "issuer \($0.name): the hosts are of different registrable domains: \($0.domain), \($0.issuer)"
        }
    }

    private mutating func section(_ name: String, of fields: IssuerFileFields) -> [(name: String, node: Node)] {
        guard let node = fields.node(Self.spelling(name, Self.sections)), node.null == nil else { return [] }
        guard let mapping = node.mapping else {
            mistakes.append("\(line(node))\(name) is not a mapping")
            return []
        }
        mistakes += IssuerFileFields(mapping).duplicates.map { "\(line(node))\(name): \($0) stands twice" }
        return mapping.map { ($0.key.string ?? "", $0.value) }
    }

    // MARK: Issuers

    private mutating func issuer(_ url: String, _ node: Node, _ providers: [CIProviderMetadata]) -> OIDCIssuer? {
        let context = "\(line(node))issuer \(url): "
        guard let fields = fields(node, context, known: Self.issuerKeys) else { return nil }
        if text("issuer-url", fields, context) != url {
            mistakes.append("\(context)the key of oidc-issuers differs from issuer-url")
        }
        let entry = entry(fields, context)
        do {
            return try OIDCIssuer(url: url, entry: entry, providers: providers)
        } catch {
            mistakes += error.messages.map { context + $0 }
            return nil
        }
    }

    private mutating func metaIssuer(
        _ pattern: String, _ node: Node, _ providers: [CIProviderMetadata]
    ) -> MetaIssuer? {
        let context = "\(line(node))meta issuer \(pattern): "
        guard let fields = fields(node, context, known: Self.issuerKeys) else { return nil }
        let entry = entry(fields, context)
        do {
            return try MetaIssuer(pattern: pattern, entry: entry, providers: providers)
        } catch {
            mistakes += error.messages.map { context + $0 }
            return nil
        }
    }

    private mutating func entry(_ fields: IssuerFileFields, _ context: String) -> IssuerEntry {
        var entry = IssuerEntry()
        entry.clientID = text("client-id", fields, context)
        entry.type = text("type", fields, context)
        entry.ciProvider = text("ci-provider", fields, context)
        entry.issuerClaim = text("issuer-claim", fields, context)
        entry.subjectDomain = text("subject-domain", fields, context)
        entry.spiffeTrustDomain = text("spiffe-trust-domain", fields, context)
        entry.challengeClaim = text("challenge-claim", fields, context)
        entry.trustRoots = text("ca-cert", fields, context)
        entry.skipEmailVerification = flag("skip-email-verification", fields, context)
        for name in ["description", "contact", "environment"] { _ = text(name, fields, context) }
        return entry
    }

    private mutating func warnOfOverlaps(_ issuers: [MetaIssuer]) {
        for (index, first) in issuers.enumerated() {
            for second in issuers[(index + 1)...]
            where first.settings != second.settings && first.pattern.mayOverlap(second.pattern) {
                warnings.append(
                    "the patterns \(first.pattern.text) and \(second.pattern.text) may match one issuer;"
                        + " the one with more literal characters counts")
            }
        }
    }

    // MARK: CI systems

    private mutating func provider(_ name: String, _ node: Node) -> CIProviderMetadata? {
        let context = "\(line(node))ci-issuer-metadata \(name): "
        guard let fields = fields(node, context, known: Self.providerKeys) else { return nil }
        let defaults = texts("default-template-values", fields, context)
        let known = FulcioExtension.allCases.compactMap { item in
            item.yamlKey.flatMap { yaml in item.jsonKey.map { (item, yaml, $0) } }
        }
        var extensions: [(FulcioExtension, String)] = []
        for (key, template) in texts("extension-templates", fields, context) {
            guard let item = known.first(where: { $0.1 == key || $0.2 == key })?.0 else {
                warnings.append("\(context)unknown extension \(key) is ignored")
                continue
            }
            if extensions.contains(where: { $0.0 == item }) {
                mistakes.append("\(context)the extension \(key) stands twice")
            }
            extensions.append((item, template))
        }
        let name = (name, text("subject-alternative-name-template", fields, context))
        do {
            return try CIProviderMetadata(
                name: name.0, defaults: defaults, extensions: extensions, subjectAlternativeName: name.1)
        } catch {
            mistakes += error.messages.map { context + $0 }
            return nil
        }
    }

    // MARK: Values

    private mutating func fields(
        _ node: Node, _ context: String, known: [(String, String)]
    ) -> IssuerFileFields? {
        guard let mapping = node.mapping else {
            mistakes.append("\(context)not a mapping")
            return nil
        }
        let fields = IssuerFileFields(mapping)
        check(fields, context, known: known)
        return fields
    }

    private mutating func check(_ fields: IssuerFileFields, _ context: String, known: [(String, String)]) {
        mistakes += fields.duplicates.map { "\(context)the key \($0) stands twice" }
        for (yaml, json) in known where yaml != json && fields.names.contains(yaml) && fields.names.contains(json) {
            mistakes.append("\(context)\(yaml) and \(json) are the same key")
        }
        let unknown = fields.names.filter { name in !known.contains { $0.0 == name || $0.1 == name } }
            .map { "\(context)unknown key \($0) is ignored" }
        unknownKeys += unknown
        warnings += unknown
    }

    private mutating func text(_ name: String, _ fields: IssuerFileFields, _ context: String) -> String {
        guard let node = fields.node(Self.spelling(name, Self.issuerKeys + Self.providerKeys)) else { return "" }
        return text(node, context + name)
    }

    private mutating func text(_ node: Node, _ what: String) -> String {
        guard node.null == nil else { return "" }
        guard let scalar = node.scalar, !isJSON || scalar.style == .doubleQuoted else {
            mistakes.append("\(what) is not a text")
            return ""
        }
        return scalar.string
    }

    private mutating func texts(
        _ name: String, _ fields: IssuerFileFields, _ context: String
    ) -> [(String, String)] {
        guard let node = fields.node(Self.spelling(name, Self.providerKeys)), node.null == nil else { return [] }
        guard let mapping = node.mapping else {
            mistakes.append("\(context)\(name) is not a mapping")
            return []
        }
        mistakes += IssuerFileFields(mapping).duplicates.map { "\(context)\(name): \($0) stands twice" }
        return mapping.map { key, value in
            let key = key.string ?? ""
            return (key, text(value, "\(context)\(name) \(key)"))
        }
    }

    private mutating func flag(_ name: String, _ fields: IssuerFileFields, _ context: String) -> Bool {
        guard let node = fields.node(Self.spelling(name, Self.issuerKeys)), node.null == nil else { return false }
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any, let flag = node.bool else {
            mistakes.append("\(context)\(name) is neither true nor false")
            return false
        }
        return flag
    }

    /// Where a node stands, as the beginning of a line about it.
    private func line(_ node: Node) -> String {
        node.mark.map { "line \($0.line): " } ?? ""
    }

    private static func spelling(_ name: String, _ known: [(String, String)]) -> (String, String) {
        known.first { $0.0 == name } ?? (name, name)
    }

    private static let sections = [
        ("oidc-issuers", "OIDCIssuers"), ("meta-issuers", "MetaIssuers"), ("ci-issuer-metadata", "CIIssuerMetadata"),
    ]

    /// The keys of an issuer in YAML and in JSON.
    private static let issuerKeys = [
        ("issuer-url", "IssuerURL"), ("client-id", "ClientID"), ("type", "Type"), ("ci-provider", "CIProvider"),
        ("issuer-claim", "IssuerClaim"), ("subject-domain", "SubjectDomain"),
        ("spiffe-trust-domain", "SPIFFETrustDomain"), ("challenge-claim", "ChallengeClaim"),
        ("description", "Description"), ("contact", "Contact"), ("environment", "Environment"),
        ("ca-cert", "CACert"), ("skip-email-verification", "SkipEmailVerification"),
    ]

    /// The keys of the description of a CI system in YAML and in JSON.
    private static let providerKeys = [
        ("default-template-values", "DefaultTemplateValues"), ("extension-templates", "ExtensionTemplates"),
        ("subject-alternative-name-template", "SubjectAlternativeNameTemplate"),
    ]
}
