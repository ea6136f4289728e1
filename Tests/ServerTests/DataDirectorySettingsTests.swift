import OpenSSL
import Testing

@testable import Server

@Suite struct DataDirectorySettingsTests {
    private static func shard(_ name: String, _ organization: String = #"Ex"am\ple: #1"#) throws -> ShardSettings {
        ShardSettings(
            organization: organization, publicURL: try #require(PublicURL("https://ca.example.org")), shard: name,
            windowStart: Timestamp(milliseconds: 1), windowEnd: Timestamp(milliseconds: 2))
    }

    @Test(arguments: 1...3)
    func `the settings survive the way to YAML and back`(count: Int) throws {
        var settings = DataDirectorySettings(try Self.shard("a"))
        for number in 1..<count { settings.append(try Self.shard("b\(number)")) }
        #expect(try DataDirectorySettings(yaml: settings.yaml) == settings)
        settings.close("a", ShardSettings.Closing(actor: "me \"and\" you", reason: "over: #1"))
        let again = try DataDirectorySettings(yaml: settings.yaml)
        #expect(again == settings && again.shards.first?.closing?.reason == "over: #1")
        #expect(again.shards.map(\.isFirst) == [true] + Array(repeating: false, count: count - 1))
    }

    @Test(
        "whatever is in a text of the settings, they are read back the same",
        arguments: [
            "a\u{96}b", "\u{85}\u{2028}\u{FFFE}\u{FFFF}\u{FEFF}\0\u{7F}\r\n\t", "\"\u{301}", "\\\u{301}",
            "\\\"\u{20D0}x", "ümläut \u{1F511}", "# : - [ & * ! | > ' % @",
            String(repeating: "[", count: 100), String(repeating: "{ ", count: 100),
            "&a [x] " + String(repeating: "*a ", count: 100), String(repeating: "- ", count: 100),
        ])
    func anyText(text: String) throws {
        var settings = DataDirectorySettings(try Self.shard("a", "x\(text)"))
        settings.close("a", ShardSettings.Closing(actor: "me\(text)", reason: text))
        let again = try DataDirectorySettings(yaml: try settings.readableYAML())
        #expect(again == settings)
        // Texts that differ in their scalars may be equal; these are not to differ at all.
        let closing = try #require(again.shards.first?.closing)
        #expect(closing.reason.unicodeScalars.elementsEqual(text.unicodeScalars))
        #expect(again.newest.organization.unicodeScalars.elementsEqual("x\(text)".unicodeScalars))
    }

    @Test func `settings that would not be read back are not written`() throws {
        var settings = DataDirectorySettings(try Self.shard("a"))
        settings.close("a", ShardSettings.Closing(actor: "me", reason: String(repeating: "x", count: 1 << 20)))
        #expect(throws: ConfigurationMistakes.self) { try settings.readableYAML() }
    }

