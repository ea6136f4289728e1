package import Identity
internal import OpenSSL

/// An identity configuration that was read and checked whole.
package struct LoadedIssuers: Sendable {
    /// Who may vouch for which names.
    package let configuration: IssuerConfiguration

    /// The first 16 hexadecimal digits of the SHA-256 of the file: which configuration a record speaks of.
    package let version: String

    /// What is allowed but may not be meant, one sentence each.
    package let warnings: [String]

    /// Reads the file at a path, or the built-in issuers for nil; throws every mistake at once.
    ///
    /// A file that everybody may write to is a mistake too: it decides who is certified.
    package static func load(_ path: String?) throws(ConfigurationMistakes) -> LoadedIssuers {
        guard let path else {
            let issuers = try parse(Array(BuiltInIssuers.text.utf8))
            let warning = "no --config-path: the built-in public issuers are trusted; name your own"
            return LoadedIssuers(
                configuration: issuers.configuration, version: issuers.version, warnings: [warning] + issuers.warnings)
        }
        var mistakes: [String] = []
        if PrivateFile.isWritableByOthers(path) {
            mistakes.append("\(path): anybody may write to it; run: chmod o-w \(path)")
        }
        var loaded: LoadedIssuers?
        do {
            loaded = try parse(try PrivateFile.read(path, readers: .anyone))
        } catch let error as ConfigurationMistakes {
            mistakes += error.lines.map { "error loading --config-path=\(path): \($0)" }
        } catch {
            mistakes.append("error loading --config-path=\(error)")
        }
        guard let loaded, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        return loaded
    }

    private static func parse(_ bytes: [UInt8]) throws(ConfigurationMistakes) -> LoadedIssuers {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationMistakes(["parse: not UTF-8"])
        }
        var warnings: [String] = []
        let issuers = try IssuerFile.issuers(in: text, warnings: &warnings, publicSuffixes: installedSuffixes)
        return LoadedIssuers(
            configuration: issuers, version: String(SHA256Digest(hashing: bytes).hex.prefix(16)),
            warnings: warnings + self.warnings(of: issuers.listed))
    }

    /// The list that the system's package keeps up to date; nil when it is not installed.
    private static func installedSuffixes() -> PublicSuffixList? {
        let path = "/usr/share/publicsuffix/public_suffix_list.dat"
        guard let bytes = try? PrivateFile.read(path, readers: .anyone) else { return nil }
        return PublicSuffixList(String(decoding: bytes, as: UTF8.self))
    }

    private static func warnings(of listed: [ConfiguredIssuer]) -> [String] {
        let insecure = listed.filter(\.isInsecure).map {
            "tokens of \($0.name) travel in clear text; accepted on loopback only"
        }
        let unverified = listed.filter(\.settings.skipsEmailVerification).map {
            "e-mail addresses that \($0.name) did not verify are certified"
        }
        return (listed.isEmpty ? ["no issuer is configured: every request will be refused"] : [])
            + insecure + unverified
    }
}
