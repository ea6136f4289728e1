@testable import Server
import Testing

@Suite(.timeLimit(.minutes(1))) struct RequestDeadlineTests {
    private static let start = ContinuousClock.now

    @Test("R-22: a malformed timeout is named", arguments: ["S", "5", "1x", "-1S", "1.5S", "123456789S", "٣S", " 1S"])
    func malformed(text: String) {
        #expect(throws: APIStatus(.invalidArgument, "invalid grpc-timeout: \(text)")) {
            try RequestDeadline(start: Self.start, timeout: text)
        }
    }

    @Test("R-22: a long one is named in part")
    func long() {
        #expect(throws: APIStatus(.invalidArgument, "invalid grpc-timeout: \(String(repeating: "x", count: 32))")) {
            try RequestDeadline(start: Self.start, timeout: String(repeating: "x", count: 5000))
        }
    }

    @Test(arguments: ["1n", "0S", "0H", "1u"])
    func `what is late already is not begun`(text: String) async throws {
        let earlier = Self.start - .seconds(1)
        let deadline = try RequestDeadline(start: earlier, timeout: text)
        #expect(await deadline.run { true } == nil)
    }

    @Test(arguments: ["99999999H", "1M", "30000m", "", nil] as [String?])
    func `work in time has its result`(text: String?) async throws {
        let deadline = try RequestDeadline(start: .now, timeout: text)
        #expect(await deadline.run { 7 } == 7)
    }

    @Test func `work that is late is cancelled`() async throws {
        let deadline = try RequestDeadline(start: .now, timeout: "20m")
        let isCancelled = await deadline.run { () -> Bool in
            try? await Task.sleep(for: .seconds(600))
            return Task.isCancelled
        }
        #expect(isCancelled == nil)
    }

    @Test func `work that is late knows why it was cancelled, and work whose client left does not`() async throws {
        func reason(_ timeout: String, leaving: Bool) async throws -> Bool? {
            let deadline = try RequestDeadline(start: .now, timeout: timeout)
            let (stream, continuation) = AsyncStream.makeStream(of: Bool.self)
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let run = Task {
                await deadline.run {
                    begin.yield()
                    try? await Task.sleep(for: .seconds(600))
                    continuation.yield(RequestDeadline.hasPassed)
                }
                begin.finish()
                continuation.finish()
            }
            for await _ in begun { break }
            if leaving { run.cancel() }
            return await stream.first { _ in true }
        }
        var late: Bool?
        // On a machine with much to do, the time may be over before anything was begun.
        while late == nil { late = try await reason("200m", leaving: false) }
        #expect(late == true)
        #expect(try await reason("50S", leaving: true) == false)
        #expect(!RequestDeadline.hasPassed)
    }

    @Test func `no client waits longer than the server does`() async throws {
        let deadline = try RequestDeadline(start: Self.start - .seconds(56), timeout: "99999999H")
        #expect(await deadline.run { true } == nil)
    }
}
