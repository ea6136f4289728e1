internal import OpenSSL
internal import StrictJSON

/// A certificate of an answer in the words of a person who has to judge it.
struct FoundCertificate {
    let json: JSONValue

    /// The words, several lines of them.
    var text: String {
        var rows = Rows()
        for name in json["subjectAlternativeNames"]?.elements ?? [] {
            rows.add(name["type"]?.string ?? "name", name["value"]?.string)
        }
        rows.add("vouched for by", json["issuer"]?.string)
        rows.add("issued by", json["ca"]?.string)
        rows.add("valid", "\(json["notBefore"]?.string ?? "") until \(json["notAfter"]?.string ?? "")")
        rows.add("serial", json["serial"]?.string)
        rows.add("fingerprint", json["fingerprint"]?.string)
        rows.add("key", json["spki"]?.string)
        for item in json["extensions"]?.members ?? [] where !Self.isIssuer(item.name) {
            rows.add(item.name.debugQuoted, item.value.string ?? "(malformed)")
        }
        return "\(heading)\n\(rows.text())"
    }

    private var heading: String {
        let milliseconds = UInt64(clamping: json["timestamp"]?.integer ?? 0)
        let time = Timestamp(milliseconds: milliseconds).rfc3339
        return "Entry \(json["index"]?.integer ?? 0) of \((json["log"]?.string ?? "").debugQuoted), logged \(time)"
    }

    private static func isIssuer(_ name: String) -> Bool { name == "Issuer" || name == "IssuerV2" }
}
