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

    /// The log of a directory's shard; throws one line for each thing that is missing or wrong.
    package init(_ directory: DataDirectory) throws(ConfigurationMistakes) {
        let settings = try OwnLog.settings(directory)
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

    /// Where the guard file is unless the operator says otherwise.
    package var defaultGuard: String { "\(database)-guard" }

    /// The guard file to compare with: the one named, or the one beside the log; nil for a backup, which has none.
    package func guardPath(_ named: String?) -> String? {
        if let named { return named }
        return isBackup && !PrivateFile.exists(defaultGuard) ? nil : defaultGuard
    }

    /// A recomputation of everything that is stored.
    package func inspection() throws -> SQLiteStoreInspection {
        try SQLiteStoreInspection(
            path: database, description: parameters.description, format: .certificateTransparency)
    }

    /// The entries and the tree as they are stored, for reading alone, also while a server runs.
    package func view() throws -> SQLiteStoreView {
        try SQLiteStoreView(path: database, description: parameters.description, format: .certificateTransparency)
    }

    /// The entries, read without a lock of ours; throws a `StoreRefusal`.
    package func source() throws -> SQLiteLogSource {
        try SQLiteLogSource(path: database, description: parameters.description, format: .certificateTransparency)
    }

    /// Who may change the state of the log.
    package func operating(guardPath: String?) -> SQLiteStoreOperator {
        SQLiteStoreOperator(
            path: database, guardPath: guardPath, description: parameters.description,
            format: .certificateTransparency)
    }
}
