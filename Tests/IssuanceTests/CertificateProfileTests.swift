@testable import Identity
@testable import Issuance
import OpenSSL
import Testing

@Suite struct CertificateProfileTests {
    private static let name = SubjectAlternativeName.uri(
        "https://github.com/o/r/.github/workflows/x.yml@refs/heads/main")
    private static let principal = Principal(
        issuer: "http://oidc.example.com/gh", subject: "repo:o/r:ref:refs/heads/main", challenge: [1],
        subjectAlternativeName: name,
        attributes: [(.sourceRepositoryURI, "https://github.com/o/r"), (.githubWorkflowTrigger, "push")])

    private static func fields(_ authority: TestAuthority) throws -> CertificateFields {
        let issuing = try authority.loaded()
        let info = try PrivateKey.generate(.ellipticCurve(.p256)).publicKey.subjectPublicKeyInfo
        return CertificateFields(
            serialNumber: try SerialNumber.generate(), signatureAlgorithm: issuing.signatureAlgorithm,
            issuer: issuing.certificate.subject, notBefore: Timestamp(seconds: 1_800_000_000),
            notAfter: Timestamp(seconds: 1_800_000_600), subject: DERWriter.sequence([]), subjectPublicKeyInfo: info,
            extensions: try LeafExtensions.all(for: principal, key: info, issuing: issuing) + [LeafExtensions.poison])
    }

    /// What the lint expects of fields; their authority key identifier is taken as the CA's.
    private static func expectation(_ fields: CertificateFields) -> ProfileLint.Expectation {
        let authority = fields.extensions.first { $0.id == .authorityKeyIdentifier }?.value ?? []
        return ProfileLint.Expectation(
            fields: fields, authorityKeyIdentifier: Array(authority.dropFirst(4)),
            name: name)
    }

    @Test("CRT-01 SCT-01 R-40: the precertificate lives ten minutes from one reading of the clock, poison last")
    func precertificate() async throws {
        let authority = try await TestAuthority()
        let issuing = try authority.loaded()
        let info = try PrivateKey.generate(.ed25519).publicKey.subjectPublicKeyInfo
        let template = try CertificateProfile.prepare(Self.principal, info, issuing: issuing, now: TestAuthority.now)
        let signed = try await template.sign(with: issuing.key)
        let certificate = signed.certificate
        #expect(certificate.notBefore == Timestamp(seconds: 1_800_000_000))
        #expect(certificate.notAfter == Timestamp(seconds: 1_800_000_600))
        #expect(certificate.extensions.last == LeafExtensions.poison)
        #expect(certificate.isSigned(by: issuing.key.publicKey))
    }

    @Test("R-04 SCT-02: the final certificate differs from its precertificate in the last extension alone")
    func finalCertificate() async throws {
        let authority = try await TestAuthority()
        let issuing = try authority.loaded()
        let info = try PrivateKey.generate(.ellipticCurve(.p384)).publicKey.subjectPublicKeyInfo
        let template = try CertificateProfile.prepare(Self.principal, info, issuing: issuing, now: TestAuthority.now)
        let signed = try await template.sign(with: issuing.key)
        let before = signed.certificate
        let list = CertificateExtension(
            id: .signedCertificateTimestampList, value: DERWriter.octetString([0, 1, 2]))
        let after = try await signed.finish(list, with: issuing.key)
        #expect(after.serialNumber == before.serialNumber)
        #expect(after.extensions.dropLast() == before.extensions.dropLast())
        #expect(after.extensions.last == list)
        #expect(after.isSigned(by: issuing.key.publicKey))
    }

    @Test("R-04: another extension in the poison's place is not signed")
    func otherLastExtension() async throws {
        let authority = try await TestAuthority()
        let issuing = try authority.loaded()
        let info = try PrivateKey.generate(.ed25519).publicKey.subjectPublicKeyInfo
        let template = try CertificateProfile.prepare(Self.principal, info, issuing: issuing, now: TestAuthority.now)
        let signed = try await template.sign(with: issuing.key)
        let other = CertificateExtension(id: .basicConstraints, value: [0x30, 0])
        do {
            _ = try await signed.finish(other, with: issuing.key)
            Issue.record("signed")
        } catch {
            #expect(error is IssuanceFailure)
        }
    }

    @Test("CRT-08: nothing is issued that outlives a certificate of the chain")
    func outlivesChain() async throws {
        let authority = try await TestAuthority()
        let issuing = try authority.loaded()
        let info = try PrivateKey.generate(.ed25519).publicKey.subjectPublicKeyInfo
        let lastGood = Timestamp(seconds: authority.issuing.notAfter.seconds - 600)
        for (time, isIssued) in [(lastGood, true), (lastGood.adding(milliseconds: 1000), false)] {
            do {
                _ = try CertificateProfile.prepare(Self.principal, info, issuing: issuing, now: time)
                #expect(isIssued)
            } catch {
                #expect(!isIssued && error is IssuanceFailure)
            }
        }
    }

