internal import OpenSSL
internal import Yams

/// What is fixed for a data directory: its CA's name, and the shards of its log.
package struct DataDirectorySettings: Hashable, Sendable {
    /// The shards, oldest first; never none.
    package private(set) var shards: [ShardSettings]

    /// The newest shard.
    package private(set) var newest: ShardSettings

    /// Settings of a new data directory.
    package init(_ first: ShardSettings) {
        (shards, newest) = ([first], first)
    }

    /// Adds a newer shard.
    mutating func append(_ shard: ShardSettings) {
        var shard = shard
        shard.isFirst = false
        shards.append(shard)
        newest = shard
    }

    /// Writes down the order to close a shard; nothing happens when there is no such shard.
    mutating func close(_ name: String, _ order: ShardSettings.Closing) {
        for position in shards.indices where shards[position].shard == name { shards[position].closing = order }
        if newest.shard == name { newest.closing = order }
    }

    /// The shard that a command is for; throws when there is none of this name, or several and none was named.
    package func shard(_ name: String?) throws(ConfigurationMistakes) -> ShardSettings {
        if let name {
            if let found = shards.first(where: { $0.shard == name }) { return found }
            throw ConfigurationMistakes(["there is no shard \(name.debugQuoted); the shards are \(names)"])
        }
        guard shards.count == 1 else {
            throw ConfigurationMistakes(["the log has several shards: name one with --shard; they are \(names)"])
        }
        return newest
    }

    private var names: String { shards.map(\.shard).joined(separator: ", ") }

    /// Reads the text of `settings.yaml`; throws every mistake at once, an unknown key among them.
    ///
    /// The form of directories with one shard from before there could be several is read too.
    package init(yaml text: String) throws(ConfigurationMistakes) {
        guard let mapping = try? BoundedYAML.compose(text)?.mapping else {
            throw ConfigurationMistakes(["settings.yaml is not a mapping"])
        }
        var reader = SettingsReader(mapping, name: "settings.yaml")
        let organization = reader.text("organization")
        let url = PublicURL(reader.text("public-url"))
        if url == nil { reader.mistakes.append("settings.yaml: public-url is not the URL of an origin") }
        var found: [(name: String, window: Range<Timestamp>?, closing: ShardSettings.Closing?)] = []
        if mapping["shard"] != nil {
            found.append((reader.text("shard"), reader.window("log-window-start", "log-window-end"), nil))
        } else if let elements = mapping["shards"]?.sequence {
            reader.known.insert("shards")
            for element in elements {
                var inner = SettingsReader(element.mapping ?? [:], name: "settings.yaml: shards")
                let name = inner.text("name")
                let window = inner.window("window-start", "window-end")
                let by = inner.optional("closed-by")
                let closing = inner.optional("close-because").map { ShardSettings.Closing(actor: by ?? "", reason: $0) }
                found.append((name, window, closing))
                reader.mistakes += inner.all
            }
        }
        if found.isEmpty { reader.mistakes.append("settings.yaml: shards is missing") }
        if Set(found.map(\.name)).count < found.count {
            reader.mistakes.append("settings.yaml: two shards have one name")
        }
        let mistakes = reader.all
        guard let url, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        let shards = found.compactMap { name, window, closing -> ShardSettings? in
            guard let window else { return nil }
            var settings = ShardSettings(
                organization: organization, publicURL: url, shard: name, windowStart: window.lowerBound,
                windowEnd: window.upperBound)
            settings.isFirst = name == found.first?.name
            settings.closing = closing
            return settings
        }
        guard let newest = shards.last, shards.count == found.count else {
            throw ConfigurationMistakes(["settings.yaml: shards is missing"])
        }
        (self.shards, self.newest) = (shards, newest)
    }

    /// The text of `settings.yaml`.
    package var yaml: String {
        let head = """
            # Written by mintmark init and log rotate. Names and windows are fixed: serve refuses other values.
            organization: \(Self.quoted(newest.organization))
            public-url: \(Self.quoted(newest.publicURL.text))
            # The shards of the log, oldest first; windows are in milliseconds since 1970.
            shards:

            """
        return head + shards.map(Self.text).joined()
    }

    private static func text(of shard: ShardSettings) -> String {
        let closing = shard.closing.map { closing in
            "    close-because: \(quoted(closing.reason))\n    closed-by: \(quoted(closing.actor))\n"
        }
        return """
              - name: \(quoted(shard.shard))
                # Certificates that expire from \(shard.windowStart.rfc3339) until before \(shard.windowEnd.rfc3339).
                window-start: \(shard.windowStart.milliseconds)
                window-end: \(shard.windowEnd.milliseconds)

            """ + (closing ?? "")
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : String($1) } + "\""
    }
}

/// Takes the values out of one mapping and gathers what is wrong with it.
private struct SettingsReader {
    let mapping: Node.Mapping
    let name: String
    var known: Set<String> = []
    var mistakes: [String] = []

    init(_ mapping: Node.Mapping, name: String) {
        (self.mapping, self.name) = (mapping, name)
    }

    /// Every mistake, keys among them that nobody asked for.
    var all: [String] {
        mapping.keys.map { $0.string ?? "" }.filter { !known.contains($0) }.map { "\(name): unknown key \($0)" }
            + mistakes
    }

    mutating func optional(_ key: String) -> String? {
        known.insert(key)
        guard let text = mapping[key]?.scalar?.string, !text.isEmpty else { return nil }
        return text
    }

    mutating func text(_ key: String) -> String {
        if let text = optional(key) { return text }
        mistakes.append("\(name): \(key) is missing")
        return ""
    }

    /// A window in milliseconds; nil, and a mistake, for anything else.
    mutating func window(_ start: String, _ end: String) -> Range<Timestamp>? {
        guard let start = UInt64(text(start)), let end = UInt64(text(end)) else {
            mistakes.append("\(name): the log window is not in milliseconds")
            return nil
        }
        guard start < end else {
            mistakes.append("\(name): the log window ends before it begins")
            return nil
        }
        return Timestamp(milliseconds: start)..<Timestamp(milliseconds: end)
    }
}
