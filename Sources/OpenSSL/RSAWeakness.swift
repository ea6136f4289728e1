/// A known way in which an RSA modulus gives its factors away.
package enum RSAWeakness: String, Hashable, Sendable {
    /// A prime below 752 divides it.
    case smallFactor = "a small factor"
    /// It carries the fingerprint of the flawed library of CVE-2017-15361.
    case rocaFingerprint = "the ROCA fingerprint"
    /// Fermat's method finds its factors in a few steps.
    case closePrimes = "close primes"

    /// All weaknesses that are found in a modulus, given as its big-endian magnitude.
    ///
    /// `fermatRounds` is the number of steps of Fermat's method. Check the size first: the cost grows with the square
    /// of the length.
    package static func weaknesses(
        ofModulus magnitude: [UInt8], fermatRounds: Int
    ) throws(OpenSSLError) -> Set<RSAWeakness> {
        let modulus = try BigNumber(magnitude: magnitude)
        var found: Set<RSAWeakness> = []
        if hasSmallFactor(modulus) { found.insert(.smallFactor) }
        if hasROCAFingerprint(modulus) { found.insert(.rocaFingerprint) }
        if try isFactorable(modulus, rounds: fermatRounds) { found.insert(.closePrimes) }
        return found
    }

    private static let smallPrimes = primes(below: 752)
    private static let fingerprintPrimes = primes(below: 168).dropFirst()

    private static func hasSmallFactor(_ modulus: borrowing BigNumber) -> Bool {
        for prime in smallPrimes where modulus.remainder(dividingBy: prime) == 0 { return true }
        return false
    }

    /// The flawed library made primes whose residues modulo each small prime are powers of 65537.
    ///
    /// An honest modulus is a power of 65537 modulo all of them with a probability below 2^-27.
    private static func hasROCAFingerprint(_ modulus: borrowing BigNumber) -> Bool {
        for prime in fingerprintPrimes {
            guard isPower(modulus.remainder(dividingBy: prime), of: 65_537 % prime, modulo: prime) else { return false }
        }
        return true
    }

    private static func isPower(_ residue: UInt64, of base: UInt64, modulo prime: UInt64) -> Bool {
        var power: UInt64 = 1
        repeat {
            if power == residue { return true }
            power = power * base % prime
        } while power != 1
        return false
    }

    private static func isFactorable(_ modulus: borrowing BigNumber, rounds: Int) throws(OpenSSLError) -> Bool {
        let context = try BigNumber.Context()
        let candidate = try modulus.ceilingSquareRoot(context)
        for _ in 0..<rounds {
            let square = try candidate.squared(context)
            let difference = try square.subtracting(modulus)
            if try difference.isSquare(context) { return true }
            try candidate.increment()
        }
        return false
    }

    private static func primes(below limit: UInt64) -> [UInt64] {
        (2..<limit).filter { candidate in !(2..<candidate).contains { $0 * $0 <= candidate && candidate % $0 == 0 } }
    }
}
