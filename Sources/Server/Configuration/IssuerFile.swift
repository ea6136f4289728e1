package import Identity
internal import StrictJSON
internal import Yams

/// Reads a Fulcio identity configuration, in YAML or JSON, unchanged (CA specification 2.6).
///
/// Whoever may write this file decides which names are certified: guard it like the CA key.
package enum IssuerFile {
    /// The issuers of a file's text; throws every mistake at once, with its line.
    ///
    /// Keys that have no meaning here are named in `warnings`, as the files of public instances carry some; so are
    /// patterns that could mean the same issuer. `publicSuffixes` is asked for when an issuer speaks for another host.
    package static func issuers(
        in text: String, warnings: inout [String], publicSuffixes: () -> PublicSuffixList? = { nil }
    ) throws(ConfigurationMistakes) -> IssuerConfiguration {
        let document: Node?
        do {
            document = try BoundedYAML.compose(text)
        } catch {
            throw ConfigurationMistakes(["parse: unmarshal: yaml: \(error)".replacingLineBreaks])
        }
        guard let root = document?.mapping else {
            throw ConfigurationMistakes(["validate: the file names no issuers: expected a mapping with oidc-issuers"])
        }
        var reader = IssuerFileReader(isJSON: isJSON(text))
        let configuration = reader.read(root)
        let crossing = configuration.listed.compactMap(CrossDomain.init)
        if !crossing.isEmpty, let suffixes = publicSuffixes() { reader.refuse(crossing, under: suffixes) }
        warnings += reader.warnings
        guard reader.mistakes.isEmpty else {
            // A key that nobody knows is often why another one is missing.
            throw ConfigurationMistakes((reader.mistakes + reader.unknownKeys).map { "validate: \($0)" })
        }
        return configuration
    }

    /// Whether every reader of JSON would read the text: its texts then stand in quotes and nothing else does.
    private static func isJSON(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let limits = JSONLimits(byteCount: bytes.count, nodeCount: bytes.count, nameByteCount: bytes.count)
        return (try? JSONValue(parsing: bytes, limits: limits)) != nil
    }
}

extension String {
    /// The text on one line.
    fileprivate var replacingLineBreaks: String {
        split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
