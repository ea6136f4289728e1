internal import OpenSSL

/// A text with signature lines under it (C2SP signed-note).
package struct SignedNote: Hashable, Sendable {
    /// One signature line.
    package struct Signature: Hashable, Sendable {
        /// The key's name.
        package let name: String

        /// Four bytes that tell keys of one name apart.
        package let keyID: [UInt8]

        /// The signature itself, or whatever its kind puts there.
        package let body: [UInt8]

        /// A signature line from its parts.
        package init(name: String, keyID: [UInt8], body: [UInt8]) {
            self.name = name
            self.keyID = keyID
            self.body = body
        }

        /// The line with its newline.
        package var bytes: [UInt8] {
            SignedNote.dash + Array("\(name) \(Base64.encode(keyID + body))\n".utf8)
        }
    }

    /// The most bytes of a note that is read.
    package static let maximumByteCount = 1 << 20

    /// The most signature lines of a note that is read.
    package static let maximumSignatureCount = 100

    /// The signed text, including its last newline.
    package let text: String

    /// The lines in their order, whoever made them.
    package let signatures: [Signature]

    /// A note from its parts; nothing is verified.
    package init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    /// The whole note.
    package var bytes: [UInt8] {
        Array(text.utf8) + [0x0A]
            + signatures.flatMap(\.bytes)
    }

    /// Reads a note; nothing is verified.
    ///
    /// Throws for a note that is too long, is not UTF-8, has a control character other than newline, has no blank line,
    /// does not end with a newline, or has a malformed signature line or none.
    package init(parsing bytes: [UInt8]) throws(SignedNoteError) {
        let whole = try Self.checkedText(bytes)
        guard let end = Self.endOfText(in: bytes) else { throw .noBlankLine }
        signatures = try Self.signatureLines(bytes[(end + 1)...])
        text = String(decoding: whole.utf8.prefix(end), as: UTF8.self)
    }

    /// Reads signature lines that stand alone, as a witness sends them; at least one, and nothing is verified.
    package static func signatures(parsing bytes: [UInt8]) throws(SignedNoteError) -> [Signature] {
        _ = try checkedText(bytes)
        return try signatureLines(bytes[...])
    }

    /// The bytes as a text of whole lines; throws for what neither a note nor a part of one has.
    private static func checkedText(_ bytes: [UInt8]) throws(SignedNoteError) -> String {
        guard bytes.count <= maximumByteCount else { throw .tooLong }
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else { throw .controlCharacter }
        guard let whole = String(validating: bytes, as: UTF8.self) else { throw .invalidText }
        guard bytes.last == 0x0A else { throw .unfinishedLine }
        return whole
    }

    private static func signatureLines(_ bytes: ArraySlice<UInt8>) throws(SignedNoteError) -> [Signature] {
        let lines = bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count <= maximumSignatureCount else { throw .tooManySignatures }
        var signatures: [Signature] = []
        for line in lines { signatures.append(try signature(Array(line))) }
        return signatures
    }

    /// U+2014 and a blank.
    fileprivate static let dash: [UInt8] = [0xE2, 0x80, 0x94, 0x20]

    /// How many bytes the text has: up to and including the newline before the last blank line.
    private static func endOfText(in bytes: [UInt8]) -> Int? {
        var position = bytes.count - 1
        while position > 0 {
            if bytes[position] == 0x0A, bytes[position - 1] == 0x0A { return position }
            position -= 1
        }
        return nil
    }

    private static func signature(_ line: [UInt8]) throws(SignedNoteError) -> Signature {
        guard line.starts(with: dash) else { throw .malformedSignatureLine }
        let parts = line.dropFirst(dash.count).split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2, let name = parts.first, let text = parts.last, !name.isEmpty,
            !name.contains(UInt8(ascii: "+")), let content = Base64.decodeStandard(Array(text)), content.count > 4
        else { throw .malformedSignatureLine }
        return Signature(
            name: String(decoding: name, as: UTF8.self), keyID: Array(content[..<4]), body: Array(content[4...]))
    }
}

/// Why bytes are no signed note.
package enum SignedNoteError: Error, Hashable, Sendable {
    case tooLong
    case controlCharacter
    case invalidText
    case unfinishedLine
    case noBlankLine
    case tooManySignatures
    case malformedSignatureLine
}
