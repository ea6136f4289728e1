import OpenSSL

@testable import Issuance

extension FuzzEntry {
    /// A certificate signing request in DER, with the check of its signature.
    static let certificateRequest = FuzzEntry("certificateRequest", seeds: { try Corpus.blocks("request") }) { bytes in
        let pem = Array(PEM.encode(label: "CERTIFICATE REQUEST", bytes).utf8)
        let key = try SubjectKey(.certificateSigningRequest(pem))
        guard case .request(let request) = key.proof else { return "a request without its own proof" }
        let parts = [
            request.certificationRequestInfo, request.signatureAlgorithm, DERWriter.bitString(request.signature),
        ]
        guard DERWriter.sequence(parts) == bytes else { return "a request has a second encoding" }
        _ = try ProofOfPossession.verify(key, challenge: [])
        return nil
    }
}
