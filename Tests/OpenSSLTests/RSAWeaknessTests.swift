import OpenSSL
import Testing

@Suite struct RSAWeaknessTests {
    @Test("POP-09: an honest modulus shows no weakness")
    func honest() throws {
        let info = try PrivateKey.generate(.rsa(bits: 2048)).publicKey.subjectPublicKeyInfo
        guard case .rsa(let bytes, _) = info.key else { throw DERError("not RSA") }
        #expect(try Self.weaknesses(bytes) == [])
    }

    @Test("POP-09: a product of neighbours is factored, one of distant primes is not")
    func fermat() throws {
        #expect(try Self.weaknesses(Self.product(.max - 58, .max - 58)) == [.closePrimes])
        // 2^64 - 59 and 2^64 - 95 are primes; so are 2^61 - 1 and 2^31 - 1, which are far apart.
        #expect(try Self.weaknesses(Self.product(.max - 58, .max - 94)) == [.closePrimes])
        #expect(try Self.weaknesses(Self.product((1 << 61) - 1, (1 << 31) - 1)) == [])
    }

    @Test("POP-09: a factor below 752 is found, one of 757 is not", arguments: [(751 as UInt64, true), (757, false)])
    func smallFactors(factor: UInt64, isFound: Bool) throws {
        #expect(try Self.weaknesses(Self.product(factor, (1 << 61) - 1)) == (isFound ? [.smallFactor] : []))
    }

    @Test("POP-09: a power of 65537 has the ROCA fingerprint, its successor has not")
    func roca() throws {
        let power = Self.product(65_537 * 65_537, 65_537)
        #expect(try Self.weaknesses(power).contains(.rocaFingerprint))
        var successor = power
        successor[successor.count - 1] &+= 1
        #expect(try !Self.weaknesses(successor).contains(.rocaFingerprint))
    }

    private static func weaknesses(_ magnitude: [UInt8]) throws -> Set<RSAWeakness> {
        try RSAWeakness.weaknesses(ofModulus: magnitude, fermatRounds: 100)
    }

    private static func product(_ left: UInt64, _ right: UInt64) -> [UInt8] {
        let (high, low) = left.multipliedFullWidth(by: right)
        return [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    }
}
