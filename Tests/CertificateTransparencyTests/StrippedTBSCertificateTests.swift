import CertificateTransparency
import OpenSSL
import Testing
import TransparencyLog

@Suite struct StrippedTBSCertificateTests {
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    @Test("TL-29 taking the poison out and putting it back gives the same bytes", arguments: 0..<6)
    func reinsertion(position: Int) throws {
        // Neighbours of many lengths, so that the lengths around them change their number of octets, too.
        let neighbours = [0, 1, 90, 127, 200, 70_000].enumerated().map { number, count in
            CertificateExtension(
                id: ObjectIdentifier(stringLiteral: Self.names[number]), value: [UInt8](repeating: 5, count: count))
        }
        for end in position..<neighbours.count {
            let without = Array(neighbours[position...end])
            let middle = without.count / 2
            let with = without[..<middle] + [TestAuthority.poison] + without[middle...]
            let precertificate = try authority.leaf(Array(with))
            let stripped = try StrippedTBSCertificate(precertificate: precertificate)
            #expect(stripped.der == (try authority.leaf(without).tbsCertificate.der))
            let read = try TBSCertificate(der: stripped.der)
            #expect(read.extensions.count == precertificate.extensions.count - 1)
        }
    }

    private static let names: [StaticString] = ["1.2.3.0", "1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.4", "1.2.3.5"]

    @Test func `TL-29 bytes inside names and extensions survive as they are, however odd`() throws {
        // A BER boolean, a printable string in a BMP costume: nothing of it is read, all of it is copied.
        let odd = CertificateExtension(id: "1.2.3.4", value: [0x30, 0x80, 1, 1, 1, 0, 0])
        let oddName = DERWriter.sequence([
            DERWriter.set(DERWriter.sequence([DERWriter.objectIdentifier(.commonName), [0x13, 2, 0xC3, 0x28]]))
        ])
        let certificate = try authority.leaf([odd, TestAuthority.poison])
        let bytes = certificate.tbsCertificate.der
        let stripped = try StrippedTBSCertificate(precertificate: certificate)
        #expect(stripped.der == (try authority.leaf([odd]).tbsCertificate.der))
        #expect(bytes.count - stripped.der.count == TestAuthority.poison.der.count)
        // The subject is put in by hand: libcrypto would not keep it as it is.
        let named = try replacing(DERWriter.sequence([]), with: oddName, in: certificate)
        let strippedName = try StrippedTBSCertificate(precertificate: named)
        #expect(strippedName.der.firstRange(of: oddName) != nil)
        #expect(named.tbsCertificate.der.count - strippedName.der.count >= TestAuthority.poison.der.count)
    }

    /// A certificate with another subject; its signature is of no interest here.
    private func replacing(_ old: [UInt8], with new: [UInt8], in certificate: Certificate) throws -> Certificate {
        var outer = DERReader(certificate.tbsCertificate.der)
        var body = try outer.nested(tag: DERTag.sequence)
        var fields: [[UInt8]] = []
        while !body.isAtEnd {
            let field = Array(body.bytes[try body.next().encoded])
            fields.append(field == old ? new : field)
        }
        let tbs = try TBSCertificate(der: DERWriter.sequence(fields))
        #expect(tbs.subject == new)
        return try Certificate(tbsCertificate: tbs, signature: certificate.signature)
    }

    @Test func `a certificate whose only extension is cut out has no list of extensions left`() throws {
        let precertificate = try TestAuthority.certificate(
            subject: [0x30, 0], key: authority.issuingKey, issuer: authority.issuing.subject,
            issuerKey: authority.issuingKey, extensions: [TestAuthority.poison])
        let stripped = try TBSCertificate(der: try StrippedTBSCertificate(precertificate: precertificate).der)
        #expect(stripped.extensions.isEmpty)
        var outer = DERReader(stripped.der)
        var (body, tags) = (try outer.nested(tag: DERTag.sequence), [UInt8]())
        while !body.isAtEnd { tags.append(try body.next().tag) }
        #expect(!tags.contains(DERTag.context(3, constructed: true)))
    }

    @Test(
        "TL-30 a wrong poison makes no precertificate",
        arguments: [
            ("none", [], .notPoisoned),
            ("not critical", [CertificateExtension(id: .precertificatePoison, value: [5, 0])], .malformedPoison),
            ("empty", [CertificateExtension(id: .precertificatePoison, isCritical: true, value: [])], .malformedPoison),
            (
                "not NULL", [CertificateExtension(id: .precertificatePoison, isCritical: true, value: [4, 0])],
                .malformedPoison
            ),
            (
                "NULL with a tail",
                [CertificateExtension(id: .precertificatePoison, isCritical: true, value: [5, 0, 0])],
                .malformedPoison
            ),
            (
                "with timestamps",
                [TestAuthority.poison, CertificateExtension(id: .signedCertificateTimestampList, value: [4, 0])],
                .hasTimestamps
            ),
        ] as [(String, [CertificateExtension], StrippedTBSCertificate.Refusal)])
    func poison(what: String, extensions: [CertificateExtension], expected: StrippedTBSCertificate.Refusal) throws {
        let certificate = try authority.leaf(extensions)
        #expect(throws: expected, "\(what)") { try StrippedTBSCertificate(precertificate: certificate) }
    }

    @Test func `TL-30 a poison twice is not even a certificate`() throws {
        #expect(throws: DERError.self) { try authority.leaf([TestAuthority.poison, TestAuthority.poison]) }
    }

    @Test func `a final certificate has timestamps and no poison`() throws {
        let list = CertificateExtension(id: .signedCertificateTimestampList, value: [4, 0])
        let without = try authority.leaf([])
        #expect(throws: StrippedTBSCertificate.Refusal.hasNoTimestamps) {
            try StrippedTBSCertificate(finalCertificate: without)
        }
        let both = try authority.leaf([TestAuthority.poison, list])
        #expect(throws: StrippedTBSCertificate.Refusal.poisoned) { try StrippedTBSCertificate(finalCertificate: both) }
    }
}
