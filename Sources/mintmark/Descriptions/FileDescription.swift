internal import Identity
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// Finds out what a file holds and puts it in words; nothing is verified.
enum FileDescription {
    /// The content of a file had no form that we know.
    struct Unrecognized: Error, CustomStringConvertible {
        var description: String {
            "not a certificate, certificate signing request, public key, identity token or checkpoint"
        }
    }

    /// The content has a known form and cannot be put in words.
    struct Unreadable: Error, CustomStringConvertible {
        let what: String
        var description: String { what }
    }

    /// The text for a file's bytes, each part with a heading.
    static func text(_ bytes: [UInt8]) throws -> String {
        if let blocks = PEM.blocks(in: bytes), !blocks.isEmpty {
            return try blocks.map(text).joined(separator: "\n\n")
        }
        if let certificate = try? Certificate(der: bytes) { return text(certificate) }
        if let request = try? CertificateRequest(der: bytes) { return text(request) }
        if let info = try? SubjectPublicKeyInfo(der: bytes) { return text(info) }
        if let note = try? SignedNote(parsing: bytes) { return text(note) }
        let token = bytes.filter { ![0x09, 0x0A, 0x0D, 0x20].contains($0) }
        if let jws = try? CompactJWS(token) { return try text(jws) }
        throw Unrecognized()
    }

    private static func text(_ block: PEMBlock) throws -> String {
        switch block.label {
        case "CERTIFICATE": return text(try Certificate(der: block.bytes))
        case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST": return text(try CertificateRequest(der: block.bytes))
        case "PUBLIC KEY":
            do {
                return text(try SubjectPublicKeyInfo(der: block.bytes))
            } catch {
                throw Unreadable(what: "the public key is of a kind or encoding that is not accepted")
            }
        case let label where label.hasSuffix("PRIVATE KEY"):
            throw Unreadable(what: "a private key, which this command does not look at")
        default: throw Unrecognized()
        }
    }

    private static func text(_ certificate: Certificate) -> String {
        let description = CertificateDescription(certificate)
        return "\(description.kind), not verified\n\(description.rows.text())"
    }

    private static func text(_ info: SubjectPublicKeyInfo) -> String {
        var rows = Rows()
        rows.add("key", KeyDescription.text(info))
        return "Public key\n\(rows.text())"
    }

    private static func text(_ request: CertificateRequest) -> String {
        var rows = Rows()
        let info = try? SubjectPublicKeyInfo(der: request.subjectPublicKeyInfo)
        rows.add("key", info.map(KeyDescription.text) ?? "of a kind that is not accepted")
        let scheme = SignatureScheme(algorithmIdentifier: request.signatureAlgorithm)
        let isSigned = info.flatMap { try? PublicKey($0) }.flatMap { key in
            scheme.map { key.isValidSignature(request.signature, over: request.certificationRequestInfo, scheme: $0) }
        }
        rows.add("signed by that key", isSigned == true ? "yes" : "no")
        return "Certificate signing request (only its key is ever used)\n\(rows.text())"
    }

    private static func text(_ jws: CompactJWS) throws -> String {
        var rows = Rows()
        rows.add("algorithm", jws.algorithm.rawValue)
        rows.add("key ID", jws.keyID ?? "(none)")
        let limits = JSONLimits(byteCount: CompactJWS.byteLimit)
        let claims: [JSONMember]
        do {
            claims = try JSONValue(parsing: jws.payload, limits: limits).members ?? []
        } catch {
            throw Unreadable(what: "an identity token whose claims cannot be read: \(error)")
        }
        for claim in claims { rows.add("claim \(claim.name.debugQuoted)", text(claim)) }
        return "Identity token, NOT verified: anybody can write these claims\n\(rows.text())"
    }

    /// A claim's value; times also in words.
    private static func text(_ claim: JSONMember) -> String {
        let plain = claim.value.string ?? JSONText(claim.value).string
        guard ["exp", "iat", "nbf", "auth_time"].contains(claim.name), let seconds = claim.value.integer,
            let unsigned = UInt64(exactly: seconds), unsigned < 253_402_300_800
        else { return plain }
        return "\(plain) (\(Timestamp(seconds: unsigned).rfc3339))"
    }

    private static func text(_ note: SignedNote) -> String {
        var rows = Rows()
        let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        rows.add("log", lines.first ?? "")
        rows.add("tree size", lines.count > 1 ? lines[1] : "(missing)")
        rows.add("root hash", lines.count > 2 ? lines[2] : "(missing)")
        for signature in note.signatures {
            let time = Self.time(signature).map { ", at \($0.rfc3339)" } ?? ""
            rows.add("signed by", "\(signature.name), key ID \(signature.keyID.hexadecimal)\(time)")
        }
        return "Checkpoint, not verified\n\(rows.text())"
    }

    /// The time at the front of an RFC 6962 signature; nil when what stands there is no plausible one.
    private static func time(_ signature: SignedNote.Signature) -> Timestamp? {
        guard signature.body.count > 8, let value = BigEndian.uint64(signature.body.prefix(8)) else { return nil }
        return value < 253_402_300_800_000 ? Timestamp(milliseconds: value) : nil
    }
}
