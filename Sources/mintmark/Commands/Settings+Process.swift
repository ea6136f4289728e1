internal import Foundation
internal import Logging
internal import Server

extension EnvironmentSettings {
    /// The settings in this process's environment.
    static var ofProcess: EnvironmentSettings { EnvironmentSettings(ProcessInfo.processInfo.environment) }
}

extension PassphraseSource {
    /// Where the settings say that the passphrase of the data directory's keys comes from.
    init(_ settings: Settings) {
        let descriptor = settings.text("passphrase-fd").map { _ in Int32(clamping: settings.number("passphrase-fd")) }
        self.init(file: settings.text("passphrase-file"), descriptor: descriptor)
    }
}

extension Logger {
    /// The log of `serve`, as its settings describe it (CA specification 8.4).
    init(_ settings: Settings) {
        let type = settings.text("log_type").flatMap { LogType(rawValue: $0) } ?? .automatic
        self.init(label: "mintmark") { _ in LineLogHandler(type: type) }
        logLevel = settings.text("log-level").flatMap { Logger.Level(rawValue: $0) } ?? type.level
    }
}
