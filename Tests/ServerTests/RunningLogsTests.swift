import CertificateTransparency
import Logging
import OpenSSL
import ServiceLifecycle
import Synchronization
import Testing
import TransparencyLog

@testable import Server

@Suite struct RunningLogsTests {
    private static let start = Timestamp(seconds: Timestamp.now().seconds)
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The end of the window that `init` gives.
    private static let windowEnd = start.adding(milliseconds: NewShard.windowInDays * 86_400_000)

    @Test(
        "TL-82: a shard closes by itself seven days after its window, if the clock is trusted then and at the start",
        arguments: [
            (7 * 86_400_000 - 1, true, false, true), (7 * 86_400_000, true, false, false),
            (7 * 86_400_000, false, false, true), (7 * 86_400_000, true, true, true),
        ] as [(UInt64, Bool, Bool, Bool)])
    func ends(millisecondsAfter: UInt64, isClockTrusted: Bool, startsLate: Bool, isOpen: Bool) async throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let directory = DataDirectory("\(base.path)/d")
        let passphrase = try Passphrase([1, 2, 3])
        let created = try await NewAuthority(
            organization: "Example", publicURL: "https://ca.example.org", shard: "a", certificates: .new(.p256),
            now: Self.start
        ).create(at: directory, passphrase: passphrase)
        let source = try #require(try OwnLog.load(directory, passphrase: passphrase).first)
        let address = ListenAddress(host: "127.0.0.1", port: 0)
        let options = ServerOptions(
            dataDirectory: directory, issuerFile: nil, http: address, grpc: address, metrics: address,
            algorithms: "", isDevelopment: false)
        let log = try await source.open(
            options, requiring: created.root, isOneOfSeveral: false, clock: Timestamp.now, logger: Self.quiet
        ) { _ in }
        let closed = Mutex<[String]>([])
        let end = Self.windowEnd.adding(milliseconds: millisecondsAfter)
        let time = Mutex(startsLate ? end : Self.start)
        let logs = RunningLogs(
            ShardedLog([log]), mainPort: EndpointTable([:]),
            now: { time.withLock { $0 } }, isClockTrusted: { isClockTrusted }, logger: Self.quiet
        ) { log in closed.withLock { $0.append(log.parameters.shard) } }
        let factory = RunningLogFactory(
            options: options, ownRoots: [created.root], witnesses: nil, limits: RequestLimits(), token: nil, audit: nil,
            now: Timestamp.now, logger: Self.quiet)
        let shard = try await factory.make(log, of: source, among: logs)
        logs.add(shard)
        #expect(logs.mainPort.endpoint(at: "/log/a/ct/v1/get-sth") != nil)
        time.withLock { $0 = end }
        logs.closeDueShards()
        #expect(log.isOpen == isOpen)
        guard !isOpen else { return }
        async let running: Void = log.run()
        while log.finalHead == nil { try await Task.sleep(for: .milliseconds(5)) }
        for _ in 0..<3 { logs.closeDueShards() }
        #expect(closed.withLock { $0 } == ["a"] && log.condition == .closed(reason: "its window is over"))
        log.shutDown()
        try await running
    }
}
