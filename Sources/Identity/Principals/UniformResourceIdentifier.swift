import OpenSSL
import StrictJSON

/// A URI as the name of a certificate holds it (RFC 3986 §3, CA specification A.1).
///
/// Always has a scheme, and is printable ASCII. Path and fragment stay byte for byte as they came when every byte may
/// stand there, and are decoded and encoded again otherwise.
struct UniformResourceIdentifier: Hashable, Sendable {
    /// The scheme in lower case.
    let scheme: String
    /// The host without user and port, as written; empty when there is none.
    let host: String
    /// The whole URI as it is written in a certificate.
    let text: String
    /// Whether a query or a fragment follows the path.
    let hasQueryOrFragment: Bool

    /// Takes a text apart; throws for what is no URI with a scheme, or would not be ASCII.
    init(_ input: String) throws(CertificateContentRefusal) {
        let bytes = Array(input.utf8)
        guard bytes.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else { throw Self.refusal("a control character") }
        let (front, fragment) = Self.cut(bytes[...], at: "#")
        guard let schemeEnd = Self.schemeEnd(front) else { throw Self.refusal("no scheme") }
        let scheme = String(decoding: front[..<schemeEnd], as: UTF8.self).lowercased()
        let (hierarchy, query) = Self.cut(front[(schemeEnd + 1)...], at: "?")
        var out = scheme + ":"
        if hierarchy.starts(with: [Self.slash, Self.slash]) {
            let rest = hierarchy.dropFirst(2)
            let authority = rest.prefix { $0 != Self.slash }
            host = try Self.host(authority)
            out += "//" + String(decoding: authority, as: UTF8.self)
            out += try Self.escaped(rest[authority.endIndex...])
        } else {
            host = ""
            let path = try Self.escaped(hierarchy)
            // An escaped slash that is written as one would make a host of what was a path when it was checked.
            guard !path.utf8.starts(with: [Self.slash, Self.slash]) else { throw Self.refusal("a path like a host") }
            out += path
        }
        guard hierarchy.contains(where: { $0 != Self.slash }) else { throw Self.refusal("nothing behind its scheme") }
        if let query { out += "?" + String(decoding: query, as: UTF8.self) }
        if let fragment {
            guard let escaped = URIPath.escaped(Array(fragment), literal: Self.fragmentLiterals, kept: "/?") else {
                throw Self.refusal("an invalid escape")
            }
            if !escaped.isEmpty { out += "#" + escaped }
        }
        guard out.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw CertificateContentRefusal(
                "x509: the subject alternative name cannot be encoded as an IA5String")
        }
        self.scheme = scheme
        text = out
        hasQueryOrFragment = query != nil || fragment != nil
    }

    private static let slash = UInt8(ascii: "/")
    private static let fragmentLiterals = Set("$&+,/:;=?@!()*".utf8)
    private static let userBytes = Set("-._~!$&'()*+,;=:%".utf8)
    private static let hostBytes = Set("-._~!$&'()*+,;=".utf8)

    private static func refusal(_ fault: String) -> CertificateContentRefusal {
        CertificateContentRefusal("x509: cannot parse URI: the subject alternative name has \(fault)")
    }

    private static func cut(
        _ bytes: ArraySlice<UInt8>, at mark: Unicode.Scalar
    ) -> (ArraySlice<UInt8>, ArraySlice<UInt8>?) {
        guard let place = bytes.firstIndex(of: UInt8(ascii: mark)) else { return (bytes, nil) }
        return (bytes[..<place], bytes[(place + 1)...])
    }

    private static func schemeEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first, isLetter(first) else {
            return nil
        }
        let rest = bytes[..<end].dropFirst()
        let marks = Set("+-.".utf8)
        return rest.allSatisfy { isLetter($0) || isDigit($0) || marks.contains($0) } ? end : nil
    }

    private static func escaped(_ path: ArraySlice<UInt8>) throws(CertificateContentRefusal) -> String {
        guard let escaped = URIPath.escaped(Array(path)) else { throw refusal("an invalid escape") }
        return escaped
    }

    /// The host of `[user@]host[:port]`.
    private static func host(_ authority: ArraySlice<UInt8>) throws(CertificateContentRefusal) -> String {
        var rest = authority
        if let at = rest.lastIndex(of: UInt8(ascii: "@")) {
            let user = rest[..<at]
            guard user.allSatisfy({ isLetter($0) || isDigit($0) || userBytes.contains($0) }),
                PercentEncoding.decode(user) != nil
            else { throw refusal("an invalid user") }
            rest = rest[(at + 1)...]
        }
        let isLiteral = rest.first == UInt8(ascii: "[")
        var name = rest
        if let colon = rest.lastIndex(of: UInt8(ascii: ":")), !isLiteral || rest[colon...].allSatisfy({ $0 != 0x5D }) {
            guard rest[(colon + 1)...].allSatisfy(isDigit) else { throw refusal("an invalid port") }
            name = rest[..<colon]
        }
        let text = String(decoding: name, as: UTF8.self)
        if isLiteral {
            guard name.last == UInt8(ascii: "]"), IPAddress(text: String(text.dropFirst().dropLast()))?.isIPv6 == true
            else { throw refusal("an invalid domain") }
            return text
        }
        guard isDomain(name) else { throw refusal("an invalid domain") }
        return text
    }

    /// Whether a host is empty or made of labels of printable ASCII that are not empty; a final dot may stand.
    private static func isDomain(_ name: ArraySlice<UInt8>) -> Bool {
        guard !name.isEmpty else { return true }
        var labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        return labels.allSatisfy { label in
            !label.isEmpty && label.allSatisfy { isLetter($0) || isDigit($0) || hostBytes.contains($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
