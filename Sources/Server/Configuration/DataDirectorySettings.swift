internal import OpenSSL
internal import Yams

/// What is fixed for a data directory: its CA's name, and the shards of its log.
package struct DataDirectorySettings: Hashable, Sendable {
    private var first: ShardSettings
    private var later: [ShardSettings]

    /// The shards, oldest first; never none.
    package var shards: [ShardSettings] { [first] + later }

    /// The newest shard.
    package var newest: ShardSettings { later.last ?? first }

    /// Settings of a new data directory.
    package init(_ first: ShardSettings) {
        (self.first, later) = (first, [])
    }

    /// Adds a newer shard.
    mutating func append(_ shard: ShardSettings) {
        later.append(shard.with(isFirst: false, closing: shard.closing))
    }

    /// Writes down the order to close a shard, or takes it back with nil; nothing happens when there is no such shard.
    mutating func close(_ name: String, _ order: ShardSettings.Closing?) {
        func ordered(_ shard: ShardSettings) -> ShardSettings {
            shard.shard == name ? shard.with(isFirst: shard.isFirst, closing: order) : shard
        }
        (first, later) = (ordered(first), later.map(ordered))
    }

    /// The shard that a command is for; throws when there is none of this name, or several and none was named.
    package func shard(_ name: String?) throws(ConfigurationMistakes) -> ShardSettings {
        if let name {
            if let found = shards.first(where: { $0.shard == name }) { return found }
            throw ConfigurationMistakes(["there is no shard \(name.debugQuoted); the shards are \(names)"])
        }
        guard later.isEmpty else {
            throw ConfigurationMistakes(["the log has several shards: name one with --shard; they are \(names)"])
        }
        return first
    }

    private var names: String { shards.map(\.shard).joined(separator: ", ") }

    /// Reads the text of `settings.yaml`; throws every mistake at once, an unknown key among them.
    ///
    /// The form of directories with one shard from before there could be several is read too.
    package init(yaml text: String) throws(ConfigurationMistakes) {
        let mapping = try Self.mapping(text)
        var reader = SettingsReader(mapping, name: "settings.yaml")
        let organization = reader.text("organization")
        let url = PublicURL(reader.text("public-url"))
        if url == nil { reader.mistakes.append("settings.yaml: public-url is not the URL of an origin") }
        let found = Self.shards(in: mapping, &reader)
        if found.isEmpty { reader.mistakes.append("settings.yaml: shards is missing") }
        if Set(found.map(\.name)).count < found.count {
            reader.mistakes.append("settings.yaml: two shards have one name")
        }
        let mistakes = reader.all
        guard let url, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        let shards = found.compactMap { shard -> ShardSettings? in
            guard let window = shard.window else { return nil }
            return ShardSettings(
                organization: organization, publicURL: url, shard: shard.name, windowStart: window.lowerBound,
                windowEnd: window.upperBound, isFirst: shard.name == found.first?.name, closing: shard.closing)
        }
        guard let first = shards.first, shards.count == found.count else {
            throw ConfigurationMistakes(["settings.yaml: shards is missing"])
        }
        (self.first, later) = (first, Array(shards.dropFirst()))
    }

    private static func mapping(_ text: String) throws(ConfigurationMistakes) -> Node.Mapping {
        let root: Node?
        do {
            root = try BoundedYAML.compose(text)
        } catch {
            throw ConfigurationMistakes(["settings.yaml: \(BoundedYAML.line(error))"])
        }
        guard let mapping = root?.mapping else { throw ConfigurationMistakes(["settings.yaml is not a mapping"]) }
        return mapping
    }

    /// What stands there of one shard; its window is nil after a mistake.
    private typealias Found = (name: String, window: Range<Timestamp>?, closing: ShardSettings.Closing?)

    private static func shards(in mapping: Node.Mapping, _ reader: inout SettingsReader) -> [Found] {
        if mapping["shard"] != nil {
            return [(reader.text("shard"), reader.window("log-window-start", "log-window-end"), nil)]
        }
        guard let elements = mapping["shards"]?.sequence else { return [] }
        reader.known.insert("shards")
        return elements.map { element in
            var inner = SettingsReader(element.mapping ?? [:], name: "settings.yaml: shards")
            let name = inner.text("name")
            let window = inner.window("window-start", "window-end")
            let by = inner.optional("closed-by")
            let closing = inner.optional("close-because").map { ShardSettings.Closing(actor: by ?? "", reason: $0) }
            reader.mistakes += inner.all
            return (name, window, closing)
        }
    }

    /// The text of `settings.yaml`, once it is known to be read back as what is written here; throws otherwise.
    ///
    /// A file that nobody can read would keep the CA from its next start.
    package func readableYAML() throws(ConfigurationMistakes) -> String {
        let text = yaml
        guard let again = try? DataDirectorySettings(yaml: text), again == self else {
            throw ConfigurationMistakes(["settings.yaml would not be readable with these texts; nothing was written"])
        }
        return text
    }

    /// The text of `settings.yaml`.
    package var yaml: String {
        let head = """
            # Written by mintmark init and log rotate. Names and windows are fixed: serve refuses other values.
            organization: \(YAMLText.quoted(newest.organization))
            public-url: \(YAMLText.quoted(newest.publicURL.text))
            # The shards of the log, oldest first; windows are in milliseconds since 1970.
            shards:

            """
        return head + shards.map(Self.text).joined()
    }

    private static func text(of shard: ShardSettings) -> String {
        let closing = shard.closing.map { closing in
            """
                close-because: \(YAMLText.quoted(closing.reason))
                closed-by: \(YAMLText.quoted(closing.actor))

            """
        }
        return """
              - name: \(YAMLText.quoted(shard.shard))
                # Certificates that expire from \(shard.windowStart.rfc3339) until before \(shard.windowEnd.rfc3339).
                window-start: \(shard.windowStart.milliseconds)
                window-end: \(shard.windowEnd.milliseconds)

            """ + (closing ?? "")
    }
}
