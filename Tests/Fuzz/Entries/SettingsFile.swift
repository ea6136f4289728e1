@testable import Server

extension FuzzEntry {
    /// The settings of a data directory.
    static let settingsFile = FuzzEntry("settingsFile", seeds: { try Corpus.files("settings") }) { bytes in
        let settings = try DataDirectorySettings(yaml: String(decoding: bytes, as: UTF8.self))
        let again = try? DataDirectorySettings(yaml: settings.yaml)
        return again == settings ? nil : "settings that are written read as others"
    }
}
