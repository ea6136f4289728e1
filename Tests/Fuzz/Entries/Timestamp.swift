import CertificateTransparency
import OpenSSL

extension FuzzEntry {
    /// Signed certificate timestamps, alone and as the list of a certificate.
    static let timestamp = FuzzEntry(
        "timestamp",
        seeds: {
            let leaf = try Certificate(der: try PEM.firstBlock(in: Corpus.file("certificate/leaf.pem")).read().bytes)
            let list = try leaf.firstExtension(.signedCertificateTimestampList).read().value
            let timestamps = try SignedCertificateTimestampList(extensionValue: list).timestamps
            return [list] + (try timestamps.map { try $0.encoded() })
        }
    ) { bytes in
        if let list = try? SignedCertificateTimestampList(extensionValue: bytes) {
            guard try list.certificateExtension().value == bytes else { return "a list has a second encoding" }
            return nil
        }
        let timestamp = try SignedCertificateTimestamp(parsing: bytes)
        guard try timestamp.encoded() == bytes else { return "a timestamp has a second encoding" }
        if let index = timestamp.leafIndex, timestamp.extensions.count == 8 {
            guard LeafIndexExtension.encoded(index) == timestamp.extensions else { return "an index has two encodings" }
        }
        return nil
    }
}
