internal import OpenSSL

/// A secret that whoever asks must know (RFC 6750 §2.1).
struct BearerToken: Sendable {
    /// Only its digest is kept; comparing digests says nothing of how much of a guess was right.
    private let digest: SHA256Digest

    /// The token on the first line of a file that only its owner and group may read; throws one line.
    init(file path: String) throws {
        let bytes = try PrivateFile.read(path, readers: .ownerAndGroup)
        let line = Array(bytes.prefix { $0 != 0x0A && $0 != 0x0D })
        guard (16...1024).contains(line.count), line.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ConfigurationMistakes(["\(path): no token of 16 to 1,024 printable characters on the first line"])
        }
        digest = SHA256Digest(hashing: line)
    }

    /// Whether an `Authorization` field presents the token.
    func isPresented(in field: String?) -> Bool {
        guard let field else { return false }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        return SHA256Digest(hashing: Array(parts[1].utf8)) == digest
    }
}
