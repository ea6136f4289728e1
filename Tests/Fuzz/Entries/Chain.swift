import CertificateTransparency
import OpenSSL

extension FuzzEntry {
    /// A precertificate with its chain in PEM, and whether the log takes it.
    static let chain = FuzzEntry("chain", seeds: { try Corpus.files("chain") }) { bytes in
        let certificates = try PEM.blocks(in: bytes).read().map { try Certificate(der: $0.bytes) }
        let root = try Certificate(pem: Corpus.root.get())
        let admission = ChainAdmission(
            roots: [root], window: Timestamp(seconds: 0)..<Timestamp(seconds: 4_000_000_000))
        let first = try certificates.first.read()
        let admitted = try admission.admit(first, chain: Array(certificates.dropFirst()))
        guard admitted.precertificate == first.der, admitted.chain.last == root.der else {
            return "what is logged is not what was checked"
        }
        return nil
    }
}

extension Corpus {
    fileprivate static let root = Result { try file("certificate/root.pem") }
}
