internal import OpenSSL

/// One thing that certificates are found by, as the index keeps it: 48 bits of a digest.
///
/// Two things may share a term. That costs a look at one entry too many and nothing else, because every entry that the
/// index names is compared with what was asked for. So no text that a thousand certificates repeat is stored at all.
struct IndexTerm: Hashable, Sendable {
    /// A number from 0 to 2^48 - 1, which takes six octets in SQLite.
    let value: Int64

    /// The term of octets with a kind in front.
    private init(_ kind: Kind, _ octets: [UInt8]) {
        let digest = SHA256Digest(hashing: [kind.rawValue] + octets)
        value = digest.bytes.prefix(6).reduce(0) { $0 << 8 | Int64($1) }
    }

    /// A term as it stands in the index.
    init(stored value: Int64) {
        self.value = value
    }

    private enum Kind: UInt8 {
        case serial = 1
        case fingerprint
        case key
        case authority
        case authorityKey
        case name
        case attribute
    }

    /// The term of a serial number in hexadecimal, without leading zeros.
    static func serial(_ text: String) -> IndexTerm { IndexTerm(.serial, Array(text.utf8)) }

    /// The term of a certificate as it was logged.
    static func fingerprint(_ digest: SHA256Digest) -> IndexTerm { IndexTerm(.fingerprint, digest.bytes) }

    /// The term of a certified key.
    static func key(_ digest: SHA256Digest) -> IndexTerm { IndexTerm(.key, digest.bytes) }

    /// The term of an issuing authority's distinguished name in words.
    static func authority(_ name: String) -> IndexTerm { IndexTerm(.authority, Array(name.utf8)) }

    /// The term of an issuing authority's key.
    static func authorityKey(_ digest: SHA256Digest) -> IndexTerm { IndexTerm(.authorityKey, digest.bytes) }

    /// The term of a subject alternative name, of whatever kind.
    static func name(_ value: String) -> IndexTerm { name(Array(value.utf8)) }

    /// The term of a subject alternative name in UTF-8.
    static func name(_ value: [UInt8]) -> IndexTerm { IndexTerm(.name, value) }

    /// The term of an extension with its text.
    static func attribute(_ id: ObjectIdentifier, _ text: String) -> IndexTerm {
        IndexTerm(.attribute, id.content + [0] + Array(text.utf8))
    }
}

extension LoggedCertificate {
    /// Everything that this certificate is to be found by, names excluded.
    var termsBesideNames: [IndexTerm] {
        [
            .serial(serial), .fingerprint(fingerprint), .key(certificate.subjectPublicKeyInfo.sha256),
            .authority(authority),
        ] + (authorityKeyHash.map { [.authorityKey($0)] } ?? [])
            + attributes.compactMap { item in item.text.map { .attribute(item.id, $0) } }
    }
}
