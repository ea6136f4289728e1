package import StrictJSON

/// The usable keys of one issuer (RFC 7517 §5).
package struct JSONWebKeySet: Sendable {
    /// The most members a set may have; a longer one is refused whole.
    package static let keyLimit = 256
    /// The most keys of one `kid` that are tried.
    private static let candidateLimit = 4

    /// The keys that passed every check, in the order of the set.
    package let keys: [JSONWebKey]
    /// How many members were passed over for each reason.
    package let skipped: [JSONWebKey.Skip: Int]

    /// Reads a key set; nil when it has no `keys` array or too many members.
    ///
    /// Members that cannot be used are passed over and counted.
    package init?(_ value: JSONValue) {
        guard let members = value["keys"]?.elements, members.count <= Self.keyLimit else { return nil }
        self.init(members: members)
    }

    /// Reads the members of a key set.
    package init(members: [JSONValue]) {
        var keys: [JSONWebKey] = []
        var skipped: [JSONWebKey.Skip: Int] = [:]
        for member in members {
            do {
                keys.append(try JSONWebKey(member))
            } catch {
                skipped[error, default: 0] += 1
            }
        }
        self.keys = keys
        self.skipped = skipped
    }

    /// Checks a token's signature; throws when no key is meant or none of those meant has made it.
    ///
    /// With a `kid`, only keys of exactly that `kid` are tried, at most four; without one, every key of the type.
    package func verify(_ jws: CompactJWS) throws(TokenRefusal) {
        var candidates = keys.filter { $0.fits(jws.algorithm) }
        if let keyID = jws.keyID {
            let named = candidates.filter { $0.keyID?.hasSameBytes(as: keyID) == true }
            candidates = Array(named.prefix(Self.candidateLimit))
        }
        guard !candidates.isEmpty else { throw .noMatchingKey }
        guard candidates.contains(where: { $0.verifies(jws) }) else { throw .signatureInvalid }
    }
}
