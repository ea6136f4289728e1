import Testing

@testable import Identity

@Suite struct CircuitBreakerTests {
    private static let start = ContinuousClock.now

    private static func breaker() -> CircuitBreaker {
        CircuitBreaker(threshold: 3, shortestPause: .seconds(10), longestPause: .seconds(60))
    }

    @Test func `R-30 it opens after the failures it tolerates, for pauses that double to a maximum`() {
        var breaker = Self.breaker()
        var now = Self.start
        for _ in 0..<2 { breaker.recordFailure(at: now) }
        #expect(breaker.permits(at: now))
        for pause in [10, 20, 40, 60, 60] {
            breaker.recordFailure(at: now)
            #expect(!breaker.permits(at: now + .seconds(pause) - .nanoseconds(1)))
            now += .seconds(pause)
            #expect(breaker.permits(at: now))
        }
    }

    @Test func `R-30 a success closes it`() {
        var breaker = Self.breaker()
        for _ in 0..<100 { breaker.recordFailure(at: Self.start) }
        #expect(!breaker.permits(at: Self.start))
        #expect(breaker.retryPause == .seconds(60))
        breaker.recordSuccess()
        #expect(breaker.permits(at: Self.start))
        #expect(breaker.retryPause == nil)
    }

    @Test func `attempts of our own accord come after a pause that doubles`() {
        var breaker = Self.breaker()
        var pauses: [Duration?] = []
        for _ in 0..<5 {
            breaker.recordFailure(at: Self.start)
            pauses.append(breaker.retryPause)
        }
        #expect(pauses == [.seconds(10), .seconds(20), .seconds(40), .seconds(60), .seconds(60)])
    }
}
