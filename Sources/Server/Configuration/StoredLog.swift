package import CertificateTransparency
package import OpenSSL
package import TransparencyLog

/// A log of a data directory or of a backup, as commands find it that need no key.
package struct StoredLog: Sendable {
    /// What the settings and the public key say that the log was created with.
    package let parameters: LogParameters

    /// The path of the database.
    package let database: String

    private let privateKey: String

    /// Whether this is a copy that `mintmark backup` made.
    private let isBackup: Bool

    /// The name and the window of the shard.
    package let settings: ShardSettings

    /// One shard of a directory, which must be named when there are several.
    ///
    /// Throws one line for each thing that is missing or wrong.
    package init(_ directory: DataDirectory, shard: String?) throws(ConfigurationMistakes) {
        try self.init(directory, try OwnLog.settings(directory).shard(shard))
    }

    /// The shard of this name, or all shards of a directory, oldest first.
    package static func some(_ directory: DataDirectory, shard: String?) throws(ConfigurationMistakes) -> [StoredLog] {
        let settings = try OwnLog.settings(directory)
        let chosen = shard == nil ? settings.shards : [try settings.shard(shard)]
        return try chosen.map { shard throws(ConfigurationMistakes) in try StoredLog(directory, shard) }
    }

    /// The log of a shard.
    init(_ directory: DataDirectory, _ settings: ShardSettings) throws(ConfigurationMistakes) {
        self.settings = settings
        let path = directory.logPublicKey(settings.shard)
        do {
            let pem = PEM.firstBlock(in: try PrivateFile.read(path, readers: .anyone))
            guard let pem, let key = try? SubjectPublicKeyInfo(der: pem.bytes) else {
                throw ConfigurationMistakes(["\(path): not the public key of a log"])
            }
            parameters = try settings.logParameters(key: key)
        } catch let mistakes as ConfigurationMistakes {
            throw mistakes
        } catch {
            throw ConfigurationMistakes(["\(error)"])
        }
        database = directory.logStore(settings.shard)
        privateKey = directory.logKey(settings.shard)
        isBackup = PrivateFile.exists("\(directory.path)/\(BackupManifest.name)")
    }

    /// The key that signs the log's heads; throws one line that says why it cannot be had, as in a backup without keys.
    package func key(_ passphrase: Passphrase) throws -> LocalSigningKey {
        try KeyFiles.key(privateKey, passphrase)
    }

    /// Where the guard file is, by what the operator says of that of the first shard.
    package func guardFile(_ option: String?) -> String { settings.guardFile(option) ?? "\(database)-guard" }

    /// The guard file to compare with, by what the operator says of the first shard's; nil for a backup without one.
    package func guardPath(_ named: String?) -> String? {
        let path = guardFile(named)
        return named == nil && isBackup && !PrivateFile.exists(path) ? nil : path
    }

    /// A recomputation of everything that is stored.
    package func inspection() throws -> SQLiteStoreInspection {
        try SQLiteStoreInspection(
            path: database, description: parameters.description, format: .certificateTransparency)
    }

    /// The entries and the tree as they are stored, for reading alone, also while a server runs; throws a
    /// `StoreRefusal`.
    package func source() throws -> SQLiteLogSource {
        try SQLiteLogSource(path: database, description: parameters.description, format: .certificateTransparency)
    }

    /// Who may change the state of the log; `logGuard` is what the operator says of the first shard's guard file.
    package func operating(logGuard: String? = nil) -> SQLiteStoreOperator {
        SQLiteStoreOperator(
            path: database, guardPath: settings.guardFile(logGuard), description: parameters.description,
            format: .certificateTransparency)
    }
}
