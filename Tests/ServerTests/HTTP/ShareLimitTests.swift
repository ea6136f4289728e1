import Identity
import Testing

@testable import Server

/// What one client may have, so that others have something too.
@Suite struct ShareLimitTests {
    @Test func `R-26 R-27 a holder gets its share and no more, and others get theirs`() throws {
        let limit = ShareLimit<String>(2)
        let first = try #require(limit.enter("a"))
        _ = try #require(limit.enter("a"))
        #expect(limit.enter("a") == nil)
        #expect(limit.enter("b") != nil)
        first.leave()
        #expect(limit.enter("a") != nil)
    }

    @Test func `only those that have something are remembered`() throws {
        let limit = ShareLimit<Int>(3)
        var permits: [ShareLimit<Int>.Permit] = []
        for number in 0..<3000 { permits.append(try #require(limit.enter(number % 1000))) }
        #expect(permits.count == 3000 && limit.holderCount == 1000)
        for permit in permits { permit.leave() }
        #expect(limit.holderCount == 0)
    }

    @Test func `zero is no limit, and neither has one whom nobody knows`() {
        let (none, one) = (ShareLimit<Int>(0), ShareLimit<Int>(1))
        #expect((0..<10).allSatisfy { _ in none.enter(7) != nil && one.enter(nil) != nil })
        #expect(none.holderCount == 0 && one.holderCount == 0)
    }

    @Test func `a permit is given back once, and only where it was taken`() throws {
        let limit = ShareLimit<Int>(1)
        let held = HeldPermit<Int>()
        held.leave()
        #expect(held.take(limit.enter(1)))
        #expect(!HeldPermit<Int>().take(limit.enter(1)))
        held.leave()
        held.leave()
        #expect(limit.holderCount == 0)
    }

    @Test(
        "R-26 addresses of one network of 64 bits are one source",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::ffff", true), ("2001:db8::1", "2001:db8:0:1::1", false),
        ])
    func sources(one: String, other: String, isSame: Bool) throws {
        #expect((try #require(SourceAddress(one)) == #require(SourceAddress(other))) == isSame)
        #expect(SourceAddress("nowhere") == nil && SourceAddress(nil) == nil)
    }

    @Test func `R-26 few connections beyond the share wait for a place, and the rest go at once`() async throws {
        let held = ShareLimit<SourceAddress>(1)
        let shares = ConnectionShares(held, waitingCount: 1)
        let first = try #require(await shares.enter("192.0.2.1") { true })
        let asked = AsyncStream.makeStream(of: Void.self)
        async let second = shares.enter("192.0.2.1") {
            asked.continuation.yield()
            return true
        }
        for await _ in asked.stream { break }
        var isAskedAgain = false
        let third = await shares.enter("192.0.2.1") {
            isAskedAgain = true
            return true
        }
        #expect(third == nil && !isAskedAgain)
        #expect(await shares.enter("192.0.2.2") { true } != nil)
        first.leave()
        #expect(await second != nil)
    }

    @Test func `R-27 a trusted proxy has as many connections as it wants`() async throws {
        let held = ShareLimit<SourceAddress>(1)
        let network = try #require(IPNetwork(text: "192.0.2.0/24"))
        let shares = ConnectionShares(held, proxies: TrustedProxies([network]), waitingCount: 1)
        for _ in 0..<3 { #expect(await shares.enter("192.0.2.1") { false } != nil) }
        #expect(held.holderCount == 0)
        #expect(await shares.enter("198.51.100.1") { false } != nil)
        #expect(await shares.enter("198.51.100.1") { false } == nil)
    }

    @Test(
        "R-27 a body brings a kibibyte a second after five, asked from the eleventh on",
        arguments: [(0, 10, false), (0, 11, true), (6143, 11, true), (6144, 11, false), (51_199, 55, true)])
    func pace(byteCount: Int, seconds: Int, isTooSlow: Bool) {
        #expect(RequestPace.isTooSlow(byteCount: byteCount, seconds: seconds) == isTooSlow)
    }
}
