/// The settings in environment variables (CA specification 8.1).
///
/// `MINTMARK_` and the name with `_` for `-` and `.`, or `FULCIO_SERVE_` and the name with or without its hyphens; the
/// first of these that is there counts. An empty variable is none.
package struct EnvironmentSettings: Sendable {
    /// The values by the names of their settings.
    let values: [String: SettingValue]

    /// Variables with one of our prefixes that set nothing, sorted.
    let unknown: [String]

    /// Takes the variables that concern us.
    package init(_ environment: [String: String]) {
        let pairs = Setting.all.compactMap { setting -> (String, SettingValue)? in
            for variable in setting.variables {
                guard let text = environment[variable], !text.isEmpty else { continue }
                let value = SettingValue(texts: setting.kind.texts(of: text), origin: .environment(variable))
                return (setting.name, value)
            }
            return nil
        }
        values = Dictionary(pairs) { first, _ in first }
        let known = Set(Setting.all.flatMap(\.variables))
        unknown = environment.keys.filter { name in
            Self.isOurs(name) && !known.contains(name)
        }
        .sorted()
    }

    /// Whether a variable's name has one of our prefixes, so that it can set something.
    package static func isOurs(_ name: String) -> Bool {
        name.hasPrefix("MINTMARK_") || name.hasPrefix("FULCIO_SERVE_")
    }
}
