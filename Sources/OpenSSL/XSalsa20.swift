/// The stream cipher XSalsa20, which libcrypto does not have (Bernstein, "Extending the Salsa20 nonce", 2011).
struct XSalsa20 {
    static let keyByteCount = 32
    static let nonceByteCount = 24

    /// "expand 32-byte k" as little-endian words.
    private static let constants: [UInt32] = [0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574]

    /// The four words that one quarter round mixes, for columns and then for rows.
    private static let quarters: [(Int, Int, Int, Int)] = [
        (0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11),
        (0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14),
    ]

    private let subkey: [UInt32]
    private let nonce: [UInt32]

    /// A stream for a key of 32 octets and a nonce of 24; nil for other lengths.
    init?(key: [UInt8], nonce: [UInt8]) {
        guard key.count == Self.keyByteCount, nonce.count == Self.nonceByteCount else { return nil }
        subkey = Self.words(Self.derivedKey(key, Array(nonce.prefix(16))))
        self.nonce = Self.words(Array(nonce.suffix(8)))
    }

    /// The first `count` octets of the stream.
    func keystream(count: Int) -> [UInt8] {
        var stream: [UInt8] = []
        var counter: UInt64 = 0
        while stream.count < count {
            let position = [UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32)]
            let input = Self.state(subkey, nonce + position)
            stream += Self.octets(zip(Self.mixed(input), input).map { $0 &+ $1 })
            counter += 1
        }
        return Array(stream.prefix(count))
    }

    /// HSalsa20: 32 octets from a key of 32 octets and an input of 16.
    static func derivedKey(_ key: [UInt8], _ input: [UInt8]) -> [UInt8] {
        let mixed = mixed(state(words(key), words(input)))
        return octets([0, 5, 10, 15, 6, 7, 8, 9].map { mixed[$0] })
    }

    private static func state(_ key: [UInt32], _ input: [UInt32]) -> [UInt32] {
        [constants[0]] + key[0..<4] + [constants[1]] + input[0..<4] + [constants[2]] + key[4..<8] + [constants[3]]
    }

    /// Ten double rounds.
    private static func mixed(_ input: [UInt32]) -> [UInt32] {
        var x = input
        for _ in 0..<10 {
            for (a, b, c, d) in quarters {
                x[b] ^= rotated(x[a] &+ x[d], by: 7)
                x[c] ^= rotated(x[b] &+ x[a], by: 9)
                x[d] ^= rotated(x[c] &+ x[b], by: 13)
                x[a] ^= rotated(x[d] &+ x[c], by: 18)
            }
        }
        return x
    }

    private static func rotated(_ word: UInt32, by count: UInt32) -> UInt32 {
        word << count | word >> (32 - count)
    }

    private static func words(_ octets: [UInt8]) -> [UInt32] {
        stride(from: 0, to: octets.count, by: 4).map { start in
            (0..<4).reduce(0) { $0 | UInt32(octets[start + $1]) << (8 * $1) }
        }
    }

    private static func octets(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
}
