@testable import Server
import Testing

@Suite(.timeLimit(.minutes(1))) struct DeadlineTimerTests {
    @Test func `what is due is called once, in the order of the instants`() async {
        let (calls, call) = AsyncStream.makeStream(of: Int.self)
        let now = ContinuousClock.now
        // Beyond the period of the timer, soon, and past already.
        let waits: [(Int, Duration)] = [(3, .milliseconds(1100)), (2, .milliseconds(300)), (1, .seconds(-1))]
        for (number, wait) in waits {
            _ = DeadlineTimer.shared.add(at: now + wait) { call.yield(number) }
        }
        var called: [Int] = []
        for await number in calls {
            called.append(number)
            if called.count == waits.count { break }
        }
        #expect(called == [1, 2, 3])
        #expect(now.duration(to: .now) >= .milliseconds(1100))
    }

    @Test func `what is removed is not called`() async {
        let (calls, call) = AsyncStream.makeStream(of: String.self)
        let now = ContinuousClock.now
        let removed = DeadlineTimer.shared.add(at: now + .milliseconds(200)) { call.yield("removed") }
        _ = DeadlineTimer.shared.add(at: now + .milliseconds(400)) { call.yield("kept") }
        DeadlineTimer.shared.remove(removed)
        #expect(await calls.first { _ in true } == "kept")
    }
}
