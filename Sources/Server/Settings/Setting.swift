/// One thing that an operator of `serve` can choose: by flag, environment variable or file (CA specification 8.1).
package struct Setting: Hashable, Sendable {
    /// The parts of the help.
    package enum Group: String, CaseIterable, Sendable {
        case general = "General"
        case listening = "Listening"
        case authority = "The CA"
        case log = "The log of certificates"
        case policy = "What is certified"
        case observing = "Logs and records"
        case refused = "Back ends that Fulcio has and Mintmark has not; each is refused"
    }

    /// The name of the flag without hyphens in front, which is the key in a file too.
    package let name: String

    /// Other names of the same.
    let aliases: [String]

    let kind: SettingKind
    let group: Group

    /// The value when nobody chooses one; nil when there is none.
    let standard: String?

    /// One or more sentences.
    let help: String

    /// Whether the value is shown to nobody.
    let isSecret: Bool

    /// Whether a file may have it.
    let isAllowedInFiles: Bool

    init(
        _ name: String, _ kind: SettingKind = .text, _ group: Group, standard: String? = nil, aliases: [String] = [],
        isSecret: Bool = false, isAllowedInFiles: Bool = true, _ help: String
    ) {
        self.name = name
        self.aliases = aliases
        self.kind = kind
        self.group = group
        self.standard = standard
        self.help = help
        self.isSecret = isSecret
        self.isAllowedInFiles = isAllowedInFiles
    }

    /// Its name and all others, the first one first.
    var names: [String] { [name] + aliases }

    /// The variables that set it, the strongest first.
    var variables: [String] {
        let plain = names.map { $0.uppercased() }
        let shell = plain.map { String($0.map { "-.".contains($0) ? "_" : $0 }) }
        let all = shell.map { "MINTMARK_\($0)" } + (plain + shell).map { "FULCIO_SERVE_\($0)" }
        return all.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
