/// An e-mail address as a certificate may carry it (CA specification 2.7).
///
/// A dot-atom of RFC 5322 §3.2.3, one `@` and a domain of two or more labels whose last one begins and ends with a
/// letter. Everything is printable ASCII; quoted local parts, address literals, encoded words and a final dot are
/// refused. Case is kept: nothing is normalised.
struct EmailAddress: Hashable, Sendable {
    let text: String

    init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .emailNotAnAddress(.notASCII) }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .emailNotAnAddress(.noSingleAt) }
        // RFC 2047: some mail software decodes `=?utf-8?q?...?=` in an address and delivers it to someone else.
        if let start = text.firstRange(of: "=?"), text[start.upperBound...].contains("?=") {
            throw .emailNotAnAddress(.encodedWord)
        }
        guard Self.isDotAtom(parts[0]) else { throw .emailNotAnAddress(.localPart) }
        guard Self.isDomain(parts[1]) else { throw .emailNotAnAddress(.domain) }
        self.text = text
    }

    /// Whether a text could be taken for an e-mail address, also one that `init` refuses (CA specification 2.7).
    ///
    /// Wider than `init`: non-ASCII letters, a quoted local part and a final dot look like an address too. For names
    /// that must not look like one.
    static func isResembled(by text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), at > 0 else { return false }
        let local = bytes[..<at]
        let isQuoted = local.count > 1 && local.first == UInt8(ascii: "\"") && local.last == UInt8(ascii: "\"")
        let atoms = local.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard isQuoted || atoms.allSatisfy({ isWord($0, specials) }) else { return false }
        var labels = bytes[(at + 1)...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if labels.last?.isEmpty == true { labels.removeLast() }
        guard labels.count >= 2, let top = labels.last else { return false }
        let ends = [top.first, top.last].compactMap(\.self)
        return labels.allSatisfy { isWord($0, hostMarks) } && ends.allSatisfy { isLetter($0) || $0 >= 0x80 }
    }

    private static let hostMarks = Set("-_".utf8)

    private static func isWord(_ word: ArraySlice<UInt8>, _ marks: Set<UInt8>) -> Bool {
        !word.isEmpty && word.allSatisfy { isAlphanumeric($0) || $0 >= 0x80 || marks.contains($0) }
    }

    private static let specials = Set("!#$%&'*+-/=?^_`{|}~".utf8)

    private static func isDotAtom(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.utf8.allSatisfy { isAlphanumeric($0) || specials.contains($0) }
        }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let top = labels.last else { return false }
        return labels.allSatisfy(isLabel) && isLetter(top.utf8.first) && isLetter(top.utf8.last)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        guard let first = label.utf8.first, let last = label.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    private static func isLetter(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (0x61...0x7A).contains(byte | 0x20)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLetter(byte) || (0x30...0x39).contains(byte)
    }
}
