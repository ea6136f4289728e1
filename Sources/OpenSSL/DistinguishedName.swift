/// A subject or issuer of a CA: common name and organization (RFC 5280 §4.1.2.4).
package struct DistinguishedName: Hashable, Sendable {
    /// The commonName.
    package let commonName: String

    /// The organizationName.
    package let organization: String

    /// A name from its two parts; nil unless both have 1 to 64 printable characters.
    package init?(commonName: String, organization: String) {
        guard Self.isUsable(commonName), Self.isUsable(organization) else { return nil }
        self.commonName = commonName
        self.organization = organization
    }

    /// The Name as DER: organization first, as certificates are usually written, both as UTF8String.
    package var der: [UInt8] {
        DERWriter.sequence(
            [(ObjectIdentifier.organizationName, organization), (.commonName, commonName)].map { id, text in
                DERWriter.set(DERWriter.sequence([DERWriter.objectIdentifier(id), DERWriter.utf8String(text)]))
            }
        )
    }

    /// A Name in words, such as `O=Example, CN=Example root`; attributes other than these two go by their number.
    package static func description(of name: [UInt8]) -> String {
        (try? attributes(of: name))?.joined(separator: ", ") ?? "(not a name)"
    }

    private static func isUsable(_ text: String) -> Bool {
        (1...64).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            && !text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }

    private static func attributes(of name: [UInt8]) throws(DERError) -> [String] {
        var outer = DERReader(name)
        var sets = try outer.nested(tag: DERTag.sequence)
        var result: [String] = []
        while !sets.isAtEnd {
            var set = try sets.nested(tag: DERTag.set)
            while !set.isAtEnd {
                var attribute = try set.nested(tag: DERTag.sequence)
                let id = try attribute.objectIdentifier()
                let value = try attribute.next()
                let text = String(decoding: name[value.content], as: UTF8.self)
                let label: [ObjectIdentifier: String] = [.commonName: "CN", .organizationName: "O"]
                result.append("\(label[id] ?? id.dotted)=\(text.debugQuoted)")
            }
        }
        return result
    }
}

extension String {
    /// The text with control characters and bidirectional controls escaped, safe to print on a terminal.
    package var debugQuoted: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
