internal import OpenSSL

/// The arguments of a command that takes settings as flags, in the spellings of Fulcio's command line.
package struct CommandLineSettings: Sendable {
    /// The values by the names of their settings.
    package private(set) var values: [String: SettingValue] = [:]

    /// The flags without a value that were given.
    package private(set) var switches: Set<String> = []

    /// What cannot be understood, one line each.
    package private(set) var mistakes: [String] = []

    /// Reads `--name value`, `--name=value`, `-c value` and the `switches` of the command.
    ///
    /// Of a flag that is given twice the last one counts, but lists grow.
    package init(_ arguments: [String], switches known: Set<String>) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument.hasPrefix("--"), argument.utf8.count > 2 {
                let parts = argument.dropFirst(2).split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                take(String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : nil, known, &rest)
            } else if argument.hasPrefix("-c") {
                let value = argument.dropFirst(argument.hasPrefix("-c=") ? 3 : 2)
                take("config", argument.utf8.count > 2 ? String(value) : nil, known, &rest)
            } else if argument == "-h" {
                switches.insert("help")
            } else {
                mistakes.append("unexpected argument: \(argument.debugQuoted)")
            }
        }
    }

    private mutating func take(
        _ name: String, _ written: String?, _ known: Set<String>, _ rest: inout ArraySlice<String>
    ) {
        if known.contains(name) {
            switch written.map(SettingKind.toggle) {
            case nil, .some(true): switches.insert(name)
            case .some(false): break
            default: mistakes.append("--\(name) takes no value")
            }
            return
        }
        guard let setting = Setting.named(name) else {
            mistakes.append("unknown option: --\(name.debugQuoted)")
            return
        }
        let text: String
        if let written {
            text = written
        } else if setting.kind == .toggle {
            text = "true"
        } else if let next = rest.first, !next.hasPrefix("--") {
            text = next
            rest.removeFirst()
        } else {
            mistakes.append("--\(name) needs a value")
            return
        }
        let before = setting.kind == .list ? values[setting.name]?.texts ?? [] : []
        values[setting.name] = SettingValue(texts: before + setting.kind.texts(of: text), origin: .flag)
    }
}
