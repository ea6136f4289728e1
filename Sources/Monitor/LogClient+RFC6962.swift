internal import CertificateTransparency
package import OpenSSL
internal import StrictJSON
package import TransparencyLog

/// The endpoints of RFC 6962 §4.
extension LogClient {
    func signedTreeHead() async throws -> LogHead {
        let path = "ct/v1/get-sth"
        let json = try Self.json(try await fetch(path, Self.smallAnswer), path)
        guard let signed = SignedTreeHead(json: json) else {
            throw LogClientFailure.malformed(path: path, what: "the answer is no signed tree head")
        }
        guard signed.isValid(key: key) else {
            throw LogClientFailure.malformed(path: path, what: "the signature does not verify with the log key")
        }
        let note = Checkpoint(origin: origin, signedTreeHead: signed).note(logID: key.subjectPublicKeyInfo.sha256)
        return LogHead(signed: signed, note: note.bytes)
    }

    /// All of a range, in as many answers as the log wants; each must bring something.
    func entriesChunk(_ range: Range<UInt64>) async throws -> EntryChunk {
        var items: [(leafInput: [UInt8], extraData: [UInt8])] = []
        while items.count < range.count {
            let start = range.lowerBound + UInt64(items.count)
            let path = "ct/v1/get-entries?start=\(start)&end=\(range.upperBound - 1)"
            let json = try Self.json(try await fetch(path, Self.entriesAnswer), path)
            guard let entries = json["entries"]?.elements, !entries.isEmpty,
                entries.count <= range.count - items.count
            else { throw LogClientFailure.malformed(path: path, what: "no entries, or more than asked for") }
            for (offset, entry) in entries.enumerated() {
                guard let leafInput = Self.octets(entry["leaf_input"]),
                    let extraData = Self.octets(entry["extra_data"])
                else {
                    throw LogClientFailure.malformed(
                        path: path, what: "entry \(start + UInt64(offset)) has no leaf_input and extra_data in base64")
                }
                items.append((leafInput, extraData))
            }
        }
        return EntryChunk(first: range.lowerBound, items: items)
    }

    func proofByHash(_ hash: SHA256Digest, at index: LeafIndex, in size: TreeSize) async throws -> InclusionProof {
        let found = try await proof(ofLeafHash: hash, in: size)
        guard found.index == index else {
            throw LogClientFailure.malformed(
                path: "ct/v1/get-proof-by-hash", what: "the entry is at \(found.index.value), not at \(index.value)")
        }
        return found.proof
    }

    /// Where the log says that a leaf is, and the proof for that, unverified.
    ///
    /// Throws `LogClientFailure`, which a log that does not have the leaf causes.
    package func proof(
        ofLeafHash hash: SHA256Digest, in size: TreeSize
    ) async throws -> (index: LeafIndex, proof: InclusionProof) {
        let escaped = Base64.encode(hash.bytes).reduce(into: "") { $0 += Self.escapes[$1] ?? String($1) }
        let path = "ct/v1/get-proof-by-hash?hash=\(escaped)&tree_size=\(size.value)"
        let json = try Self.json(try await fetch(path, Self.smallAnswer), path)
        guard let index = json["leaf_index"]?.integer.flatMap(UInt64.init(exactly:)).flatMap(LeafIndex.init) else {
            throw LogClientFailure.malformed(path: path, what: "the answer names no index")
        }
        return (index, InclusionProof(path: try Self.hashes(json["audit_path"], path)))
    }

    private static let escapes: [Character: String] = ["+": "%2B", "/": "%2F", "=": "%3D"]
}
