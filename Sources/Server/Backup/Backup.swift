internal import Foundation
package import OpenSSL
internal import StrictJSON
package import TransparencyLog

/// A copy of a data directory that can be made while a server runs, and checked anywhere.
package struct Backup: Sendable {
    /// What a check of a backup found right.
    package struct Report: Sendable {
        /// The newest heads in the backup, by the shards of the log, oldest first.
        package let heads: [BackedUpShard]
        /// Files that have the digest they must have.
        package let fileCount: Int
        /// Whether private keys are in the backup.
        package let includesKeys: Bool
        /// When it was made.
        package let created: Timestamp
    }

    /// Told how far the recomputation of the copied log is.
    package typealias Progress = @Sendable (SQLiteStoreInspection.Progress) throws -> Void

    /// The directory of the backup.
    package let path: String

    /// A backup that exists or is to be made.
    package init(_ path: String) {
        self.path = DataDirectory(path).path
    }

    /// Copies a data directory, recomputes the copied log, and gives the backup its name when all is durable.
    ///
    /// Private keys are left out unless asked for. Throws when something is at the path already; nothing is left
    /// behind after a failure.
    package func make(
        of source: DataDirectory, includingKeys: Bool, now: Timestamp, progress: @escaping Progress = { _ in }
    ) async throws -> Report {
        guard !PrivateFile.exists(path) else {
            throw ConfigurationMistakes(["\(path) exists already; a backup never replaces anything"])
        }
        guard !"\(path)/".hasPrefix("\(source.path)/") else {
            throw ConfigurationMistakes(["\(path) lies in the directory that is backed up"])
        }
        // Held to the end: no shard comes or goes meanwhile.
        let lock = try DirectoryLock(source, for: .copying)
        _ = try StoredLog.some(source, shard: nil)
        let unfinished = try NewShard.unfinished(in: source, try OwnLog.settings(source))
        let draft = Backup("\(path).incomplete-\(try RandomBytes.generate(count: 6).hexadecimal)")
        try PrivateFile.createDirectory(draft.path)
        do {
            try await draft.copy(source, includingKeys: includingKeys, without: unfinished)
            let heads = try await draft.heads(progress: progress)
            let files = try BackupFiles.list(draft.path).map { try BackupFiles.measure($0, in: draft.path) }
            let manifest = BackupManifest(
                created: now, includesKeys: includingKeys, shards: heads, files: files)
            try PrivateFile.create("\(draft.path)/\(BackupManifest.name)", manifest.json.bytes)
            try draft.synchronize(files)
            try PrivateFile.rename(draft.path, to: path)
            _ = consume lock
            return Report(heads: heads, fileCount: files.count, includesKeys: includingKeys, created: now)
        } catch {
            PrivateFile.removeDirectory(draft.path)
            throw error
        }
    }

    /// Compares every file with the manifest and recomputes the log; changes nothing.
    ///
    /// Throws one line for each file that is missing, different or not in the manifest, or the first thing that is
    /// wrong in the log.
    package func check(progress: @escaping Progress = { _ in }) async throws -> Report {
        let name = "\(path)/\(BackupManifest.name)"
        guard PrivateFile.exists(name) else {
            throw ConfigurationMistakes(["\(path): not a backup (no \(BackupManifest.name))"])
        }
        let manifest = try BackupManifest(try PrivateFile.read(name, readers: .anyone), path: name)
        let found = try BackupFiles.list(path).filter { $0 != BackupManifest.name }
        var mistakes = Set(found).subtracting(manifest.files.map(\.path)).sorted().map {
            "\(path)/\($0): not in the manifest"
        }
        for file in manifest.files {
            guard found.contains(file.path) else {
                mistakes.append("\(path)/\(file.path): missing")
                continue
            }
            if try BackupFiles.measure(file.path, in: path) != file {
                mistakes.append("\(path)/\(file.path): not the bytes that were backed up")
            }
        }
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        let heads = try await heads(progress: progress)
        guard heads == manifest.shards else {
            throw ConfigurationMistakes(["\(path): the log's head is not the one of the manifest"])
        }
        return Report(
            heads: heads, fileCount: manifest.files.count, includesKeys: manifest.includesKeys,
            created: manifest.created)
    }

    /// Recomputes every shard and answers with their heads, oldest shard first.
    private func heads(progress: @escaping Progress) async throws -> [BackedUpShard] {
        var heads: [BackedUpShard] = []
        for log in try StoredLog.some(DataDirectory(path), shard: nil) {
            let head = try await log.inspection().run(progress: progress).head
            heads.append(BackedUpShard(name: log.settings.shard, head: head))
        }
        return heads
    }

    private func copy(_ source: DataDirectory, includingKeys: Bool, without shards: [String]) async throws {
        for name in try BackupFiles.list(source.path)
        where !shards.contains(where: { "\(source.path)/\(name)".hasPrefix("\(source.log($0))/") }) {
            let (original, copied) = ("\(source.path)/\(name)", "\(path)/\(name)")
            let role = try BackupFiles.role(of: name, in: source.path)
            guard role != .transient, role != .key || includingKeys else { continue }
            try FileManager.default.createDirectory(
                atPath: PrivateFile.parent(of: copied), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            if role == .database {
                try await SQLiteBackup.run(from: original, to: copied)
            } else {
                try FileManager.default.copyItem(atPath: original, toPath: copied)
                try BackupFiles.synchronize(copied)
            }
        }
    }

    private func synchronize(_ files: [BackupManifest.File]) throws {
        for directory in Set(files.map { PrivateFile.parent(of: "\(path)/\($0.path)") }) {
            try PrivateFile.synchronizeDirectory(directory)
        }
        try PrivateFile.synchronizeDirectory(path)
    }
}

/// A shard in a backup.
package struct BackedUpShard: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// The newest head in the backup.
    package let head: TreeHead
}
