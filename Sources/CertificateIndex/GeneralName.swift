import Glibc
internal import OpenSSL

/// One name of a subjectAltName extension (RFC 5280 §4.2.1.6), as people write it.
package struct GeneralName: Hashable, Sendable {
    /// The choices of GeneralName, in the order of their tags.
    package enum Kind: String, CaseIterable, Sendable {
        /// A name whose form is another standard's; Fulcio's user names are such.
        case otherName
        case email
        case dns
        case x400Address
        case directoryName
        case ediPartyName
        case uri
        case ip
        case registeredID
    }

    /// Which choice it is.
    package let kind: Kind

    /// The name in words.
    ///
    /// Text is as it stands in the certificate; an address is in its usual form, a directory name in ours. What has no
    /// words, or is not UTF-8, is `hex:` with the octets in hexadecimal.
    package let value: String

    /// A name from its parts.
    package init(kind: Kind, value: String) {
        (self.kind, self.value) = (kind, value)
    }

    /// The names of an extension's octets, in order; throws for what is no list of names.
    static func list(_ extensionValue: [UInt8]) throws(DERError) -> [GeneralName] {
        // GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName
        var outer = DERReader(extensionValue)
        var reader = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        var names: [GeneralName] = []
        while !reader.isAtEnd {
            let element = try reader.next()
            guard let name = GeneralName(tag: element.tag, content: Array(extensionValue[element.content])) else {
                throw DERError("a general name of an unknown kind")
            }
            names.append(name)
        }
        return names
    }

    private init?(tag: UInt8, content: [UInt8]) {
        guard tag & 0xC0 == 0x80, let kind = Kind.allCases.dropFirst(Int(tag & 0x1F)).first else { return nil }
        let text: String? =
            switch kind {
            case .email, .dns, .uri: String(validating: content, as: UTF8.self)
            case .otherName: Self.otherName(content)
            case .directoryName: DistinguishedName.description(of: content)
            case .ip: Self.address(content)
            case .registeredID: ObjectIdentifier(content: content)?.dotted
            case .x400Address, .ediPartyName: nil
            }
        self.init(kind: kind, value: text ?? "hex:\(content.hexadecimal)")
    }

    /// The text of another kind of name when its value is a UTF8String, as Fulcio's is.
    private static func otherName(_ content: [UInt8]) -> String? {
        // OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY DEFINED BY type-id }
        var reader = DERReader(content)
        guard (try? reader.objectIdentifier()) != nil,
            var value = try? reader.nested(tag: DERTag.context(0, constructed: true)), reader.isAtEnd,
            let text = try? value.content(tag: DERTag.utf8String), value.isAtEnd
        else { return nil }
        return String(validating: text, as: UTF8.self)
    }

    /// An IPv4 or IPv6 address in its usual form (RFC 5952).
    private static func address(_ octets: [UInt8]) -> String? {
        let family: Int32
        switch octets.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return nil
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard unsafe inet_ntop(family, octets, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
