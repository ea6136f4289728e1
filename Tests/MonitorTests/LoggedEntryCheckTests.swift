import CertificateTransparency
import OpenSSL
import Testing
import TransparencyLog

@testable import Monitor

@Suite struct LoggedEntryCheckTests {
    private let made: TestCertificates
    private let head: TreeHead

    init() throws {
        made = try TestCertificates()
        head = TreeHead(
            size: try TreeSize(1).required(), root: MerkleTree.emptyRoot,
            timestamp: MemoryLog.start.adding(milliseconds: 5))
    }

    private func problems(
        tbs: [UInt8], precertificate: Certificate, chain: [Certificate], keyHash: SHA256Digest? = nil, time: UInt64 = 0
    ) throws -> [String] {
        let hash = keyHash ?? made.key.publicKey.subjectPublicKeyInfo.sha256
        let leaf = MerkleTreeLeaf(
            timestamp: MemoryLog.start.adding(milliseconds: time),
            entry: .precertEntry(issuerKeyHash: hash, tbsCertificate: tbs), extensions: [])
        let entry = LoggedEntry(
            index: 0, leaf: leaf, precertificate: precertificate.der, chain: .certificates(chain.map(\.der)))
        return LoggedEntryCheck(api: .rfc6962, admission: nil).problems(of: entry, chain: chain, head: head)
    }

    private static func identifier(_ value: UInt8) -> CertificateExtension {
        CertificateExtension(id: .authorityKeyIdentifier, value: DERWriter.sequence([[0x80, 1, value]]))
    }

    @Test("a precertificate says what its leaf says, apart from the poison")
    func agreement() throws {
        let purpose = TestCertificates.purpose(.codeSigning)
        let precertificate = try made.certificate(extensions: [purpose, TestCertificates.poison])
        let issuer = try made.certificate(subject: "issuer")
        let stripped = try StrippedTBSCertificate(precertificate: precertificate).der
        #expect(try problems(tbs: stripped, precertificate: precertificate, chain: [issuer]) == [])
        let other = try made.certificate(serialNumber: 8, extensions: [purpose]).tbsCertificate.der
        #expect(try problems(tbs: other, precertificate: precertificate, chain: [issuer]).count == 1)
        #expect(try problems(tbs: stripped, precertificate: issuer, chain: [issuer]).count == 1)
        #expect(try problems(tbs: stripped, precertificate: precertificate, chain: []) == ["it has no issuer"])
        let hash = SHA256Digest(hashing: [])
        let wrongKey = try problems(tbs: stripped, precertificate: precertificate, chain: [issuer], keyHash: hash)
        #expect(wrongKey.count == 1)
        #expect(try problems(tbs: stripped, precertificate: precertificate, chain: [issuer], time: 6).count == 1)
    }

    @Test("TL-27: below a precertificate signing certificate, issuer and authority key identifier may differ")
    func signingCertificates() throws {
        let purpose = TestCertificates.purpose(.codeSigning)
        let precertificate = try made.certificate(
            issuer: "signing", extensions: [purpose, Self.identifier(1), TestCertificates.poison])
        let final = try made.certificate(issuer: "issuer", extensions: [purpose, Self.identifier(2)]).tbsCertificate.der
        let signing = try made.certificate(
            subject: "signing", extensions: [TestCertificates.purpose(.precertificateSigning)])
        let issuer = try made.certificate(subject: "issuer")
        #expect(try problems(tbs: final, precertificate: precertificate, chain: [signing, issuer]) == [])
        #expect(try problems(tbs: final, precertificate: precertificate, chain: [issuer]).count == 1)
        let other = try made.certificate(serialNumber: 8, extensions: [purpose, Self.identifier(2)]).tbsCertificate.der
        #expect(try problems(tbs: other, precertificate: precertificate, chain: [signing, issuer]).count == 1)
        #expect(try problems(tbs: final, precertificate: precertificate, chain: [signing]) == ["it has no issuer"])
    }
}
