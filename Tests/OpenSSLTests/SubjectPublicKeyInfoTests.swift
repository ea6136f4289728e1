import OpenSSL
import Testing

@Suite struct SubjectPublicKeyInfoTests {
    @Test func `the encoding made from numbers is the one that is read`() throws {
        for kind in [PrivateKey.Kind.ellipticCurve(.p521), .rsa(bits: 2048), .ed25519] {
            let info = try PrivateKey.generate(kind).publicKey.subjectPublicKeyInfo
            let rebuilt: SubjectPublicKeyInfo?
            switch info.key {
            case .ellipticCurve(let curve, let point):
                let half = curve.coordinateByteCount
                rebuilt = SubjectPublicKeyInfo(
                    curve: curve, x: Array(point[1...half]), y: Array(point[(half + 1)...]))
            case .rsa(let modulus, let exponent):
                rebuilt = SubjectPublicKeyInfo(rsaModulus: [0, 0] + modulus, exponent: exponent)
            case .ed25519(let bytes): rebuilt = SubjectPublicKeyInfo(ed25519: bytes)
            case .unsupported: rebuilt = nil
            }
            #expect(rebuilt == info)
        }
    }
}
