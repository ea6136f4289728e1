import OpenSSL
import TransparencyLog

extension FuzzEntry {
    /// The file that names the witnesses of a log.
    static let witnessPolicy = FuzzEntry(
        "witnessPolicy",
        seeds: {
            let names = ["near", "far", "other"]
            let witnesses = names.map { name in
                let key = SHA256Digest(hashing: Array(name.utf8)).bytes
                let keyID = VerifierKey.keyID(name: name, kind: 4, key: key).hexadecimal
                return "witness \(name) \(name)+\(keyID)+\(Base64.encode([4] + key)) https://\(name).example/w\n"
            }
            return [
                "quorum none\n", witnesses.joined() + "group g 2 near far\ngroup h all g other\nquorum h\n",
                "# one\n" + (witnesses.first ?? "") + "quorum near\n",
            ].map { Array($0.utf8) }
        }
    ) { bytes in
        let policy = try WitnessPolicyReader.read(bytes, logs: []).policy
        let everybody = Set(policy.witnesses.indices)
        guard policy.isQuorum(everybody) else { return "all witnesses together are no quorum" }
        if policy.quorum != nil, policy.isQuorum([]) { return "nobody is a quorum" }
        return nil
    }

    /// What a witness answers: the status on the first byte, and the body.
    static let witnessAnswer = FuzzEntry(
        "witnessAnswer",
        seeds: {
            let line = SignedNote.Signature(name: "w", keyID: [1, 2, 3, 4], body: [UInt8](repeating: 9, count: 72))
            return [[0] + line.bytes, [1] + Array("70000\n".utf8), [0] + line.bytes + line.bytes]
        }
    ) { bytes in
        let status: UInt = bytes.first == 0 ? 200 : 409
        let body = Array(bytes.dropFirst())
        let reply = AddCheckpoint.Reply(status: status, contentType: AddCheckpoint.sizeType, body: body)
        switch AddCheckpoint.answer(reply) {
        case .signatures(let lines):
            for line in lines { _ = Cosignature(line) }
            return lines.flatMap(\.bytes) == body ? nil : "signature lines have a second spelling"
        case .otherSize(let size): return Array("\(size.value)\n".utf8) == body ? nil : "a size has a second spelling"
        case .contradicted, .refused: return "another status than the one that was given"
        case .malformed: throw Refused()
        }
    }
}
