extension Settings {
    /// A file of settings with every value and, as a comment, its origin; secrets are masked.
    ///
    /// What is not set and has no default stands in a comment, because an empty text may mean something else; so does
    /// a secret.
    package var yaml: String {
        let lines = Setting.all.filter { $0.isAllowedInFiles && $0.group != .refused }.map { setting in
            let value = value(setting)
            guard !value.texts.isEmpty else { return "# \(setting.name): not set  # \(value.origin)" }
            // What stands for a secret must not be read back as one.
            if setting.isSecret { return "# \(setting.name): ********  # \(value.origin)" }
            return "\(setting.name): \(Self.yaml(value, of: setting))  # \(value.origin)"
        }
        return lines.joined(separator: "\n")
    }

    private static func yaml(_ value: SettingValue, of setting: Setting) -> String {
        switch setting.kind {
        case .toggle: return String(value.texts.last.flatMap(SettingKind.toggle) ?? false)
        case .number: return value.texts.last.flatMap(SettingKind.number).map(String.init) ?? YAMLText.quoted("")
        case .list: return "[" + value.texts.map(YAMLText.quoted).joined(separator: ", ") + "]"
        case .text, .duration, .choice: return YAMLText.quoted(value.texts.last ?? "")
        }
    }
}
