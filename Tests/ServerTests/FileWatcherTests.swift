import Foundation
import Glibc
import Identity
import Logging
import Synchronization
import Testing

@testable import Server

@Suite(.timeLimit(.minutes(1))) struct FileWatcherTests {
    /// Reads a file and remembers what it said.
    private final class Reader: ReloadableFiles {
        let name = "test"
        let watchedPaths: [String]
        let texts = Mutex<[String]>([])

        init(_ path: String) {
            watchedPaths = [path]
        }

        func reload() throws {
            let text = try String(contentsOfFile: watchedPaths[0], encoding: .utf8)
            texts.withLock { $0.append(text) }
        }
    }

    private static func watcher(_ reader: Reader) -> FileWatcher {
        FileWatcher(
            [reader], since: FileStamp.all(reader.watchedPaths), hangups: HangupSignals(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    @Test func `R-36 a write, a rename, a link and a directory above are each seen once`() async throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let files = FileManager.default
        for name in ["a", "b"] {
            try files.createDirectory(atPath: "\(base.path)/\(name)", withIntermediateDirectories: false)
            try Self.write(name, "\(base.path)/\(name)/file")
        }
        try base.link("\(base.path)/data", to: "a")
        let path = "\(base.path)/data/file"
        let reader = Reader(path)
        let watcher = Self.watcher(reader)
        let steps: [(String, () throws -> Void)] = [
            ("c", { try Self.write("c", path) }),
            (
                "d",
                {
                    try Self.write("d", "\(base.path)/new")
                    #expect(unsafe rename("\(base.path)/new", path) == 0)
                }
            ),
            (
                "b",
                {
                    try files.removeItem(atPath: "\(base.path)/data")
                    try base.link("\(base.path)/data", to: "b")
                }
            ),
            (
                "d",
                {
                    try files.moveItem(atPath: "\(base.path)/b", toPath: "\(base.path)/spare")
                    try files.moveItem(atPath: "\(base.path)/a", toPath: "\(base.path)/b")
                }
            ),
        ]
        var expected: [String] = []
        for (text, change) in steps {
            try change()
            expected.append(text)
            await watcher.look()
            await watcher.look()
            #expect(reader.texts.withLock { $0 } == expected)
        }
    }

    @Test func `R-36 a file that is missing is no change twice, and counts when it is back`() async throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let path = "\(base.path)/file"
        try Self.write("a", path)
        let reader = Reader(path)
        let watcher = Self.watcher(reader)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        for _ in 0..<3 { await watcher.look() }
        #expect(reader.texts.withLock { $0 }.isEmpty)
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        await watcher.look()
        #expect(reader.texts.withLock { $0 } == ["a"])
    }

    /// Finishes only when it is told how to.
    private final class Slow: ReloadableFiles {
        let name = "slow"
        let watchedPaths: [String]
        let tries = AsyncStream.makeStream(of: Int.self)
        let answers = AsyncStream.makeStream(of: String?.self)
        private let underWay = Mutex((count: 0, most: 0, tries: 0))

        init(_ path: String) {
            watchedPaths = [path]
        }

        var most: Int { underWay.withLock { $0.most } }

        func reload() throws {}

        var finish: (@Sendable () async throws -> Void)? {
            { [self] in
                let number = underWay.withLock { state in
                    state.count += 1
                    state.tries += 1
                    state.most = max(state.most, state.count)
                    return state.tries
                }
                defer { underWay.withLock { $0.count -= 1 } }
                tries.continuation.yield(number)
                for await mistake in answers.stream {
                    guard let mistake else { return }
                    throw ConfigurationMistakes([mistake])
                }
            }
        }
    }

    @Test func `R-36 what has to wait holds up nothing else, one at a time, and is tried again until it succeeds`()
        async throws
    {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let paths = ["\(base.path)/slow", "\(base.path)/file"]
        for path in paths { try Self.write("a", path) }
        let (slow, reader) = (Slow(paths[0]), Reader(paths[1]))
        let told = AsyncStream.makeStream(of: String.self)
        let watcher = FileWatcher(
            [slow, reader], since: FileStamp.all(paths), hangups: HangupSignals(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, retryInterval: .milliseconds(100)
        ) { told.continuation.yield("\($0.name) \($1)") }
        var (tries, records) = (slow.tries.stream.makeAsyncIterator(), told.stream.makeAsyncIterator())
        let running = Task { try await watcher.run() }
        try Self.write("bb", paths[0])
        #expect(await tries.next() == 1)
        try Self.write("bb", paths[1])
        #expect(await records.next() == "test true")
        // A further reading waits for the first to finish. After two looks at the other file it has been made.
        try Self.write("ccc", paths[0])
        for text in ["ccc", "dddd"] {
            try Self.write(text, paths[1])
            #expect(await records.next() == "test true")
        }
        slow.answers.continuation.yield("no")
        #expect(await tries.next() == 2)
        #expect(await records.next() == "slow false")
        // The same mistake is told once for a reading and never for what is only tried again.
        for number in 2...4 {
            slow.answers.continuation.yield("no")
            #expect(await tries.next() == number + 1)
        }
        #expect(await records.next() == "slow false")
        slow.answers.continuation.yield(nil)
        #expect(await records.next() == "slow true")
        #expect(slow.most == 1)
        running.cancel()
        try await running.value
    }

    @Test func `R-36 the pool and the state change together, and not at all for a bad file`() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let path = "\(base.path)/issuers.yaml"
        func text(_ name: String) -> String {
            "oidc-issuers:\n  https://\(name):\n    issuer-url: https://\(name)\n    client-id: s\n    type: email\n"
        }
        try Self.write(text("a.example"), path)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loaded = try LoadedIssuers.load(path)
        let pool = IssuerPool(issuers: loaded.configuration, logger: logger)
        let registry = PrometheusRegistry()
        let reload = IssuerReload(
            path: path, version: loaded.version, issuers: pool, metrics: ReloadMetrics(factory: registry),
            logger: logger)
        try Self.write("nonsense", path)
        #expect(throws: ConfigurationMistakes.self) { try reload.reload() }
        #expect(pool.configuration.map(\.name) == ["https://a.example"])
        #expect(reload.configurationState.version == loaded.version && !reload.configurationState.mistakes.isEmpty)
        #expect(registry.exposition().contains("mintmark_configuration_reload_success 0"))
        try Self.write(text("b.example"), path)
        try reload.reload()
        #expect(pool.configuration.map(\.name) == ["https://b.example"])
        #expect(reload.configurationState.version != loaded.version && reload.configurationState.mistakes.isEmpty)
        let exposition = registry.exposition()
        #expect(exposition.contains("mintmark_configuration_reload_success 1"))
        #expect(exposition.contains(#"mintmark_configuration_reloads_total{result="success"} 1"#))
        #expect(exposition.contains(#"mintmark_configuration_reloads_total{result="failure"} 1"#))
    }
}
