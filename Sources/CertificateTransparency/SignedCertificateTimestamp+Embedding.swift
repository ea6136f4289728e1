internal import OpenSSL

extension SignedCertificateTimestamp {
    /// The leaf that a log signed for the precertificate of a final certificate which carries this timestamp.
    ///
    /// The leaf is built from the final certificate, so any drift between it and its precertificate shows when the
    /// signature is verified. `isAlone` says whether the list must hold nothing else. Throws `timestampNotEmbedded`
    /// when the list is missing, malformed, or another one, and `malformed` when the certificate cannot be stripped.
    func leaf(
        embeddedIn finalCertificate: Certificate, issuer: Certificate, isAlone: Bool
    ) throws(IssuedCertificateMismatch) -> MerkleTreeLeaf {
        let value = finalCertificate.firstExtension(.signedCertificateTimestampList)?.value
        guard let value, let list = try? SignedCertificateTimestampList(extensionValue: value),
            isAlone ? list.timestamps == [self] : list.timestamps.contains(self)
        else { throw .timestampNotEmbedded }
        do {
            return try leaf(finalCertificate: finalCertificate, issuer: issuer)
        } catch {
            throw .malformed(error)
        }
    }
}
