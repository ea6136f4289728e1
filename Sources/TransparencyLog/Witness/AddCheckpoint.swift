internal import OpenSSL

/// The request that asks a witness for a cosignature, and what it answers (C2SP tlog-witness, `add-checkpoint`).
package enum AddCheckpoint {
    /// The media type of the size in an answer 409.
    package static let sizeType = "text/x.tlog.size"

    /// The most bytes of an answer that are looked at.
    package static let maximumAnswerByteCount = 64 << 10

    /// What comes back over HTTP.
    package struct Reply: Hashable, Sendable {
        /// The status.
        package let status: UInt

        /// The field `Content-Type`, if any.
        package let contentType: String?

        /// The body, at most `maximumAnswerByteCount` bytes.
        package let body: [UInt8]

        /// A reply from its parts.
        package init(status: UInt, contentType: String?, body: [UInt8]) {
            (self.status, self.contentType, self.body) = (status, contentType, body)
        }
    }

    /// What a reply means.
    package enum Answer: Hashable, Sendable {
        /// Signature lines for the note; nothing is verified.
        case signatures([SignedNote.Signature])
        /// 409: the witness has cosigned a head of this size last, and not of the one that the request began from.
        case otherSize(TreeSize)
        /// 422: the proof does not verify, or the witness has another root for this size.
        case contradicted
        /// Another status than 200, 409 and 422.
        case refused(status: UInt)
        /// The reply is none that the protocol has.
        case malformed(String)
    }

    /// The body of the request: the size that the witness has last seen, the proof from there, and the signed note.
    package static func body(from old: TreeSize, proof: ConsistencyProof, note: [UInt8]) -> [UInt8] {
        let lines = proof.path.map { Base64.encode($0.bytes) + "\n" }.joined()
        return Array("old \(old.value)\n\(lines)\n".utf8) + note
    }

    /// Reads a reply.
    package static func answer(_ reply: Reply) -> Answer {
        switch reply.status {
        case 200:
            do {
                return .signatures(try SignedNote.signatures(parsing: reply.body))
            } catch {
                return .malformed("the answer has no signature lines: \(error)")
            }
        case 409: return otherSize(reply)
        case 422: return .contradicted
        default: return .refused(status: reply.status)
        }
    }

    private static func otherSize(_ reply: Reply) -> Answer {
        guard reply.contentType == sizeType else { return .malformed("the answer 409 is not of type \(sizeType)") }
        let digits = String(decoding: reply.body.dropLast(), as: UTF8.self)
        guard reply.body.last == 0x0A, let number = UInt64(digits), String(number) == digits,
            let size = TreeSize(number)
        else { return .malformed("the answer 409 names no size") }
        return .otherSize(size)
    }
}
