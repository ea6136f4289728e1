import StrictJSON

/// One value of a `ci-provider` configuration: the name of a claim, or a template over claims (CA specification 4.3).
package struct ClaimTemplate: Hashable, Sendable {
    private enum Form: Hashable, Sendable {
        case name(String)
        case template([TemplateNode])
    }

    /// The value as it was written.
    package let source: String
    private let form: Form

    /// Reads a value: a template when it contains `{{`, the name of a claim or a default otherwise.
    ///
    /// Throws for anything outside the language of A.3, so that mistakes are found when the configuration is loaded.
    package init(_ source: String) throws(TemplateError) {
        self.source = source
        form =
            source.contains("{{")
            ? .template(try TemplateParser.nodes(of: source)) : .name(source)
    }

    /// The text that the values make; may be empty.
    func text(
        from values: ClaimValues, extensionName: String, issuer: String
    ) throws(CertificateContentRefusal) -> String {
        switch form {
        case .name(let name):
            guard let text = try values.text(of: name) else {
                let metadata = "{\n\t\"ExtensionName\": \"\(extensionName)\",\n\t\"Issuer\": \"\(issuer)\"\n}"
                throw CertificateContentRefusal(
                    "value <\(name)> not present in either claims or defaults. \(metadata)", missingClaim: name,
                    extensionName: extensionName)
            }
            return text
        case .template(let nodes):
            var text = ""
            do throws(CertificateContentRefusal) {
                try Self.append(nodes, values, to: &text, extensionName)
            } catch {
                throw error.making(extensionName)
            }
            return text
        }
    }

    private static func append(
        _ nodes: [TemplateNode], _ values: ClaimValues, to text: inout String, _ name: String
    ) throws(CertificateContentRefusal) {
        for node in nodes {
            switch node {
            case .text(let literal): text += literal
            case .value(let value): text += try value.text(from: values)
            case .conditional(let branches, let otherwise):
                try append(chosen(branches, values) ?? otherwise, values, to: &text, name)
            }
            // Checked on the way: a template may name one long claim many times.
            text = try ClaimValues.admit(text, name)
        }
    }

    private static func chosen(
        _ branches: [TemplateNode.Branch], _ values: ClaimValues
    ) throws(CertificateContentRefusal) -> [TemplateNode]? {
        for branch in branches where try branch.condition.holds(for: values) { return branch.nodes }
        return nil
    }
}
