import TestVectors

/// Inputs made from seeds by small changes, the same ones in every run.
struct Mutations {
    private let seeds: [[UInt8]]
    private var generator: SplitMix

    init(seeds: [[UInt8]], state: UInt64) {
        self.seeds = seeds
        generator = SplitMix(state: state)
    }

    /// The next input, of at most so many bytes.
    mutating func next(byteLimit: Int) -> [UInt8] {
        var bytes = seeds.randomElement(using: &generator) ?? []
        for _ in 0...Int.random(in: 0..<4, using: &generator) { change(&bytes) }
        return Array(bytes.prefix(byteLimit))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let start = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, start + Int.random(in: 0..<16, using: &generator))
        switch Int.random(in: 0..<7, using: &generator) {
        case 0 where start < bytes.count: bytes[start] = UInt8.random(in: 0...255, using: &generator)
        case 1 where start < bytes.count: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.removeSubrange(start..<end)
        case 3: bytes.insert(contentsOf: bytes[start..<end], at: start)
        case 4:
            bytes.insert(contentsOf: [0x00, 0x0A, 0x25, 0x2E, 0x7B, 0x80, 0xFF].shuffled(using: &generator), at: start)
        case 5: bytes.removeSubrange(start...)
        default:
            let other = seeds.randomElement(using: &generator) ?? []
            bytes.replaceSubrange(start..., with: other.dropFirst(min(start, other.count)))
        }
    }
}
