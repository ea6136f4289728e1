/// The help about all settings, in lines of at most 80 columns.
package enum SettingsHelp {
    /// How settings are given, and then each of them, by groups.
    package static let text = ([rules] + Setting.Group.allCases.map(section)).joined(separator: "\n\n")

    private static let rules = """
        Each setting is a flag, an environment variable or a line of a file, and the
        first of these that has it counts. The names are those of Fulcio where they
        mean the same. The variable of --ct-log-url is MINTMARK_CT_LOG_URL or
        FULCIO_SERVE_CT_LOG_URL; an empty one counts as not set. The file (--config)
        has the names without hyphens in front as its keys. Values may be joined by =,
        and lists have commas or are given several times.
        """

    private static func section(_ group: Setting.Group) -> String {
        let settings = Setting.all.filter { $0.group == group }
        let entries =
            group == .refused
            ? [wrapped(settings.map { "--\($0.name)" }.joined(separator: ", "), indent: 2)]
            : settings.map(entry)
        return (["\(group.rawValue):"] + entries + (group == .general ? switches : [])).joined(separator: "\n")
    }

    private static let switches = [
        "  --print-config\n      Print every setting with its origin, secrets masked, and end.",
        "  --help\n      Print this.",
    ]

    private static func entry(_ setting: Setting) -> String {
        let aliases = setting.aliases.map { ", --\($0)" }.joined()
        let standard = setting.standard.map { " Default: \($0.replacing(",", with: ", "))." } ?? ""
        return "  --\(setting.name)\(aliases) \(setting.kind.placeholder)\n"
            + wrapped(setting.help + standard, indent: 6)
    }

    private static func wrapped(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= 79 {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(margin + word)
            }
        }
        return lines.joined(separator: "\n")
    }
}
