internal import CertificateTransparency
internal import Monitor
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// An entry of a log in the words of a person who has to judge it.
struct EntryDescription {
    let entry: LoggedEntry
    let leafHash: SHA256Digest
    /// The proof that it is in the tree of `head`; nil when none was asked for.
    let proof: InclusionProof?
    let head: LogHead
    /// The certificates above it, to be printed; empty when they were not asked for.
    let chain: [Certificate]
    /// Where the key is from that the head was verified with; nil for that of a data directory.
    let keySource: RemoteLogOptions.KeySource?

    private var certificate: Certificate? { try? Certificate(der: entry.submitted) }

    private var pem: String { ([certificate].compactMap(\.self) + chain).map(\.pem).joined() }

    /// The entry, its certificate, and what was asked for besides.
    var text: String {
        var rows = Rows()
        rows.add("index", String(entry.index))
        rows.add("logged at", entry.leaf.timestamp.rfc3339)
        rows.add("type", entry.typeName)
        rows.add("leaf hash", leafHash.hex)
        if let proof {
            let hashes = proof.path.count == 1 ? "1 hash" : "\(proof.path.count) hashes"
            rows.add("in the tree", "proven, with \(hashes): \(head.head.text)")
            if keySource == .log { rows.add("log key", RemoteLogOptions.KeySource.log.text) }
            for hash in proof.path { rows.addHeading("  \(hash.hex)") }
        } else {
            rows.add("in the tree", "as the log says; --proof verifies it")
        }
        var parts = ["Entry\n\(rows.text())"]
        if let certificate {
            let description = CertificateDescription(certificate)
            parts.append("\(description.kind)\n\(description.rows.text())")
        } else {
            parts.append("Its certificate is not well-formed")
        }
        if !chain.isEmpty { parts.append(pem) }
        return parts.joined(separator: "\n")
    }

    /// The same for a program.
    var json: JSONValue {
        let members: [JSONMember?] = [
            JSONMember(name: "ok", value: true),
            JSONMember(name: "index", value: .integer(Int64(clamping: entry.index))),
            JSONMember(name: "timestamp", value: .integer(Int64(clamping: entry.leaf.timestamp.milliseconds))),
            JSONMember(name: "type", value: .string(entry.typeName)),
            JSONMember(name: "leafHash", value: .string(leafHash.hex)),
            JSONMember(name: "certificate", value: certificate.map { CertificateDescription($0).json } ?? .null),
            proof.map { JSONMember(name: "proof", value: json(of: $0)) },
            chain.isEmpty ? nil : JSONMember(name: "pem", value: .string(pem)),
        ]
        return .object(members.compactMap(\.self))
    }

    private func json(of proof: InclusionProof) -> JSONValue {
        [
            "treeSize": .integer(Int64(clamping: head.head.size.value)),
            "rootHash": .string(Base64.encode(head.head.root.bytes)),
            "hashes": .array(proof.path.map { .string(Base64.encode($0.bytes)) }),
            "checkpoint": .string(String(decoding: head.note, as: UTF8.self)),
            "logKey": .string(keySource?.rawValue ?? "directory"),
        ]
    }
}
