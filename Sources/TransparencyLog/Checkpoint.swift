package import OpenSSL

/// A tree head as a signed note (C2SP tlog-checkpoint; Static CT API, "Checkpoints").
package struct Checkpoint: Hashable, Sendable {
    /// The log's name, on the first line.
    package let origin: Origin

    /// The tree head with its signature.
    package let signedTreeHead: SignedTreeHead

    /// A checkpoint of a head that is signed already; nothing is verified.
    package init(origin: Origin, signedTreeHead: SignedTreeHead) {
        self.origin = origin
        self.signedTreeHead = signedTreeHead
    }

    /// The four bytes that name a log's key of the RFC 6962 kind: H(name || 0x0A || 0x05 || log ID), cut.
    package static func keyID(origin: Origin, logID: SHA256Digest) -> [UInt8] {
        Array(SHA256Digest(hashing: Array(origin.text.utf8) + [0x0A, 0x05] + logID.bytes).bytes.prefix(4))
    }

    /// The note with the log's signature line, for a log with this ID, and those of witnesses after it.
    package func note(logID: SHA256Digest, cosignatures: [Cosignature] = []) -> SignedNote {
        let head = signedTreeHead.head
        let body = BigEndian.bytes(head.timestamp.milliseconds) + signedTreeHead.signature.encoded
        let signature = SignedNote.Signature(
            name: origin.text, keyID: Self.keyID(origin: origin, logID: logID), body: body)
        return SignedNote(text: text.lines, signatures: [signature] + cosignatures.map(\.line))
    }

    /// Reads a note and verifies its signature by the log's key.
    ///
    /// Lines by other names or keys are skipped. Throws when the note is malformed, is another log's, has lines of text
    /// beyond the three, has no line of this key, or the first such line does not verify.
    package init(parsing bytes: [UInt8], origin: Origin, key: PublicKey) throws(CheckpointError) {
        let note: SignedNote
        do { note = try SignedNote(parsing: bytes) } catch { throw .malformedNote(error) }
        let lines = note.text.utf8.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        guard lines.count == 3 else { throw .malformedText }
        guard lines[0] == Array(origin.text.utf8) else { throw .otherOrigin }
        let digits = String(decoding: lines[1], as: UTF8.self)
        guard let number = UInt64(digits), String(number) == digits, let size = TreeSize(number),
            let rootBytes = Base64.decodeStandard(lines[2]), let root = SHA256Digest(rootBytes)
        else { throw .malformedText }
        let keyID = Self.keyID(origin: origin, logID: key.subjectPublicKeyInfo.sha256)
        guard let line = note.signatures.first(where: { $0.name == origin.text && $0.keyID == keyID }) else {
            throw .noSignature
        }
        guard let time = BigEndian.uint64(line.body.prefix(8)),
            let signature = DigitallySigned(encoded: Array(line.body.dropFirst(8)))
        else { throw .invalidSignature }
        let head = TreeHead(size: size, root: root, timestamp: Timestamp(milliseconds: time))
        let signed = SignedTreeHead(head: head, signature: signature)
        guard signed.isValid(key: key) else { throw .invalidSignature }
        self.init(origin: origin, signedTreeHead: signed)
    }
}

/// Why bytes are not a log's checkpoint.
package enum CheckpointError: Error, Hashable, Sendable {
    case malformedNote(SignedNoteError)
    case malformedText
    case otherOrigin
    case noSignature
    case invalidSignature
}