    @Test("CRT-02 R-07: 10,000 serial numbers are distinct, positive and use all their bits")
    func serialNumbers() throws {
        let serials = try (0..<10_000).map { _ in try SerialNumber.generate() }
        #expect(Set(serials).count == serials.count)
        #expect(serials.allSatisfy { $0.count == 20 && $0[0] < 0x80 })
        for bit in 1..<160 {
            let ones = serials.count { $0[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 }
            #expect((4_500...5_500).contains(ones), "bit \(bit)")
        }
    }

    @Test("R-07: no two of a million serial numbers agree in their last eight octets")
    func manySerialNumbers() throws {
        // Equal serial numbers would have equal ends; a million random ends of 64 bits agree once in 30 million runs.
        let ends = try (0..<1_000_000).map { _ in
            try SerialNumber.generate().suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        #expect(Set(ends).count == ends.count)
    }

    @Test("CRT-04 R-05: bytes that say what they should pass the lint")
    func goodBytes() async throws {
        let fields = try Self.fields(try await TestAuthority())
        try ProfileLint.check(try TBSCertificate(der: try fields.tbsCertificate()), against: Self.expectation(fields))
    }

    private static let corruptions: [(String, @Sendable (inout CertificateFields) -> Void)] = [
        ("serial", { $0.serialNumber[19] ^= 1 }),
        ("signature algorithm", { $0.signatureAlgorithm = SignatureScheme.ed25519.algorithmIdentifier ?? [] }),
        ("issuer", { $0.issuer = DERWriter.sequence([]) }),
        ("notBefore", { $0.notBefore = Timestamp(seconds: 1_799_999_999) }),
        ("notAfter", { $0.notAfter = Timestamp(seconds: 1_800_000_601) }),
        ("subject", { $0.subject = $0.issuer }),
        (
            "key usage",
            { $0.extensions[0] = CertificateExtension(id: .keyUsage, isCritical: true, value: [3, 2, 1, 6]) }
        ),
        (
            "criticality of the name",
            { $0.extensions[4] = CertificateExtension(id: .subjectAlternativeName, value: $0.extensions[4].value) }
        ),
        ("extension missing", { $0.extensions.remove(at: 2) }),
        ("order", { $0.extensions.swapAt(1, 2) }),
        (
            "identity value",
            { $0.extensions[5] = CertificateExtension(id: $0.extensions[5].id, value: Array("other".utf8)) }
        ),
        ("no poison", { $0.extensions.removeLast() }),
        (
            "one extension more",
            { $0.extensions.insert(CertificateExtension(id: .basicConstraints, value: [0x30, 0]), at: 5) }
        ),
    ]

    @Test(
        "R-05: each field that was corrupted between decision and encoding is stopped", arguments: corruptions.indices)
    func corruptedBytes(index: Int) async throws {
        let intended = try Self.fields(try await TestAuthority())
        var corrupted = intended
        Self.corruptions[index].1(&corrupted)
        let tbs = try TBSCertificate(der: try corrupted.tbsCertificate())
        #expect(throws: IssuanceFailure.self, "\(Self.corruptions[index].0)") {
            try ProfileLint.check(tbs, against: Self.expectation(intended))
        }
    }

    private static let unfit: [(String, @Sendable (inout CertificateFields) -> Void)] = [
        ("lifetime", { $0.notAfter = Timestamp(seconds: 1_800_086_400) }),
        ("serial zero", { $0.serialNumber = [0] }),
        ("NUL in the name", { $0.extensions[4] = name([0x61, 0, 0x62]) }),
        ("empty name", { $0.extensions[4] = name([]) }),
        ("DNS name", { $0.extensions[4] = name([0x61], kind: 2) }),
        (
            "UTF8String that is not UTF-8",
            {
                $0.extensions[$0.extensions.count - 2] = CertificateExtension(
                    id: "1.3.6.1.4.1.57264.1.24", value: [0x0C, 2, 0xFF, 0xFE])
            }
        ),
        (
            "number out of the arc",
            {
                $0.extensions[$0.extensions.count - 2] = CertificateExtension(
                    id: "1.3.6.1.4.1.57264.1.25", value: [0x0C, 1, 0x61])
            }
        ),
        (
            "two UTF8Strings",
            {
                $0.extensions[$0.extensions.count - 2] = CertificateExtension(
                    id: "1.3.6.1.4.1.57264.1.24", value: [0x0C, 1, 0x61, 0x0C, 1, 0x61])
            }
        ),
    ]

    @Test(
        "R-05: fields that break the profile are stopped although they are encoded as asked", arguments: unfit.indices)
    func unfitFields(index: Int) async throws {
        var fields = try Self.fields(try await TestAuthority())
        Self.unfit[index].1(&fields)
        let tbs = try TBSCertificate(der: try fields.tbsCertificate())
        #expect(throws: IssuanceFailure.self, "\(Self.unfit[index].0)") {
            try ProfileLint.check(tbs, against: Self.expectation(fields))
        }
    }

    private static func name(_ text: [UInt8], kind: UInt8 = 1) -> CertificateExtension {
        CertificateExtension(
            id: .subjectAlternativeName, isCritical: true,
            value: DERWriter.sequence([DERWriter.element(tag: 0x80 | kind, text)]))
    }

    @Test func `a certificate of more than 16 KiB is refused as content`() async throws {
        let authority = try await TestAuthority()
        let issuing = try authority.loaded()
        let large = Principal(
            issuer: "https://i", subject: String(repeating: "a", count: 16 * 1024), challenge: [1],
            subjectAlternativeName: .email("a@b.c"))
        let info = try PrivateKey.generate(.ed25519).publicKey.subjectPublicKeyInfo
        #expect(throws: IssuanceRefusal.self) {
            _ = try CertificateProfile.prepare(large, info, issuing: issuing, now: TestAuthority.now)
        }
    }
}
