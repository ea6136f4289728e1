import StrictJSON

/// The values a template sees: the token's claims, and the configured defaults where the token has none.
///
/// Claims win over defaults (CA specification 4.3): an operator must trust that the issuer lets nobody add claims with
/// the names of defaults.
struct ClaimValues: Sendable {
    private static let byteLimit = 8 * 1024

    let claims: JSONValue
    let defaults: JSONValue

    /// A value as text; nil when neither claims nor defaults have it.
    ///
    /// Integers stay exact and numbers are written in plain decimal. Throws for null, arrays and objects, for text that
    /// may not stand in a certificate, and for more than 8 KiB.
    func text(of name: String) throws(CertificateContentRefusal) -> String? {
        guard let value = claims[name] ?? defaults[name] else { return nil }
        let text: String
        switch value {
        case .string(let string): text = string
        case .bool(let truth): text = truth ? "true" : "false"
        case .integer(let number): text = String(number)
        case .real(let number): text = Self.decimal(number)
        case .null, .array, .object:
            throw CertificateContentRefusal("value <\(name)> is neither a text nor a number nor a truth value")
        }
        return try Self.admit(text, name)
    }

    /// Checks a text that is on its way into a certificate.
    static func admit(_ text: String, _ name: String) throws(CertificateContentRefusal) -> String {
        guard text.utf8.count <= byteLimit else {
            throw CertificateContentRefusal("value <\(name)> is longer than \(byteLimit) bytes")
        }
        guard CertificateText.isClean(text) else {
            throw CertificateContentRefusal("value <\(name)> has characters that no certificate may hold")
        }
        return text
    }

    /// The shortest digits that mean this number, without an exponent.
    static func decimal(_ number: Double) -> String {
        // Swift writes `-1.5`, `100.0`, `1e+21` or `1.25e-07`, with the shortest digits that read back the same.
        let description = "\(number)"
        let parts = description.split(separator: "e")
        guard let mantissa = parts.first else { return description }
        let isNegative = mantissa.hasPrefix("-")
        let pieces = mantissa.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        var whole = pieces.first.map(String.init) ?? ""
        var fraction = pieces.count > 1 && pieces[1] != "0" ? String(pieces[1]) : ""
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        if exponent >= 0 {
            let padded = fraction + String(repeating: "0", count: max(0, exponent - fraction.count))
            whole += padded.prefix(exponent)
            fraction = String(padded.dropFirst(exponent))
        } else {
            let padded = String(repeating: "0", count: max(0, -exponent - whole.count + 1)) + whole
            fraction = padded.suffix(-exponent) + fraction
            whole = String(padded.dropLast(-exponent))
        }
        return (isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}
