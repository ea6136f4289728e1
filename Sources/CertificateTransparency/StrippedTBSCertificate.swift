package import OpenSSL

/// What a precertificate and its final certificate have in common (RFC 6962 §3.2).
///
/// Made from the original bytes: one extension is cut out and the three lengths around it are written anew. Everything
/// else is copied, because a certificate written anew from what was understood could differ in a byte.
package struct StrippedTBSCertificate: Hashable, Sendable {
    /// Why bytes have no such form.
    package enum Refusal: Error, Hashable, Sendable {
        /// There is no poison extension: this is no precertificate.
        case notPoisoned
        /// The poison is not critical or not NULL: this is neither a certificate nor a precertificate (1.4.1).
        case malformedPoison
        /// There is a poison extension where none may be.
        case poisoned
        /// A precertificate already has timestamps (1.4.6).
        case hasTimestamps
        /// A final certificate has no timestamps.
        case hasNoTimestamps
        /// The certificate is not of version 3, or the bytes do not walk.
        case malformed
    }

    /// The stripped bytes.
    package let der: [UInt8]

    /// Whether a poison extension is critical and NULL; any other makes no precertificate (transparency-log 1.4.1).
    static func isWellFormed(poison: CertificateExtension) -> Bool {
        poison.isCritical && poison.value == DERWriter.null
    }

    /// The TBSCertificate of a precertificate without its poison.
    package init(precertificate: Certificate) throws(Refusal) {
        guard precertificate.tbsCertificate.version == 3 else { throw .malformed }
        guard let poison = precertificate.firstExtension(.precertificatePoison) else { throw .notPoisoned }
        guard Self.isWellFormed(poison: poison) else { throw .malformedPoison }
        guard precertificate.firstExtension(.signedCertificateTimestampList) == nil else { throw .hasTimestamps }
        der = try Self.removing(.precertificatePoison, from: precertificate.tbsCertificate)
    }

    /// The TBSCertificate of a final certificate without its signed certificate timestamps.
    package init(finalCertificate: Certificate) throws(Refusal) {
        guard finalCertificate.tbsCertificate.version == 3 else { throw .malformed }
        guard finalCertificate.firstExtension(.precertificatePoison) == nil else { throw .poisoned }
        guard finalCertificate.firstExtension(.signedCertificateTimestampList) != nil else { throw .hasNoTimestamps }
        der = try Self.removing(.signedCertificateTimestampList, from: finalCertificate.tbsCertificate)
    }

    private static func removing(
        _ id: ObjectIdentifier, from tbs: TBSCertificate
    ) throws(Refusal) -> [UInt8] {
        guard let position = tbs.extensions.firstIndex(where: { $0.id == id }) else { throw .malformed }
        var kept = tbs.extensionRanges
        kept.remove(at: position)
        return tbs.encoded(withExtensions: kept.flatMap { tbs.der[$0] })
    }
}
