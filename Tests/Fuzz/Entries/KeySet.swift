import Identity
import StrictJSON

extension FuzzEntry {
    /// A set of public keys, and the check of a token with it.
    static let keySet = FuzzEntry("keySet", seeds: { try Corpus.files("keySet") }) { bytes in
        let value = try JSONValue(parsing: bytes, limits: JSONLimits(byteCount: 1 << 20))
        let set = try JSONWebKeySet(value).read()
        guard set.keys.count <= 256 else { return "more keys than are ever read" }
        for token in try tokens.get() where (try? set.verify(token)) != nil { return "a foreign key verifies a token" }
        return nil
    }

    private static let tokens = Result { try Corpus.files("token").map { try CompactJWS($0) } }
}
