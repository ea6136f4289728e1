internal import StrictJSON

/// The domains under which anybody can register one, in the form of publicsuffix.org.
package struct PublicSuffixList: Sendable {
    private let suffixes: Set<String>
    /// What stands behind `*.` in a rule.
    private let wildcards: Set<String>
    private let exceptions: Set<String>

    /// Reads a list: one rule a line, up to the first blank; lines that begin with `//` are comments.
    package init(_ text: String) {
        var (suffixes, wildcards, exceptions): (Set<String>, Set<String>, Set<String>) = ([], [], [])
        for line in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let rule = String(decoding: line.prefix { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self)
            if rule.isEmpty || rule.hasPrefix("//") { continue }
            if rule.hasPrefix("!") {
                exceptions.insert(String(rule.dropFirst()))
            } else if rule.hasPrefix("*.") {
                wildcards.insert(String(rule.dropFirst(2)))
            } else {
                suffixes.insert(rule)
            }
        }
        (self.suffixes, self.wildcards, self.exceptions) = (suffixes, wildcards, exceptions)
    }

    /// The public suffix of a host with the one label before it; nil when the host is itself a public suffix.
    ///
    /// The longest rule counts, but an exception before all others; without any rule the last label is the suffix.
    package func registrableDomain(of host: String) -> String? {
        let labels = host.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        for start in labels.indices {
            let name = labels[start...].joined(separator: ".")
            let parent = labels[(start + 1)...].joined(separator: ".")
            if exceptions.contains(name) { return name }
            if suffixes.contains(name) || wildcards.contains(parent) || start == labels.count - 1 {
                return start == 0 ? nil : labels[(start - 1)...].joined(separator: ".")
            }
        }
        return nil
    }

    /// Whether an issuer at one host may speak for names at another: equal hosts, or both of one registrable domain.
    package func permits(_ domain: String, for issuer: String) -> Bool {
        if domain.hasSameBytes(as: issuer) { return true }
        guard let first = registrableDomain(of: domain), let second = registrableDomain(of: issuer) else {
            return false
        }
        return first.hasSameBytes(as: second)
    }
}
