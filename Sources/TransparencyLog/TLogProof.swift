internal import OpenSSL

/// A proof that an entry is in a log, with the checkpoint it leads to, as one text (C2SP tlog-proof).
package struct TLogProof: Hashable, Sendable {
    /// The most hashes of a path: a tree of 2^63 leaves needs no more.
    private static let maximumPathCount = 63

    private static let header = "c2sp.org/tlog-proof@v1"

    /// Where the entry stands.
    package let index: LeafIndex

    /// The siblings from the leaf to the root of the checkpoint.
    package let proof: InclusionProof

    /// The checkpoint as the log served it, a signed note; cosignatures may be among its lines.
    package let checkpoint: [UInt8]

    /// A proof from its parts; nothing is verified.
    package init(index: LeafIndex, proof: InclusionProof, checkpoint: [UInt8]) {
        self.index = index
        self.proof = proof
        self.checkpoint = checkpoint
    }

    /// The whole text.
    package var bytes: [UInt8] {
        let lines = [Self.header, "index \(index.value)"] + proof.path.map { Base64.encode($0.bytes) } + ["", ""]
        return Array(lines.joined(separator: "\n").utf8) + checkpoint
    }

    /// Reads a text; nothing is verified but its form.
    ///
    /// A line `extra` with padded base64 is read over. Throws for another header, an index with leading zeros or from
    /// 2^40 on, a hash that has not 32 octets, more than 63 of them, and a text without a checkpoint. The checkpoint is
    /// taken as it stands: reading it is up to `Checkpoint`.
    package init(parsing bytes: [UInt8]) throws(TLogProofError) {
        guard bytes.count <= 2 * SignedNote.maximumByteCount else { throw .tooLong }
        var rest = bytes[...]
        guard try Self.line(&rest) == Array(Self.header.utf8) else { throw .unknownHeader }
        var line = try Self.line(&rest)
        if let extra = Self.value(of: line, named: "extra ") {
            guard Base64.decodeStandard(extra) != nil else { throw .malformedLine }
            line = try Self.line(&rest)
        }
        guard let digits = Self.value(of: line, named: "index ").map({ String(decoding: $0, as: UTF8.self) }),
            let number = UInt64(digits), String(number) == digits, let index = LeafIndex(number)
        else { throw .malformedIndex }
        var path: [SHA256Digest] = []
        while true {
            let line = try Self.line(&rest)
            guard !line.isEmpty else { break }
            guard path.count < Self.maximumPathCount else { throw .tooLong }
            guard let hash = Base64.decodeStandard(line).flatMap({ SHA256Digest($0) }) else { throw .malformedLine }
            path.append(hash)
        }
        guard !rest.isEmpty else { throw .noCheckpoint }
        self.init(index: index, proof: InclusionProof(path: path), checkpoint: Array(rest))
    }

    /// Takes the next line without its end.
    private static func line(_ rest: inout ArraySlice<UInt8>) throws(TLogProofError) -> [UInt8] {
        guard let end = rest.firstIndex(of: 0x0A) else { throw .noCheckpoint }
        defer { rest = rest[(end + 1)...] }
        return Array(rest[..<end])
    }

    private static func value(of line: [UInt8], named name: String) -> [UInt8]? {
        line.starts(with: name.utf8) ? Array(line.dropFirst(name.utf8.count)) : nil
    }
}

/// Why bytes are no proof in the form of C2SP tlog-proof.
package enum TLogProofError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong
    case unknownHeader
    case malformedIndex
    case malformedLine
    case noCheckpoint

    package var description: String {
        switch self {
        case .tooLong: "the proof is longer than any proof is"
        case .unknownHeader: "the first line is not c2sp.org/tlog-proof@v1"
        case .malformedIndex: "the line with the index is missing or malformed"
        case .malformedLine: "a line is not the base64 of a hash"
        case .noCheckpoint: "there is no checkpoint after the proof"
        }
    }
}
