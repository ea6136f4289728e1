package import OpenSSL

/// The key to certify, read from a request, with the proof that came with it.
package struct SubjectKey: Sendable {
    /// The proof that the client holds the private half; not checked yet.
    package enum Proof: Sendable {
        /// A signature over the principal's challenge.
        case challenge(signature: [UInt8])
        /// The signature of a certificate signing request over itself.
        case request(CertificateRequest)
    }

    /// The longest public key that is read, in octets.
    static let maximumKeyByteCount = 8 * 1024

    /// The longest certificate signing request that is read, in octets.
    static let maximumRequestByteCount = 16 * 1024

    /// The key, imported: its encoding is the accepted one and an elliptic curve point lies on its curve.
    package let publicKey: PublicKey

    /// The proof that came with it.
    package let proof: Proof

    /// Reads the key of a request; throws a refusal when there is none or it cannot be read.
    package init(_ key: IssuanceRequest.Key) throws(IssuanceRefusal) {
        switch key {
        case .missing:
            throw .publicKeyNotParseable
        case .publicKey(let bytes, let signature):
            guard bytes.count <= Self.maximumKeyByteCount else { throw .publicKeyNotParseable }
            publicKey = try Self.imported(try Self.keyInfo(bytes), otherwise: .publicKeyNotParseable)
            proof = .challenge(signature: signature)
        case .certificateSigningRequest(let pem):
            let request = try Self.request(pem)
            let info: SubjectPublicKeyInfo
            do {
                info = try SubjectPublicKeyInfo(der: request.subjectPublicKeyInfo)
            } catch .unknownAlgorithm {
                throw .keyInsecure("unknown key algorithm in a certificate signing request")
            } catch {
                throw .certificateSigningRequestNotParseable
            }
            publicKey = try Self.imported(info, otherwise: .certificateSigningRequestNotParseable)
            proof = .request(request)
        }
    }

    /// The first PEM block of the two public key types, else the whole input as DER (CA specification 3.2).
    private static func keyInfo(_ bytes: [UInt8]) throws(IssuanceRefusal) -> SubjectPublicKeyInfo {
        do {
            guard let block = PEM.firstBlock(in: bytes) else { return try SubjectPublicKeyInfo(der: bytes) }
            switch block.label {
            case "PUBLIC KEY": return try SubjectPublicKeyInfo(der: block.bytes)
            case "RSA PUBLIC KEY": return try SubjectPublicKeyInfo(rsaPublicKey: block.bytes)
            default: throw IssuanceRefusal.publicKeyNotParseable
            }
        } catch {
            throw .publicKeyNotParseable
        }
    }

    private static func request(_ pem: [UInt8]) throws(IssuanceRefusal) -> CertificateRequest {
        guard pem.count <= maximumRequestByteCount, let block = PEM.firstBlock(in: pem),
            ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"].contains(block.label)
        else { throw .certificateSigningRequestNotParseable }
        do {
            return try CertificateRequest(der: block.bytes)
        } catch {
            throw .certificateSigningRequestNotParseable
        }
    }

    /// Imports the key; one that libcrypto refuses is unreadable, unless its algorithm alone is the reason.
    private static func imported(
        _ info: SubjectPublicKeyInfo, otherwise refusal: IssuanceRefusal
    ) throws(IssuanceRefusal) -> PublicKey {
        if case .unsupported(let name) = info.key { throw .keyInsecure("\(name) key") }
        do {
            return try PublicKey(info)
        } catch {
            if case .rsa = info.key { throw .keyInsecure("RSA key that libcrypto refuses") }
            throw refusal
        }
    }
}
