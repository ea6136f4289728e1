import NIOSSL
import OpenSSL

/// A self-signed certificate for `localhost`, as a private network's server has it.
struct TestCertificate: Sendable {
    let key: PrivateKey
    let certificate: Certificate

    init() throws {
        key = try PrivateKey.generate(.ellipticCurve(.p256))
        let name = DERWriter.sequence([
            DERWriter.set(DERWriter.sequence([DERWriter.objectIdentifier("2.5.4.3"), DERWriter.utf8String("test")]))
        ])
        let hostName = DERWriter.sequence([DERWriter.element(tag: 0x82, Array("localhost".utf8))])
        let now = Timestamp.now()
        let fields = CertificateFields(
            serialNumber: [1],
            signatureAlgorithm: key.defaultScheme.algorithmIdentifier ?? [],
            issuer: name,
            notBefore: Timestamp(milliseconds: now.milliseconds - 3_600_000),
            notAfter: now.adding(milliseconds: 3_600_000),
            subject: name,
            subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo,
            extensions: [CertificateExtension(id: "2.5.29.17", value: hostName)]
        )
        let tbs = try fields.tbsCertificate()
        certificate = try Certificate(
            tbsCertificate: TBSCertificate(der: tbs),
            signature: key.signature(over: tbs, scheme: key.defaultScheme))
    }

    func serverContext() throws -> NIOSSLContext {
        let chain = [NIOSSLCertificateSource.certificate(try NIOSSLCertificate(bytes: certificate.der, format: .der))]
        let secret = Array("test".utf8)
        let pem = try key.encryptedPEM(passphrase: Passphrase(secret))
        let key = try NIOSSLPrivateKey(bytes: Array(pem.utf8), format: .pem) { answer in answer(secret) }
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }
}
