internal import OpenSSL

/// A witness's statement that it saw a checkpoint and that the log had only grown (C2SP tlog-cosignature).
package struct Cosignature: Hashable, Sendable {
    /// When the witness signed, in seconds since 1970; never 0.
    package let time: UInt64

    /// The line under the note.
    package let line: SignedNote.Signature

    /// The signature within the line, without the time.
    package var signature: [UInt8] { Array(line.body.dropFirst(8)) }

    /// Reads a line; nil when it is too short for a time, or the time is 0, which no statement about a tree has.
    package init?(_ line: SignedNote.Signature) {
        guard line.body.count > 8, let time = BigEndian.uint64(line.body.prefix(8)), time > 0 else { return nil }
        (self.time, self.line) = (time, line)
    }

    /// What an Ed25519 key signs (`cosignature/v1`).
    package static func ed25519Message(time: UInt64, over text: CheckpointText) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text.lines)".utf8)
    }

    /// What an ML-DSA-44 key signs (`subtree/v1`); nil when a name is longer than 255 bytes.
    package static func mlDSA44Message(witness: String, time: UInt64, over text: CheckpointText) -> [UInt8]? {
        // struct { uint8 label[12] = "subtree/v1\n\0"; opaque cosigner_name<1..2^8-1>; uint64 timestamp;
        //          opaque log_origin<1..2^8-1>; uint64 start; uint64 end; uint8 hash[32]; }
        guard let nameLength = UInt8(exactly: witness.utf8.count),
            let originLength = UInt8(exactly: text.origin.text.utf8.count)
        else { return nil }
        return Array("subtree/v1\n\0".utf8) + [nameLength] + Array(witness.utf8) + BigEndian.bytes(time)
            + [originLength] + Array(text.origin.text.utf8) + BigEndian.bytes(UInt64(0))
            + BigEndian.bytes(text.size.value) + text.root.bytes
    }
}
