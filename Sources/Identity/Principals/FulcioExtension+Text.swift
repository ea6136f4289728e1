internal import OpenSSL

/// What stands in an extension, and how people call it.
extension FulcioExtension {
    /// The one word for the extension in our own interfaces: its name in a configuration, or `IssuerV2`.
    package var key: String { jsonKey ?? "IssuerV2" }

    /// The extension that somebody means by a key of any case, or by an object identifier; nil when there is none.
    package init?(key text: String) {
        let wanted = text.lowercased()
        guard let found = Self.allCases.first(where: { $0.key.lowercased() == wanted || $0.objectIdentifier == text })
        else { return nil }
        self = found
    }

    /// The text that the extension's octets spell; nil when they are not of its form or not UTF-8.
    package func text(of value: [UInt8]) -> String? {
        switch encoding {
        case .raw: return String(validating: value, as: UTF8.self)
        case .derUTF8String:
            var reader = DERReader(value)
            guard let text = try? reader.content(tag: DERTag.utf8String), reader.isAtEnd else { return nil }
            return String(validating: text, as: UTF8.self)
        }
    }
}
