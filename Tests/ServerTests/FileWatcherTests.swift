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
