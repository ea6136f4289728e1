import StrictJSON

/// Takes the claims that go into one certificate and keeps count of their bytes (CA specification, SEC-06).
struct ClaimReader {
    private static let claimLimit = 8 * 1024
    /// The most bytes of all values of one certificate.
    static let totalLimit = 64 * 1024

    private let claims: ClaimsSet
    private var byteCount = 0

    init(_ claims: ClaimsSet) {
        self.claims = claims
    }

    /// The `iss` claim.
    mutating func issuer() throws(TokenRefusal) -> String {
        try admit(claims.issuer, "iss")
    }

    /// A claim that must be a string with something in it.
    mutating func text(_ name: String) throws(TokenRefusal) -> String {
        guard let text = try optionalText(name), !text.isEmpty else { throw .claimMissing(name) }
        return text
    }

    /// A claim that may be missing or null, and is a string otherwise.
    mutating func optionalText(_ name: String) throws(TokenRefusal) -> String? {
        guard let member = claims.value[name], !member.isNull else { return nil }
        guard let text = member.string else { throw .claimMalformed(name) }
        return try admit(text, name)
    }

    /// The claim at the end of a path, which must be a string with something in it.
    mutating func text(at path: JSONPath) throws(TokenRefusal) -> String {
        guard let member = path.value(in: claims.value) else { throw .claimMissing(path.text) }
        guard let text = member.string, !text.isEmpty else { throw .claimMalformed(path.text) }
        return try admit(text, path.text)
    }

    /// The raw `sub`, which every kind but `email` needs (CA specification 2.7).
    mutating func subject() throws(TokenRefusal) -> String {
        try text("sub")
    }

    private mutating func admit(_ text: String, _ name: String) throws(TokenRefusal) -> String {
        let count = text.utf8.count
        guard count <= Self.claimLimit else { throw .claimTooLarge(name, limit: Self.claimLimit) }
        byteCount += count
        guard byteCount <= Self.totalLimit else { throw .claimsTooLarge(limit: Self.totalLimit) }
        guard CertificateText.isClean(text) else { throw .claimMalformed(name) }
        return text
    }
}
