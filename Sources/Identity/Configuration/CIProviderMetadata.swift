package import StrictJSON

/// How the claims of one CI system become a certificate (CA specification 4.3, an entry of `ci-issuer-metadata`).
package struct CIProviderMetadata: Hashable, Sendable {
    /// One extension and what fills it.
    package struct Extension: Hashable, Sendable {
        /// The extension.
        package let target: FulcioExtension
        /// What fills it.
        package let template: ClaimTemplate
    }

    /// The name by which issuers refer to it.
    package let name: String
    /// The values for what tokens lack: an object of strings.
    package let defaults: JSONValue
    /// The extensions in rising order.
    package let extensions: [Extension]
    /// What makes the certificate's name; nil when the configuration leaves it blank.
    package let subjectAlternativeName: ClaimTemplate?

    /// Reads the values as the configuration has them; blank templates count as absent.
    ///
    /// Templates of issuer and subject are passed over: those are always the token's own. Throws all mistakes at once.
    package init(
        name: String, defaults: [(String, String)] = [], extensions: [(FulcioExtension, String)] = [],
        subjectAlternativeName: String
    ) throws(OIDCIssuerError) {
        var mistakes: [String] = []
        self.name = name
        self.defaults = .object(defaults.map { JSONMember(name: $0.0, value: .string($0.1)) })
        self.extensions = extensions.filter(\.0.isConfigurable).sorted { $0.0 < $1.0 }.compactMap { target, source in
            Self.template(source, &mistakes).map { Extension(target: target, template: $0) }
        }
        self.subjectAlternativeName = Self.template(subjectAlternativeName, &mistakes)
        guard mistakes.isEmpty else { throw OIDCIssuerError(messages: mistakes) }
    }

    private static func template(_ source: String, _ mistakes: inout [String]) -> ClaimTemplate? {
        guard !source.allSatisfy(\.isWhitespace) else { return nil }
        do {
            return try ClaimTemplate(source)
        } catch {
            mistakes.append(error.description)
            return nil
        }
    }
}
