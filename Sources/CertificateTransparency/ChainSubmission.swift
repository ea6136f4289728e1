package import OpenSSL
internal import StrictJSON

/// The body of `add-chain` and `add-pre-chain` (RFC 6962 §4.1, §4.2).
package struct ChainSubmission: Hashable, Sendable {
    /// The most bytes of a body (transparency-log 1.3.3).
    package static let maximumByteCount = 128 << 10

    /// The certificate or precertificate that is to be logged.
    package let submitted: Certificate

    /// What issued it, in the order of the body.
    package let chain: [Certificate]

    /// Reads `{"chain": [...]}`; other members are ignored.
    ///
    /// Throws for anything else, before any signature is verified, naming a position and never what stands there.
    package init(parsing body: [UInt8]) throws(LogRefusal) {
        let texts = try Self.texts(in: body)
        guard texts.count <= ChainAdmission.maximumChainCount else { throw .chainIsTooLong }
        var certificates: [Certificate] = []
        for (position, text) in texts.enumerated() {
            // Three bytes make four characters, so this bounds the certificate before it is decoded.
            guard text.utf8.count <= (ChainAdmission.maximumCertificateByteCount + 2) / 3 * 4 else {
                throw .certificateIsTooLarge
            }
            guard let der = Base64.decodeStandard(Array(text.utf8)), let certificate = try? Certificate(der: der) else {
                throw .unreadableCertificate(position: position)
            }
            certificates.append(certificate)
        }
        guard let submitted = certificates.first else { throw .noChain }
        self.submitted = submitted
        chain = Array(certificates.dropFirst())
    }

    private static func texts(in body: [UInt8]) throws(LogRefusal) -> [String] {
        let json: JSONValue
        do { json = try JSONValue(parsing: body, limits: JSONLimits(byteCount: maximumByteCount)) } catch {
            throw .noChain
        }
        guard let elements = json["chain"]?.elements, !elements.isEmpty else { throw .noChain }
        let texts = elements.compactMap(\.string)
        guard texts.count == elements.count else { throw .noChain }
        return texts
    }
}
