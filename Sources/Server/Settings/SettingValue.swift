/// Where the value of a setting comes from, the strongest first.
package enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
    case flag
    /// The name of the variable.
    case environment(String)
    /// The path of the file, and the line from 1.
    case file(String, line: Int)
    case standard

    package var description: String {
        switch self {
        case .flag: "flag"
        case .environment(let name): "environment \(name)"
        case .file(let path, let line): "file \(path):\(line)"
        case .standard: "default"
        }
    }
}

/// The value of one setting with its origin.
package struct SettingValue: Hashable, Sendable {
    /// One text; none, one or several for a list.
    package let texts: [String]

    /// Where it stood.
    package let origin: SettingOrigin
}

/// Settings that cannot be used, one line a mistake.
package struct SettingMistakes: Error, Hashable, Sendable {
    /// What is wrong with the arguments.
    package var usage: [String] = []

    /// What is wrong elsewhere.
    package var other: [String] = []

    /// Everything, arguments first.
    package var lines: [String] { usage + other }

    /// Adds what is wrong with a value of this origin.
    mutating func add(_ setting: Setting, _ value: SettingValue, _ mistake: String) {
        switch value.origin {
        case .flag: usage.append("--\(setting.name) \(mistake)")
        case .environment(let name): other.append("\(name) \(mistake)")
        case .file(let path, let line): other.append("\(path): line \(line): \(setting.name) \(mistake)")
        case .standard: other.append("\(setting.name) \(mistake)")
        }
    }
}