    @Test(
        "what the parser says is passed on, with its line",
        arguments: [
            ("a: b\nc: [\n", "3:"), ("a: \"\u{96}\"\n", "control"), (String(repeating: "[", count: 65), "deep"),
        ])
    func parserMistakes(text: String, word: String) {
        #expect {
            try DataDirectorySettings(yaml: text)
        } throws: { error in
            (error as? ConfigurationMistakes)?.lines.contains { $0.hasPrefix("settings.yaml: ") && $0.contains(word) }
                == true
        }
    }

    @Test func `an order to close is written down and taken back`() throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        let data = DataDirectory(directory.path)
        try PrivateFile.createDirectory(data.logs)
        var settings = DataDirectorySettings(try Self.shard("a"))
        settings.append(try Self.shard("b"))
        try PrivateFile.replace(data.settings, Array(try settings.readableYAML().utf8))
        let (closing, order) = (ShardClosing(data, shard: "a"), ShardSettings.Closing(actor: "me", reason: "r"))
        #expect(try closing.withdraw() == nil)
        try closing.restore(order)
        #expect(try OwnLog.settings(data).shards.map(\.closing) == [order, nil])
        #expect(try closing.withdraw(only: ShardSettings.Closing(actor: "you", reason: "r")) == nil)
        #expect(try closing.withdraw() == order)
        #expect(try OwnLog.settings(data) == settings)
    }

    @Test func `TL-66 the form from before there could be several shards is read`() throws {
        let text = """
            organization: "Example"
            public-url: "https://ca.example.org"
            shard: "2026a"
            log-window-start: 1
            log-window-end: 2

            """
        #expect(try DataDirectorySettings(yaml: text) == DataDirectorySettings(try Self.shard("2026a", "Example")))
    }

    private static let head = "organization: x\npublic-url: https://ca.example.org\n"

    @Test(
        "what is no list of shards is a mistake",
        arguments: [
            "", "shards: []\n", "shards: x\n", "shards: [x]\n", "shards: [{name: a, window-start: 1}]\n",
            "shards: [{name: a, window-start: 2, window-end: 1}]\n",
            "shards: [{name: a, window-start: 1, window-end: 2, more: x}]\n",
            "shards: [{name: a, window-start: 1, window-end: 2}, {name: a, window-start: 1, window-end: 2}]\n",
            "shards: [{name: a, window-start: 1, window-end: 2}]\nshard: a\nlog-window-start: 1\nlog-window-end: 2\n",
        ])
    func mistakes(text: String) {
        #expect(throws: ConfigurationMistakes.self) { try DataDirectorySettings(yaml: Self.head + text) }
    }

    @Test func `a command is for the only shard, or for the one it names`() throws {
        var settings = DataDirectorySettings(try Self.shard("a"))
        #expect(try settings.shard(nil).shard == "a")
        settings.append(try Self.shard("b"))
        #expect(try settings.shard("b").shard == "b")
        for name in [nil, "c"] {
            #expect {
                try settings.shard(name)
            } throws: { error in
                (error as? ConfigurationMistakes)?.lines.first?.contains("a, b") == true
            }
        }
    }

    @Test func `R-16 each shard has a guard file of its own`() throws {
        var settings = DataDirectorySettings(try Self.shard("a"))
        settings.append(try Self.shard("b"))
        #expect(settings.shards.map { $0.guardFile("/g/file") } == ["/g/file", "/g/file-b"])
        #expect(settings.shards.map { $0.guardFile(nil) } == [nil, nil])
    }
}

@Suite struct NewShardTests {
    @Test(
        "names go by year and letter, and none is given twice",
        arguments: [
            ([], "2027a"), (["2027a"], "2027b"), (["2027a", "2027c"], "2027b"), (["2026a"], "2027a"),
        ] as [([String], String)])
    func names(taken: [String], expected: String) {
        #expect(NewShard.nextName(year: 2027, isTaken: taken.contains) == expected)
    }

    @Test func `after z there is no name`() {
        #expect(NewShard.nextName(year: 2027) { $0 != "2027z" } == "2027z")
        #expect(NewShard.nextName(year: 2027) { _ in true } == nil)
    }

    @Test(
        "the window begins now or later, without a gap, and ends after months of the calendar",
        arguments: [
            (nil, nil, 0, 731 * 86_400), (86_400, 12, 86_400, 366 * 86_400), (0, 6, 0, 181 * 86_400),
            (100 * 86_400, nil, 100 * 86_400, 831 * 86_400), (-1, nil, nil, nil), (101 * 86_400, nil, nil, nil),
        ] as [(Int64?, Int?, UInt64?, UInt64?)])
    func windows(from: Int64?, months: Int?, start: UInt64?, end: UInt64?) throws {
        // 2027-01-01, and a shard that ends 100 days later.
        let now = Timestamp(seconds: 1_798_761_600)
        let settings = DataDirectorySettings(
            ShardSettings(
                organization: "x", publicURL: try #require(PublicURL("https://ca.example.org")), shard: "2026a",
                windowStart: Timestamp(seconds: 1), windowEnd: now.adding(milliseconds: 100 * 86_400_000)))
        let choice = NewShard.Choice(
            from: from.map { Timestamp(seconds: UInt64(Int64(now.seconds) + $0)) }, months: months)
        let new = NewShard(in: DataDirectory("/nowhere"), choice, actor: "a", reason: "r")
        guard let start, let end else {
            #expect(throws: ConfigurationMistakes.self) { try new.plan(after: settings, now: now) }
            return
        }
        let plan = try new.plan(after: settings, now: now)
        #expect(plan.windowStart.seconds == now.seconds + start && plan.windowEnd.seconds == now.seconds + end)
        #expect(plan.shard == "2027a")
    }
}
