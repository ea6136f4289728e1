internal import CertificateTransparency
internal import FulcioProtobuf
internal import Identity
internal import Issuance
internal import OpenSSL
internal import StrictJSON
internal import SwiftProtobuf

extension SigningRequest {
    /// Decodes the second version's message; `token` is that of the metadata, for a message without credentials.
    ///
    /// The last member of a oneof is the one that was sent last: an empty certificate signing request hides a key.
    static func decode(
        _ message: Dev_Sigstore_Fulcio_V2_CreateSigningCertificateRequest, token: String?
    ) throws(APIStatus) -> IssuanceRequest {
        let credential = message.credentials.oidcIdentityToken
        return IssuanceRequest(
            token: Array((credential.isEmpty ? token ?? "" : credential).utf8), key: key(message.key))
    }

    /// Decodes the legacy message; the token comes from the metadata alone.
    static func decodeLegacy(
        _ message: Dev_Sigstore_Fulcio_V1beta_CreateSigningCertificateRequest, token: String?
    ) throws(APIStatus) -> IssuanceRequest {
        let key = legacyKey(
            csr: Array(message.certificateSigningRequest), content: Array(message.publicKey.content),
            proof: Array(message.signedEmailAddress))
        return IssuanceRequest(token: Array((token ?? "").utf8), key: key)
    }

    private static func key(
        _ key: Dev_Sigstore_Fulcio_V2_CreateSigningCertificateRequest.OneOf_Key?
    ) -> IssuanceRequest.Key {
        switch key {
        case .certificateSigningRequest(let csr) where !csr.isEmpty: .certificateSigningRequest(Array(csr))
        case .publicKeyRequest(let request) where !request.publicKey.content.isEmpty:
            .publicKey(
                Array(request.publicKey.content.utf8), proofOfPossession: Array(request.proofOfPossession))
        default: .missing
        }
    }
}

extension Dev_Sigstore_Fulcio_V2_SigningCertificate {
    /// A certificate with its timestamps where they are; PEM without a newline at the end.
    init(_ issued: IssuedCertificate) {
        self.init()
        let chain = issued.pemCertificates
        switch issued.timestamps {
        case .embedded: signedCertificateEmbeddedSct.chain.certificates = chain
        case .detached(let timestamp):
            signedCertificateDetachedSct.chain.certificates = chain
            signedCertificateDetachedSct.signedCertificateTimestamp = .init(timestamp.json.bytes)
        case .none: signedCertificateDetachedSct.chain.certificates = chain
        }
    }
}

extension Dev_Sigstore_Fulcio_V2_TrustBundle {
    /// One chain; PEM with a newline at the end.
    init(_ chain: [Certificate]) {
        self.init()
        chains = [.with { $0.certificates = chain.map(\.pem) }]
    }
}

extension Google_Api_HttpBody {
    /// Certificates in PEM, without the newline at the end.
    init(pemChain: String) {
        self.init()
        contentType = "application/pem-certificate-chain"
        data = .init(pemChain.utf8.dropLast())
    }
}

extension Dev_Sigstore_Fulcio_V2_Configuration {
    /// The issuers in the order of the configuration.
    init(_ issuers: [ConfiguredIssuer]) {
        self.init()
        self.issuers = issuers.map { issuer in
            .with {
                switch issuer {
                case .fixed(let fixed): $0.issuerURL = fixed.url
                case .meta(let meta): $0.wildcardIssuerURL = meta.pattern.text
                }
                $0.audience = issuer.settings.clientID
                $0.challengeClaim = issuer.settings.challengeClaim
                $0.spiffeTrustDomain = issuer.settings.spiffeTrustDomain
                $0.issuerType = issuer.settings.kind.name
                $0.subjectDomain = issuer.settings.subjectDomain
                $0.skipEmailVerification = issuer.settings.skipsEmailVerification
            }
        }
    }
}
