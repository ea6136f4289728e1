import Logging
import OpenSSL
import Synchronization
import Testing

@testable import Server

@Suite struct ClockAlarmTests {
    /// Two clocks that a test sets.
    private final class Clocks: Sendable {
        let wall = Mutex(Timestamp(seconds: 1_800_000_000))
        let boot = Mutex(Duration.seconds(1000))

        func alarm(raised: @escaping @Sendable () -> Void = {}) -> ClockAlarm {
            ClockAlarm(
                now: { self.wall.withLock { $0 } }, bootTime: { self.boot.withLock { $0 } },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, raised: raised)
        }

        func pass(wall seconds: Int64, boot: Duration) {
            wall.withLock {
                $0 = Timestamp(milliseconds: UInt64(Int64($0.milliseconds) + seconds * 1000))
            }
            self.boot.withLock { $0 += boot }
        }
    }

    @Test(
        "R-38: more than ten minutes ahead of the machine's own time is an alarm",
        arguments: [
            (600, Duration.zero, false), (601, .zero, true), (86_400, .zero, true), (86_400, .seconds(86_400), false),
            (86_400, .seconds(85_800), false), (86_400, .seconds(85_799), true), (-3600, .zero, false),
            (0, .seconds(86_400), false),
        ])
    func jump(wall: Int64, boot: Duration, isRaised: Bool) {
        let clocks = Clocks()
        let alarm = clocks.alarm()
        #expect(!alarm.isRaised)
        clocks.pass(wall: wall, boot: boot)
        #expect(alarm.isRaised == isRaised)
    }

    @Test("R-38: the alarm stays when the clock is set back, until a restart")
    func latched() {
        let clocks = Clocks()
        let alarm = clocks.alarm()
        clocks.pass(wall: 86_400, boot: .zero)
        #expect(alarm.isRaised)
        clocks.pass(wall: -86_400, boot: .seconds(5))
        #expect(alarm.isRaised)
        #expect(!clocks.alarm().isRaised)
    }

    @Test("R-38 R-57: the alarm is told of once")
    func told() {
        let clocks = Clocks()
        let count = Mutex(0)
        let alarm = clocks.alarm { count.withLock { $0 += 1 } }
        #expect(!alarm.isRaised && count.withLock { $0 } == 0)
        clocks.pass(wall: 86_400, boot: .zero)
        for _ in 0..<3 { #expect(alarm.isRaised) }
        #expect(count.withLock { $0 } == 1)
    }

    @Test("R-38: many small steps are one jump")
    func steps() {
        let clocks = Clocks()
        let alarm = clocks.alarm()
        for _ in 0..<10 {
            clocks.pass(wall: 120, boot: .seconds(60))
            #expect(!alarm.isRaised)
        }
        clocks.pass(wall: 120, boot: .seconds(60))
        #expect(alarm.isRaised)
    }

    @Test("R-38: the machine's own clock goes on")
    func bootClock() {
        let first = BootClock.now()
        #expect(first > .zero)
        #expect(BootClock.now() >= first)
    }
}

@Suite struct SelfTestTests {
    private struct Broken: Error {}

    @Test("R-42: a key that fails stops issuing until it passes again")
    func failing() async {
        let isBroken = Mutex(false)
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let test = SelfTest(
            [
                SelfTest.Key(name: "good") {},
                SelfTest.Key(name: "bad") { if isBroken.withLock({ $0 }) { throw Broken() } },
            ], logger: quiet)
        #expect(await test.test().isEmpty && test.isPassed)
        isBroken.withLock { $0 = true }
        #expect(await test.test() == ["bad"])
        #expect(!test.isPassed)
        isBroken.withLock { $0 = false }
        #expect(await test.test().isEmpty && test.isPassed)
    }

    @Test("R-42 R-57: a failure is told of once, and again after the keys have passed")
    func told() async {
        let broken = Mutex<Set<String>>([])
        let told = Mutex<[[String]]>([])
        let keys = ["a", "b"].map { name in
            SelfTest.Key(name: name) { if broken.withLock({ $0.contains(name) }) { throw Broken() } }
        }
        let test = SelfTest(
            keys, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { names in told.withLock { $0.append(names) } }
        for names in [[], ["a"], ["a", "b"], ["b"], [], ["b"]] as [Set<String>] {
            broken.withLock { $0 = names }
            #expect(await test.test() == names.sorted())
        }
        #expect(told.withLock { $0 } == [["a"], ["b"]])
    }

    @Test("R-42: the keys are tested again and again while the server runs")
    func repeated() async throws {
        let count = Mutex(0)
        let test = SelfTest(
            [SelfTest.Key(name: "k") { count.withLock { $0 += 1 } }], interval: .milliseconds(1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await test.run() }
            while count.withLock({ $0 }) < 3 { await Task.yield() }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("R-42: a real key passes")
    func realKey() async throws {
        try await LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256))).test()
    }
}
