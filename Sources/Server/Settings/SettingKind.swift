internal import OpenSSL
internal import StrictJSON

/// What the value of a setting looks like.
package enum SettingKind: Hashable, Sendable {
    /// Any text.
    case text
    /// Texts: separated by commas, or given several times, or a list in a file.
    case list
    /// `true` or `false`; a flag without a value is `true`.
    case toggle
    /// A whole number of this range.
    case number(ClosedRange<Int>)
    /// A length of time as Go writes it, from 100 milliseconds to one hour.
    case duration
    /// One of these words.
    case choice([String])

    /// What is wrong with one text of the value, as the end of a sentence that begins with its name; nil when nothing
    /// is.
    func mistake(in text: String) -> String? {
        switch self {
        case .text, .list: nil
        case .toggle: Self.toggle(text) == nil ? "must be true or false, not \(text.debugQuoted)" : nil
        case .number(let range):
            Self.number(text).map(range.contains) == true
                ? nil : "must be from \(range.lowerBound) to \(range.upperBound), not \(text.debugQuoted)"
        case .duration:
            GoDuration.parse(text).map(Self.durations.contains) == true
                ? nil : "must be a length of time from 100ms to 1h such as 30s, not \(text.debugQuoted)"
        case .choice(let words):
            words.contains { $0.hasSameBytes(as: text) }
                ? nil : "must be \(words.joined(separator: " or ")), not \(text.debugQuoted)"
        }
    }

    /// What stands for the value in the help.
    var placeholder: String {
        switch self {
        case .text: "TEXT"
        case .list: "LIST"
        case .toggle: "true|false"
        case .number: "NUMBER"
        case .duration: "DURATION"
        case .choice(let words): words.joined(separator: "|")
        }
    }

    /// Whether a file has the value without quotes.
    var isPlainInFiles: Bool {
        switch self {
        case .toggle, .number: true
        case .text, .list, .duration, .choice: false
        }
    }

    /// The texts of a value that is written in one text, as flags and variables are.
    func texts(of text: String) -> [String] {
        guard self == .list else { return [text] }
        return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// A truth value in one of the spellings that Go takes.
    static func toggle(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    /// A decimal number of at most nine digits without a sign.
    static func number(_ text: String) -> Int? {
        let isPlain = (1...9).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isPlain ? Int(text) : nil
    }

    private static let durations = Duration.milliseconds(100)...Duration.seconds(3600)
}
