import OpenSSL

/// Joining of claim values to a base URI (CA specification A.2, escaping as in A.1).
enum URIPath {
    /// The base with the elements behind its path; nil when an element holds an invalid `%` escape, or dots that would
    /// become a segment once its escaped slashes are written as slashes.
    ///
    /// The base is one of ours: scheme, authority and a path. Repeated slashes collapse, `.` and `..` are resolved and
    /// never lead above the root, a trailing slash survives only if the last element has one. `?` and `#` in an
    /// element are escaped, so that a claim can add to the path and to nothing else.
    static func joined(_ base: String, _ elements: [String]) -> String? {
        guard let authority = base.firstRange(of: "://")?.upperBound else { return nil }
        let pathStart = base.utf8[authority...].firstIndex(of: slash) ?? base.endIndex
        // Bytes, not characters: a slash with a combining mark behind it is one character and still a slash.
        var segments: [ArraySlice<UInt8>] = []
        for element in [String(base[pathStart...])] + elements {
            for segment in Array(element.utf8).split(separator: slash) {
                switch Array(segment) {
                case Array(".".utf8): continue
                case Array("..".utf8): _ = segments.popLast()
                default: segments.append(segment)
                }
            }
        }
        var path = [slash] + segments.joined(separator: [slash])
        if (elements.last ?? base).utf8.last == slash, path.last != slash { path.append(slash) }
        // An escaped slash that is written as one may set dots free that were part of a longer segment.
        guard let text = escaped(path), !text.utf8.split(separator: slash).contains(where: isDots) else { return nil }
        return base[..<pathStart] + text
    }

    /// As `joined`, with a refusal that names where the elements come from.
    static func join(
        _ base: String, _ elements: [String], from source: String
    ) throws(CertificateContentRefusal) -> String {
        guard let uri = joined(base, elements) else {
            throw CertificateContentRefusal("a URI cannot be built from the claims: invalid URL escape in \(source)")
        }
        return uri
    }

    private static func isDots(_ segment: Substring.UTF8View) -> Bool {
        segment.count <= 2 && segment.allSatisfy { $0 == UInt8(ascii: ".") }
    }

    private static let slash = UInt8(ascii: "/")

    /// A path as a URI spells it; nil for an invalid escape.
    ///
    /// Kept byte for byte when every byte may stand there, otherwise decoded and encoded again. Fragments have another
    /// set of bytes that stay `literal`, and further ones in `kept`.
    static func escaped(_ path: [UInt8], literal: Set<UInt8> = literal, kept extra: String = "") -> String? {
        guard let decoded = PercentEncoding.decode(path) else { return nil }
        let kept = kept.union(extra.utf8)
        if path.allSatisfy({ isUnreserved($0) || kept.contains($0) }) { return String(decoding: path, as: UTF8.self) }
        var out: [UInt8] = []
        for byte in decoded {
            if isUnreserved(byte) || literal.contains(byte) {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let kept = Set("!$&'()*+,;=:@[]/%".utf8)
    /// The bytes of a path beside the unreserved ones that are not encoded.
    static let literal = Set("$&+,/:;=@".utf8)
    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
