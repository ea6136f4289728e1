package import CertificateTransparency
package import OpenSSL

/// An entry as a log gives it, whichever way it came.
package struct LoggedEntry: Hashable, Sendable {
    /// The certificates above an entry, direct issuer first.
    package enum Chain: Hashable, Sendable {
        /// Their SHA-256, as data tiles have them.
        case fingerprints([SHA256Digest])
        /// Their DER, as `extra_data` has them.
        case certificates([[UInt8]])
    }

    /// Where it stands.
    package let index: UInt64

    /// Time, entry and extensions.
    package let leaf: MerkleTreeLeaf

    /// The precertificate as submitted; nil beside an `x509Entry`.
    package let precertificate: [UInt8]?

    /// The certificates above it.
    package let chain: Chain

    /// An entry from its parts.
    package init(index: UInt64, leaf: MerkleTreeLeaf, precertificate: [UInt8]?, chain: Chain) {
        (self.index, self.leaf, self.precertificate, self.chain) = (index, leaf, precertificate, chain)
    }

    /// The DER of what was submitted: the certificate, or the precertificate.
    package var submitted: [UInt8] {
        switch leaf.entry {
        case .x509Entry(let certificate): certificate
        case .precertEntry: precertificate ?? []
        }
    }

    /// The type by its name in RFC 6962 §3.1.
    package var typeName: String {
        if case .x509Entry = leaf.entry { "x509_entry" } else { "precert_entry" }
    }
}
