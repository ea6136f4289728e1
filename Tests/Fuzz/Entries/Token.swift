import Identity
import OpenSSL

extension FuzzEntry {
    /// A token in compact form, down to its registered claims.
    static let token = FuzzEntry("token", seeds: { try Corpus.files("token") }) { bytes in
        let token = try IdentityToken(bytes)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { return "a token without exactly two dots" }
        let payload = Array(Base64.encodeURL(token.jws.payload).utf8)
        return Array(parts[1]) == payload ? nil : "the payload has a second spelling"
    }
}
