import TestVectors
import Testing

@Suite struct FuzzSmokeTests {
    private static let mutationCount = 400
    private static let byteLimit = 8192

    @Test(
        "R-22 SEC-05 seeds and what becomes of them end in a value or a refusal", arguments: FuzzEntry.all.map(\.name))
    func entry(name: String) throws {
        let entry = try #require(FuzzEntry.all.first { $0.name == name })
        let seeds = try entry.seeds()
        #expect(seeds.contains { entry.run($0) == .accepted }, "no seed is accepted")
        var mutations = Mutations(seeds: seeds, state: name.utf8.reduce(0x5EED) { $0 &* 31 &+ UInt64($1) })
        var outcomes: Set<FuzzEntry.Outcome> = []
        for _ in 0..<Self.mutationCount {
            let input = mutations.next(byteLimit: Self.byteLimit)
            let outcome = entry.run(input)
            outcomes.insert(outcome)
            if case .broken(let property) = outcome { Issue.record("\(property): \(input)") }
        }
        #expect(outcomes.contains(.refused), "nothing is refused")
    }

    @Test func `no two entries share a name`() {
        #expect(Set(FuzzEntry.all.map(\.name)).count == FuzzEntry.all.count)
    }

    @Test func `a property that does not hold is reported`() {
        let entry = FuzzEntry("x", seeds: { [] }) { bytes in
            guard bytes.count > 1 else { throw Refused() }
            return bytes[0] == 0 ? "zero" : nil
        }
        #expect([[], [0, 1], [1, 1]].map(entry.run) == [.refused, .broken("zero"), .accepted])
    }
}
