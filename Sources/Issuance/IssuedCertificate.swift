package import CertificateTransparency
package import OpenSSL
internal import TransparencyLog

/// A certificate that was issued, with what the logs said about it.
package struct IssuedCertificate: Sendable {
    /// Where the signed certificate timestamps are (CA specification 6.1).
    package enum Timestamps: Hashable, Sendable {
        /// In the certificate, one of each log.
        case embedded([SignedCertificateTimestamp])
        /// Beside the certificate, which was logged as it is.
        case detached(SignedCertificateTimestamp)
        /// Nowhere: nothing was logged.
        case none

        /// All of them.
        package var all: [SignedCertificateTimestamp] {
            switch self {
            case .embedded(let timestamps): timestamps
            case .detached(let timestamp): [timestamp]
            case .none: []
            }
        }

        /// The place in the first log; nil when it names none.
        var firstLeafIndex: UInt64? { all.first?.leafIndex?.value }

        /// The places in the logs that name one, for a log line; `none` when there is no such place.
        var leafIndexes: String {
            let indexes = all.compactMap { $0.leafIndex.map { "\($0.value)" } }
            return indexes.isEmpty ? "none" : indexes.joined(separator: ",")
        }
    }

    /// The leaf.
    package let certificate: Certificate

    /// The chain above it in PEM, each certificate ending in one newline: the issuing one first, the root last.
    package let chainPEM: [String]

    /// What the logs gave.
    package let timestamps: Timestamps
}
