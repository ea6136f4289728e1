import Issuance
import OpenSSL
import Testing

@Suite struct IssuingCertificateTests {
    @Test(
        "CRT-06 CRT-09: a chain of our own making loads, and names the algorithm of its key",
        arguments: [
            (.ellipticCurve(.p256), .ecdsa(.sha256)), (.ellipticCurve(.p384), .ecdsa(.sha384)),
            (.ellipticCurve(.p521), .ecdsa(.sha512)), (.rsa(bits: 2048), .rsaPKCS1(.sha256)),
        ] as [(PrivateKey.Kind, SignatureScheme)])
    func goodChains(kind: PrivateKey.Kind, scheme: SignatureScheme) async throws {
        let authority = try await TestAuthority(kind)
        let loaded = try authority.loaded()
        #expect(SignatureScheme(algorithmIdentifier: loaded.signatureAlgorithm) == scheme)
        #expect(loaded.root == authority.root)
        #expect(loaded.isValid(from: TestAuthority.now, to: TestAuthority.now.adding(milliseconds: 600_000)))
    }

    @Test("CRT-06: an Ed25519 CA loads, signs pure Ed25519, and is warned of")
    func ed25519() async throws {
        let loaded = try await TestAuthority(.ed25519).loaded()
        #expect(SignatureScheme(algorithmIdentifier: loaded.signatureAlgorithm) == .ed25519)
        #expect(loaded.warnings.count == 1)
        #expect(try await TestAuthority().loaded().warnings.isEmpty)
    }

    @Test("R-43 CRT-08: a chain that ends before a leaf of now would is refused")
    func endsTooSoon() async throws {
        let authority = try await TestAuthority()
        let end = authority.issuing.notAfter
        #expect(throws: Never.self) { try authority.loaded(at: Timestamp(seconds: end.seconds - 600)) }
        #expect(throws: IssuingCertificateError.self) {
            try authority.loaded(at: Timestamp(seconds: end.seconds - 599))
        }
    }

    @Test("CRT-06: an ephemeral CA is a root alone with the subject of section 7, and another one each time")
    func ephemeral() async throws {
        let first = try await EphemeralAuthority.create(now: TestAuthority.now)
        let second = try await EphemeralAuthority.create(now: TestAuthority.now)
        #expect(first.chain == [first.root] && first.root.issuer == first.root.subject)
        #expect(first.root.subjectPublicKeyInfo != second.root.subjectPublicKeyInfo)
        #expect(
            DistinguishedName.description(of: first.root.subject)
                == "2.5.4.6=USA, 2.5.4.8=WA, 2.5.4.7=Kirkland, 2.5.4.9=767 6th St S, 2.5.4.17=98033, O=sigstore")
        #expect(first.root.basicConstraints?.pathLength == 1 && first.root.extendedKeyUsages == nil)
    }

    @Test("CRT-09: wrong order, no certificate, a foreign root and another key are refused")
    func wrongChains() async throws {
        let (authority, other) = (try await TestAuthority(), try await TestAuthority())
        for chain in [[], [authority.root, authority.issuing], [authority.issuing, other.root]] {
            #expect(throws: IssuingCertificateError.self) {
                try IssuingCertificate(chain: chain, key: authority.issuingKey, now: TestAuthority.now)
            }
        }
        #expect(throws: IssuingCertificateError.self) {
            try IssuingCertificate(
                chain: [authority.issuing, authority.root], key: other.issuingKey, now: TestAuthority.now)
        }
    }

    @Test("CRT-09: a chain is refused before and after its time")
    func outsideValidity() async throws {
        let authority = try await TestAuthority()
        for time in [Timestamp(seconds: 1_799_999_000), Timestamp(seconds: 1_800_000_000 + 1_096 * 86_400)] {
            #expect(throws: IssuingCertificateError.self) { try authority.loaded(at: time) }
        }
    }

    /// A name of the fault and how to make it in the issuing certificate.
    private static let faults: [(String, @Sendable (inout CertificateFields) -> Void)] = [
        ("no basic constraints", { drop(.basicConstraints, from: &$0) }),
        ("basic constraints not critical", { change(.basicConstraints, in: &$0, isCritical: false) }),
        ("not a CA", { change(.basicConstraints, in: &$0, isCritical: true, value: DERWriter.sequence([])) }),
        ("no key usage", { drop(.keyUsage, from: &$0) }),
        ("key usage without keyCertSign", { change(.keyUsage, in: &$0, isCritical: true, value: [3, 2, 1, 0x02]) }),
        ("no subject key identifier", { drop(.subjectKeyIdentifier, from: &$0) }),
        ("no extended key usage", { drop(.extendedKeyUsage, from: &$0) }),
        ("critical extended key usage", { change(.extendedKeyUsage, in: &$0, isCritical: true) }),
        (
            "extended key usage for servers",
            {
                let serverAuth: ObjectIdentifier = "1.3.6.1.5.5.7.3.1"
                let value = DERWriter.sequence([DERWriter.objectIdentifier(serverAuth)])
                change(.extendedKeyUsage, in: &$0, isCritical: false, value: value)
            }
        ),
    ]

    @Test("CRT-09 CRT-10: each fault of the issuing certificate is refused", arguments: faults.indices)
    func faultyIssuing(index: Int) async throws {
        let (name, fault) = Self.faults[index]
        let authority = try await TestAuthority()
        let issuing = try await TestAuthority.changed(authority.issuing, signedBy: authority.rootKey, fault)
        #expect(throws: IssuingCertificateError.self, "\(name)") {
            try IssuingCertificate(
                chain: [issuing, authority.root], key: authority.issuingKey, now: TestAuthority.now)
        }
    }

    @Test("CRT-10: a root with path length 0 above an intermediate is refused")
    func pathLength() async throws {
        let authority = try await TestAuthority()
        let root = try await TestAuthority.changed(authority.root, signedBy: authority.rootKey) {
            Self.change(
                .basicConstraints, in: &$0, isCritical: true,
                value: DERWriter.sequence([
                    DERWriter.element(tag: DERTag.boolean, [0xFF]), DERWriter.integer(unsigned: [0]),
                ]))
        }
        #expect(throws: IssuingCertificateError.self) {
            try IssuingCertificate(
                chain: [authority.issuing, root], key: authority.issuingKey, now: TestAuthority.now)
        }
    }

    private static func drop(_ id: ObjectIdentifier, from fields: inout CertificateFields) {
        fields.extensions.removeAll { $0.id == id }
    }

    private static func change(
        _ id: ObjectIdentifier, in fields: inout CertificateFields, isCritical: Bool, value: [UInt8]? = nil
    ) {
        guard let index = fields.extensions.firstIndex(where: { $0.id == id }) else { return }
        let old = fields.extensions[index]
        fields.extensions[index] = CertificateExtension(id: id, isCritical: isCritical, value: value ?? old.value)
    }
}
