internal import Identity
internal import OpenSSL

/// What a query looks like in a URL and on the command line.
extension CertificateQuery {
    /// The names of the parameters that a query is made of, each given at most once but for `extension`.
    package static let parameterNames = [
        "serial", "fingerprint", "spki", "issuer", "ca", "san", "san_prefix", "extension", "since", "until",
    ]

    /// The most octets of one value; no name or extension of a certificate that we log is longer.
    static let maximumByteCount = 16 * 1024

    /// The most extensions of one query.
    static let maximumAttributeCount = 16

    /// A query of these parameters; an unknown or repeated one is a mistake, for it must not widen what is found.
    ///
    /// An extension is `<name or object identifier>:<text>`. Times are those of RFC 3339. Throws `QueryMistake`.
    package init(parameters: [(name: String, value: String)]) throws(QueryMistake) {
        self.init()
        var seen: Set<String> = []
        for (name, value) in parameters {
            guard Self.parameterNames.contains(name) else {
                throw QueryMistake(
                    "there is no parameter \(name.debugQuoted); known are "
                        + Self.parameterNames.joined(separator: ", "))
            }
            guard seen.insert(name).inserted || name == "extension" else {
                throw QueryMistake("parameter \(name) may be given once")
            }
            guard !value.isEmpty, value.utf8.count <= Self.maximumByteCount else {
                throw QueryMistake("parameter \(name) must have 1 to \(Self.maximumByteCount) octets")
            }
            try set(name, value)
        }
        if let since, let until, since >= until { throw QueryMistake("until must be later than since") }
    }

    private mutating func set(_ name: String, _ value: String) throws(QueryMistake) {
        switch name {
        case "serial": serial = try Self.serial(value)
        case "fingerprint": fingerprint = try Self.digest(name, value)
        case "spki": key = try Self.digest(name, value)
        case "issuer": oidcIssuer = value
        case "ca": authority = value
        case "san": self.name = value
        case "san_prefix": namePrefix = value
        case "since": since = try Self.time(name, value)
        case "until": until = try Self.time(name, value)
        default:
            guard attributes.count < Self.maximumAttributeCount else {
                throw QueryMistake("at most \(Self.maximumAttributeCount) extensions may be given")
            }
            attributes.append(try Self.attribute(value))
        }
    }

    /// A serial number in hexadecimal, with or without colons and leading zeros.
    private static func serial(_ text: String) throws(QueryMistake) -> String {
        let digits = text.filter { $0 != ":" }
        let even = digits.utf8.count.isMultiple(of: 2) ? digits : "0\(digits)"
        guard let octets = [UInt8](hexadecimal: even), !octets.isEmpty else {
            throw QueryMistake("serial must be hexadecimal")
        }
        return LoggedCertificate.serial(octets)
    }

    private static func digest(_ name: String, _ text: String) throws(QueryMistake) -> SHA256Digest {
        guard let octets = [UInt8](hexadecimal: text.filter { $0 != ":" }), let digest = SHA256Digest(octets) else {
            throw QueryMistake("\(name) must be a SHA-256 of 64 hexadecimal digits")
        }
        return digest
    }

    private static func time(_ name: String, _ text: String) throws(QueryMistake) -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else {
            throw QueryMistake("\(name) must be a time of RFC 3339 such as 2026-11-23T12:00:00Z")
        }
        return time
    }

    private static func attribute(_ text: String) throws(QueryMistake) -> AttributeCriterion {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else {
            throw QueryMistake("extension must be a name or object identifier, a colon and a text")
        }
        let dotted = FulcioExtension(key: parts[0])?.objectIdentifier ?? parts[0]
        guard let id = ObjectIdentifier(dotted), id.content.starts(with: LoggedCertificate.arc.content) else {
            throw QueryMistake(
                "there is no extension \(parts[0].debugQuoted); name one as SourceRepositoryURI, or by an object "
                    + "identifier below \(LoggedCertificate.arc.dotted)")
        }
        return AttributeCriterion(id: id, text: parts[1])
    }
}
