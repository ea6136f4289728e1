package import OpenSSL
package import StrictJSON
internal import TransparencyLog

/// The bodies of the answers that monitors and auditors get (RFC 6962 §4).
package struct MonitoringAnswers: Sendable {
    /// Bytes of JSON that a page does not exceed unless its only entry does (transparency-log 1.3.7).
    ///
    /// A page stands in memory several times over while it is answered, so it is kept well below what is allowed.
    package static let pageByteCount = 2 << 20

    /// Bytes of JSON around the two texts of an entry and up to the next one.
    private static let entryByteCount = #"{"leaf_input":"","extra_data":""},"#.utf8.count

    private let reader: LogReader
    private let logID: SHA256Digest
    private let roots: [Certificate]

    /// The answers of a log.
    package init(_ log: LocalLog) {
        (reader, logID, roots) = (log.reader, log.parameters.logID, log.roots)
    }

    /// The body of `get-sth`: the published head.
    package var signedTreeHead: JSONValue { reader.checkpoint.signedTreeHead.json }

    /// The bytes of the checkpoint of the same head, with what witnesses have said about it.
    package var checkpoint: [UInt8] {
        let (checkpoint, cosignatures) = reader.cosigned
        return checkpoint.note(logID: logID, cosignatures: cosignatures).bytes
    }

    /// The body of `get-proof-by-hash`; throws `LogReader.Refusal`, or our own failure.
    package func inclusionProof(ofLeafHash hash: SHA256Digest, treeSize: UInt64) async throws -> JSONValue {
        guard let size = TreeSize(treeSize) else { throw LogReader.Refusal.treeSizeBeyondHead }
        let (index, proof) = try await reader.inclusionProof(ofLeafHash: hash, in: size)
        return [
            "leaf_index": .integer(Int64(clamping: index.value)),
            "audit_path": Self.texts(of: proof.path),
        ]
    }

    /// The body of `get-sth-consistency`; throws `LogReader.Refusal`, or our own failure.
    package func consistencyProof(from first: UInt64, to second: UInt64) async throws -> JSONValue {
        guard first <= second else { throw LogReader.Refusal.firstAfterSecond }
        guard let first = TreeSize(first), let second = TreeSize(second) else {
            throw LogReader.Refusal.treeSizeBeyondHead
        }
        let proof = try await reader.consistencyProof(from: first, to: second)
        return ["consistency": Self.texts(of: proof.path)]
    }

    /// The body of `get-entry-and-proof`; throws `LogReader.Refusal`, or our own failure.
    package func entryAndProof(at index: UInt64, treeSize: UInt64) async throws -> JSONValue {
        guard let size = TreeSize(treeSize) else { throw LogReader.Refusal.treeSizeBeyondHead }
        let (page, proof) = try await reader.entryAndProof(at: index, in: size)
        guard let stored = page.entries.first else { throw MissingHash() }
        let (leafInput, extraData) = try Self.texts(of: stored, in: page)
        return [
            "leaf_input": .string(leafInput), "extra_data": .string(extraData),
            "audit_path": Self.texts(of: proof.path),
        ]
    }

    /// The two texts of an entry, both made of the one stored record.
    private static func texts(
        of stored: StoredEntry, in page: LogReader.Page
    ) throws -> (leafInput: String, extraData: String) {
        let record = try TileLeaf(parsing: stored.record)
        let chain = try record.fingerprints.map { fingerprint in
            guard let der = page.attachments[fingerprint] else { throw MissingHash() }
            return der
        }
        let extraData = try ExtraData.encoded(precertificate: record.precertificate, chain: chain)
        return (Base64.encode(try record.leaf.encoded()), Base64.encode(extraData))
    }

    private static func texts(of path: [SHA256Digest]) -> JSONValue {
        .array(path.map { .string(Base64.encode($0.bytes)) })
    }

    /// The body of `get-entries`; throws `LogReader.Refusal`, or our own failure.
    package func entries(from start: UInt64, through end: UInt64) async throws -> JSONValue {
        let page = try await reader.page(from: start, through: end)
        var (entries, byteCount) = ([JSONValue](), #"{"entries":[]}"#.utf8.count)
        for stored in page.entries {
            let (leafInput, extraData) = try Self.texts(of: stored, in: page)
            byteCount += Self.entryByteCount + leafInput.utf8.count + extraData.utf8.count
            guard entries.isEmpty || byteCount <= Self.pageByteCount else { break }
            entries.append(["leaf_input": .string(leafInput), "extra_data": .string(extraData)])
        }
        return ["entries": .array(entries)]
    }

    /// The body of `get-roots`: the accepted roots, always in the same order.
    package var acceptedRoots: JSONValue {
        ["certificates": .array(roots.map { .string(Base64.encode($0.der)) })]
    }
}
