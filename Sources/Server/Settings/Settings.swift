/// Every setting with its value: a flag counts before the environment, that before a file, and that before the default.
package struct Settings: Sendable {
    /// What is allowed but may not be meant, one sentence each.
    package private(set) var warnings: [String]

    /// Everything that is wrong with any of the sources.
    package let mistakes: SettingMistakes

    /// Whether the file, if there is one, could be read: otherwise nobody knows what is not set.
    private(set) var isFileUsable = true

    private let values: [String: SettingValue]

    /// Brings the three sources together; of no use when there are mistakes.
    package init(_ arguments: CommandLineSettings, _ environment: EnvironmentSettings) {
        var mistakes = SettingMistakes(usage: arguments.mistakes)
        let outside = arguments.values.merging(environment.values) { flag, _ in flag }
        var file: [String: SettingValue] = [:]
        if let path = outside["config"]?.texts.last {
            do {
                file = try SettingsFile(path: path).values
            } catch {
                mistakes.other += error.lines
                isFileUsable = false
            }
        }
        values = outside.merging(file) { stronger, _ in stronger }
        warnings = environment.unknown.map { "the environment variable \($0) sets nothing" }
        for setting in Setting.all {
            guard let value = values[setting.name] else { continue }
            if setting.group == .refused {
                mistakes.add(setting, value, "is \(setting.help.lowercased().dropLast()), which is not supported here")
            }
            // An empty text is the default of a setting that has none.
            for text in value.texts where !(text.isEmpty && setting.standard == nil) {
                if let mistake = setting.kind.mistake(in: text) { mistakes.add(setting, value, mistake) }
            }
        }
        switch values["fileca-key-passwd"]?.origin {
        case .flag:
            warnings.append(
                "--fileca-key-passwd is an argument, and every user of this machine can read it: use"
                    + " --fileca-key-passwd-file")
        case .file(let path, _) where PrivateFile.isReadableByOthers(path):
            warnings.append("others than its owner may read \(path), which has fileca-key-passwd")
        default: break
        }
        self.mistakes = mistakes
    }

    /// The value of a setting with its origin; no texts when it has none and no default.
    package func value(_ setting: Setting) -> SettingValue {
        values[setting.name]
            ?? SettingValue(texts: setting.standard.map(setting.kind.texts) ?? [], origin: .standard)
    }

    /// The texts of a setting; empty when it is not set.
    func texts(_ name: String) -> [String] { Setting.named(name).map { value($0).texts } ?? [] }

    /// The text of a setting; nil when it is not set or empty.
    package func text(_ name: String) -> String? {
        guard let text = texts(name).last, !text.isEmpty else { return nil }
        return text
    }

    /// Whether somebody chose a value, be it an empty one.
    func isChosen(_ name: String) -> Bool { values[name] != nil }

    /// The value of a number that was checked; 0 when it is not set.
    package func number(_ name: String) -> Int { text(name).flatMap(SettingKind.number) ?? 0 }

    /// The value of a toggle that was checked; false when it is not set.
    func toggle(_ name: String) -> Bool { text(name).flatMap(SettingKind.toggle) ?? false }

    /// The value of a length of time that was checked; zero when it is not set.
    func duration(_ name: String) -> Duration { text(name).flatMap(GoDuration.parse) ?? .zero }
}
