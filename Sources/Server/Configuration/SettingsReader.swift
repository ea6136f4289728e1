internal import OpenSSL
internal import Yams

/// Takes the values out of one mapping of `settings.yaml` and gathers what is wrong with it.
struct SettingsReader {
    /// Mistakes that whoever reads found beside those of single values.
    var mistakes: [String] = []

    /// Keys that may be there.
    var known: Set<String> = []

    private let mapping: Node.Mapping
    private let name: String

    /// Reads a mapping, whose mistakes begin with `name`.
    init(_ mapping: Node.Mapping, name: String) {
        (self.mapping, self.name) = (mapping, name)
    }

    /// Every mistake, keys among them that nobody asked for.
    var all: [String] {
        mapping.keys.map { $0.string ?? "" }.filter { !known.contains($0) }.map { "\(name): unknown key \($0)" }
            + mistakes
    }

    /// The text of a key; nil when it is empty, missing or no text.
    mutating func optional(_ key: String) -> String? {
        known.insert(key)
        guard let text = mapping[key]?.scalar?.string, !text.isEmpty else { return nil }
        return text
    }

    /// The text of a key; empty, and a mistake, when there is none.
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
