import CertificateTransparency
import OpenSSL
import Testing
import TransparencyLog

@Suite struct ChainAdmissionTests {
    private let authority: TestAuthority
    private let admission: ChainAdmission

    init() throws {
        authority = try TestAuthority()
        admission = ChainAdmission(roots: [authority.root], window: TestAuthority.window)
    }

    private func refusal(_ precertificate: Certificate, _ chain: [Certificate]? = nil) -> LogRefusal? {
        do throws(LogRefusal) {
            _ = try admission.admit(precertificate, chain: chain ?? authority.chain)
            return nil
        } catch {
            return error
        }
    }

    @Test func `TL-48 a good chain is admitted with and without its root, as the same entry (TL-40)`() throws {
        let precertificate = try authority.precertificate()
        let whole = try admission.admit(precertificate, chain: authority.chain)
        let short = try admission.admit(precertificate, chain: [authority.issuing])
        #expect(whole == short)
        #expect(whole.chain == authority.chain.map(\.der))
        #expect(whole.precertificate == precertificate.der)
        let stripped = try StrippedTBSCertificate(precertificate: precertificate)
        #expect(
            whole.entry
                == .precertEntry(
                    issuerKeyHash: authority.issuing.subjectPublicKeyInfo.sha256, tbsCertificate: stripped.der))
    }

    @Test func `TL-30 what is no precertificate is refused`() throws {
        #expect(refusal(try authority.leaf([])) == .notAPrecertificate)
        let soft = CertificateExtension(id: .precertificatePoison, value: [5, 0])
        #expect(refusal(try authority.leaf([soft])) == .malformedPoison)
        let list = CertificateExtension(id: .signedCertificateTimestampList, value: [4, 0])
        #expect(refusal(try authority.leaf([TestAuthority.poison, list])) == .precertificateHasTimestamps)
    }

    @Test func `TL-48 an authority's certificate is refused`() throws {
        #expect(
            refusal(try authority.leaf([TestAuthority.poison, TestAuthority.authority[0]])) == .certificateIsAnAuthority
        )
        let leafConstraints = CertificateExtension(id: .basicConstraints, isCritical: true, value: [0x30, 0])
        #expect(refusal(try authority.leaf([TestAuthority.poison, leafConstraints])) == nil)
    }

    @Test(
        "TL-48 the expiry lies in the window, its end excluded",
        arguments: [
            (TestAuthority.window.lowerBound.seconds - 1, false), (TestAuthority.window.lowerBound.seconds, true),
            (TestAuthority.window.upperBound.seconds - 1, true), (TestAuthority.window.upperBound.seconds, false),
        ])
    func window(seconds: UInt64, isAdmitted: Bool) throws {
        let precertificate = try authority.leaf([TestAuthority.poison], notAfter: Timestamp(seconds: seconds))
        #expect(refusal(precertificate) == (isAdmitted ? nil : .expiryOutsideWindow))
    }

    @Test(
        "TL-48 the own CA's certificates are short, of now and not over; others' may be as they are",
        arguments: [
            (600_000, 0, nil), (600_000, -600_000, nil), (600_000, -600_001, .notYetValid), (600_000, 600_999, nil),
            (600_000, 601_000, .expired), (3_600_000, 0, nil), (3_601_000, 0, .livesTooLong),
        ] as [(UInt64, Int64, LogRefusal?)])
    func ownProfile(lifetime: UInt64, passed: Int64, expected: LogRefusal?) throws {
        let now = Timestamp(milliseconds: UInt64(Int64(TestAuthority.start.milliseconds) + passed))
        let own = ChainAdmission(
            roots: [authority.root], window: TestAuthority.window, profile: .init(now: { now }))
        let notAfter = TestAuthority.start.adding(milliseconds: lifetime)
        for poison in [[TestAuthority.poison], []] {
            let leaf = try authority.leaf(poison, notAfter: notAfter)
            func admit(_ admission: ChainAdmission) -> LogRefusal? {
                do throws(LogRefusal) {
                    _ =
                        poison.isEmpty
                        ? try admission.admit(certificate: leaf, chain: authority.chain)
                        : try admission.admit(leaf, chain: authority.chain)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(admit(own) == expected)
            #expect(admit(admission) == nil)
        }
    }

    @Test func `TL-48 TL-40 a leaf straight from a root is admitted, alone and with the root`() throws {
        let leaf = try TestAuthority.certificate(
            subject: DERWriter.sequence([]), key: authority.issuingKey, issuer: authority.root.subject,
            issuerKey: authority.rootKey, extensions: [TestAuthority.purposes(TestAuthority.codeSigning)])
        let alone = try admission.admit(certificate: leaf, chain: [])
        #expect(alone == (try admission.admit(certificate: leaf, chain: [authority.root])))
        #expect(alone.chain == [authority.root.der])
        #expect(alone.entry == .x509Entry(certificate: leaf.der) && alone.precertificate == nil)
        #expect(throws: LogRefusal.certificateIsAnAuthority) {
            try admission.admit(certificate: authority.root, chain: [])
        }
    }

    @Test(
        "TL-48 the purpose is code signing, by name",
        arguments: [
            (nil, false), (TestAuthority.purposes(TestAuthority.anyPurpose), false),
            (TestAuthority.purposes(TestAuthority.serverAuthentication), false),
            (TestAuthority.purposes(TestAuthority.serverAuthentication, TestAuthority.codeSigning), true),
            (CertificateExtension(id: .extendedKeyUsage, value: [0xFF]), false),
        ] as [(CertificateExtension?, Bool)])
    func purpose(purposes: CertificateExtension?, isAdmitted: Bool) throws {
        let precertificate = try authority.leaf([TestAuthority.poison], purposes: purposes)
        #expect(refusal(precertificate) == (isAdmitted ? nil : .notForCodeSigning))
    }

    @Test func `TL-48 chains in another order, with gaps, too long or with something left over are refused`() throws {
        let precertificate = try authority.precertificate()
        let other = try TestAuthority()
        #expect(refusal(precertificate, []) == .chainIsEmpty)
        #expect(refusal(precertificate, [authority.root, authority.issuing]) != nil)
        #expect(refusal(precertificate, [authority.root]) == .notIssuedByNext(position: 0))
        #expect(refusal(precertificate, [other.issuing, other.root]) != nil)
        #expect(refusal(precertificate, authority.chain + [authority.root]) == .chainDoesNotEndInAcceptedRoot)
        #expect(refusal(precertificate, authority.chain + [other.root]) == .chainDoesNotEndInAcceptedRoot)
        let long = [Certificate](repeating: authority.issuing, count: 10)
        #expect(refusal(precertificate, long) == .chainIsTooLong)
        // Names fit, but the key is another one.
        #expect(refusal(precertificate, [other.issuing, authority.root]) == .notIssuedByNext(position: 1))
    }

    @Test func `TL-48 a root that only looks like ours is refused, and ours is found by its signature`() throws {
        let other = try TestAuthority()
        #expect(other.root.subject == authority.root.subject)
        let both = ChainAdmission(roots: [other.root, authority.root], window: TestAuthority.window)
        let admitted = try both.admit(try authority.precertificate(), chain: [authority.issuing])
        #expect(admitted.chain.last == authority.root.der)
        #expect(refusal(try other.precertificate(), other.chain) == .chainDoesNotEndInAcceptedRoot)
        #expect(refusal(try other.precertificate(), [other.issuing]) == .chainDoesNotEndInAcceptedRoot)
    }

    @Test func `TL-48 an issuer that is no authority is refused`() throws {
        for extensions in [
            [], [TestAuthority.authority[1]],
            [
                TestAuthority.authority[0],
                CertificateExtension(id: .keyUsage, isCritical: true, value: [3, 2, 7, 0x80]),
            ],
        ] {
            let weak = try TestAuthority(issuingExtensions: extensions)
            let admission = ChainAdmission(roots: [weak.root], window: TestAuthority.window)
            #expect(throws: LogRefusal.notIssuedByNext(position: 0)) {
                try admission.admit(try weak.precertificate(), chain: weak.chain)
            }
        }
    }

    @Test func `TL-27 a precertificate signing certificate is refused`() throws {
        let signer = try TestAuthority(
            issuingExtensions: TestAuthority.authority
                + [TestAuthority.purposes(TestAuthority.precertificateSigning)])
        let admission = ChainAdmission(roots: [signer.root], window: TestAuthority.window)
        #expect(throws: LogRefusal.issuedByPrecertificateSigningCertificate) {
            try admission.admit(try signer.precertificate(), chain: signer.chain)
        }
        let vector = try VectorEntry(2)
        let roots = [try Vectors.certificate("root")]
        let chain = try ["precert_signing_cert", "intermediate", "root"].map { try Vectors.certificate($0) }
        #expect(throws: LogRefusal.issuedByPrecertificateSigningCertificate) {
            try ChainAdmission(roots: roots, window: TestAuthority.window).admit(vector.submitted, chain: chain)
        }
    }

    @Test func `the precertificates of the vectors are admitted as the known entries`() throws {
        let admission = ChainAdmission(roots: [try Vectors.certificate("root")], window: TestAuthority.window)
        for number in [0, 3] {
            let vector = try VectorEntry(number)
            let admitted = try admission.admit(vector.submitted, chain: [try Vectors.certificate("intermediate")])
            #expect(SHA256Digest(hashing: try admitted.entry.encoded()) == (try vector.json.digest("dedup_key_hex")))
            #expect(admitted.chain == (try vector.chain()))
        }
    }

    @Test func `a changed signature and SHA-1 are refused, also when the chain is known already`() throws {
        let good = try authority.precertificate()
        #expect(refusal(good) == nil)
        var signature = good.signature
        signature[signature.count - 1] ^= 1
        let bad = try Certificate(tbsCertificate: good.tbsCertificate, signature: signature)
        #expect(refusal(bad) == .notIssuedByNext(position: 0))
        let old = try authority.leaf([TestAuthority.poison], scheme: .ecdsa(.sha1))
        #expect(refusal(old) == .unknownSignatureAlgorithm)
    }

    @Test func `certificates that are too large are refused before anything is verified`() throws {
        let filling = CertificateExtension(id: "1.2.3.4", value: [UInt8](repeating: 0, count: 33 << 10))
        #expect(refusal(try authority.leaf([TestAuthority.poison, filling])) == .certificateIsTooLarge)
    }

    @Test func `more chains than are remembered are still told apart`() throws {
        for _ in 0..<20 {
            let other = try TestAuthority()
            #expect(refusal(try other.precertificate(), other.chain) != nil)
        }
        let roots = try (0..<20).map { _ in try TestAuthority() }
        let admission = ChainAdmission(roots: roots.map(\.root), window: TestAuthority.window)
        for _ in 0..<2 {
            for each in roots {
                let admitted = try admission.admit(try each.precertificate(), chain: [each.issuing])
                #expect(admitted.chain == each.chain.map(\.der))
            }
        }
    }
}
