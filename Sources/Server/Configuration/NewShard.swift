internal import CertificateTransparency
internal import Foundation
package import OpenSSL
internal import TransparencyLog

/// A shard that is to follow the shards of a data directory (transparency-log 0.1): new key, new origin, new store.
///
/// The last step is the new `settings.yaml`, put in the place of the old one at once: until then nobody knows of the
/// shard. A crash before leaves a directory with a mark in it, which the next run removes.
package struct NewShard: Sendable {
    /// A window of nobody's choice is two years and a day, so that a shard outlives the rotation it should see.
    static let windowInDays: UInt64 = 731

    /// What an operator may choose.
    package struct Choice: Hashable, Sendable {
        /// The name; nil for the year in which the window begins and the next free letter.
        package var name: String?
        /// The beginning of the window; nil for now.
        package var from: Timestamp?
        /// The length of the window in months of the calendar; nil for two years and a day.
        package var months: Int?
        /// What `serve` gets as `--log-guard`; nil for guard files beside the stores.
        package var logGuard: String?

        package init(name: String? = nil, from: Timestamp? = nil, months: Int? = nil, logGuard: String? = nil) {
            (self.name, self.from, self.months, self.logGuard) = (name, from, months, logGuard)
        }
    }

    /// What was made.
    package struct Created: Sendable {
        /// Name and window.
        package let settings: ShardSettings
        /// The shard that was the newest before.
        package let previous: ShardSettings
        /// H(SubjectPublicKeyInfo) of the log key.
        package let logID: SHA256Digest
        /// What an earlier run had left unfinished and this one removed: names of shards.
        package let removed: [String]
    }

    private let directory: DataDirectory
    private let choice: Choice
    private let actor: String
    private let reason: String

    /// A shard that is to be made; who makes it and why is kept in its store.
    package init(in directory: DataDirectory, _ choice: Choice, actor: String, reason: String) {
        (self.directory, self.choice, self.actor, self.reason) = (directory, choice, actor, reason)
    }

    /// Makes the shard, also while a server runs, which takes it up by itself.
    ///
    /// The passphrase must be the one that the newest shard's key is under. Throws every mistake, or what the store
    /// refused; nothing is left behind then.
    package func create(passphrase: () throws -> Passphrase, now: Timestamp) async throws -> Created {
        var settings = try OwnLog.settings(directory)
        let lock = try DirectoryLock(directory, for: .changing)
        // Once more, now that nobody else changes it.
        settings = try OwnLog.settings(directory)
        let known = settings
        let removed = try removeUnfinished(known)
        let previous = settings.newest
        let new = try plan(after: settings, now: now)
        let opening = try passphrase()
        // Serve opens all keys with one passphrase.
        _ = try KeyFiles.key(directory.logKey(previous.shard), opening)
        let roots = try await roots(of: previous)
        settings.append(new)
        let guardPath = settings.newest.guardFile(choice.logGuard)
        if let guardPath, PrivateFile.exists(guardPath) {
            throw ConfigurationMistakes(["\(guardPath) exists already; nothing was touched"])
        }
        try PrivateFile.createDirectory(directory.log(new.shard))
        do {
            let mark = guardPath.map(PrivateFile.absolute) ?? ""
            try PrivateFile.create(directory.logDraftMark(new.shard), Array(mark.utf8))
            try PrivateFile.synchronizeDirectory(directory.log(new.shard))
            let logID = try await Self.makeFiles(
                of: settings.newest, in: directory, guardPath: guardPath, passphrase: opening, roots: roots, now: now)
            _ = try await StoredLog(directory, settings.newest).operating(logGuard: choice.logGuard)
                .perform(.create, actor: actor, reason: reason, now: now)
            for path in [directory.log(new.shard), directory.logs] { try PrivateFile.synchronizeDirectory(path) }
            try PrivateFile.replace(directory.settings, Array(try settings.readableYAML().utf8))
            PrivateFile.removeFile(directory.logDraftMark(new.shard))
            _ = consume lock
            return Created(settings: settings.newest, previous: previous, logID: logID, removed: removed)
        } catch {
            // The exchange of the settings may have counted although it ended with an error.
            if try !OwnLog.settings(directory).shards.contains(where: { $0.shard == new.shard }) {
                remove(new.shard, known)
            }
            throw error
        }
    }

    /// Makes the key, its public half, the store and the guard file of a shard whose directory exists.
    ///
    /// Returns the log ID.
    static func makeFiles(
        of settings: ShardSettings, in directory: DataDirectory, guardPath: String?, passphrase: Passphrase,
        roots: [Certificate], now: Timestamp
    ) async throws -> SHA256Digest {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        let info = key.publicKey.subjectPublicKeyInfo
        try PrivateFile.create(
            directory.logKey(settings.shard), Array(try key.encryptedPEM(passphrase: passphrase).utf8))
        try PrivateFile.create(
            directory.logPublicKey(settings.shard), Array(PEM.encode(label: "PUBLIC KEY", info.der).utf8))
        try await LocalLog.create(
            at: directory.logStore(settings.shard), guardPath: guardPath,
            parameters: try settings.logParameters(key: info), key: LocalSigningKey(key), roots: roots, now: now)
        return info.sha256
    }

    /// Name and window of the new shard; throws what is wrong with them.
    func plan(after settings: DataDirectorySettings, now: Timestamp) throws(ConfigurationMistakes) -> ShardSettings {
        let now = Timestamp(seconds: now.seconds)
        let start = choice.from ?? now
        var mistakes: [String] = []
        if start < now { mistakes.append("--from \(start.rfc3339) is over") }
        let covered = settings.shards.filter { $0.closing == nil }.map(\.windowEnd).max() ?? now
        if start > max(covered, now) {
            mistakes.append(
                "--from \(start.rfc3339) leaves a gap: no shard takes certificates that expire from \(covered.rfc3339)")
        }
        let defaultEnd = start.adding(milliseconds: Self.windowInDays * 86_400_000)
        let end = choice.months.map { start.addingMonths($0) } ?? defaultEnd
        let name = choice.name ?? Self.nextName(year: start.year) { isTaken($0, settings) }
        guard let end, let name else {
            throw ConfigurationMistakes(mistakes + ["no name or no end of the window is left: use --shard, --months"])
        }
        let (organization, url) = (settings.newest.organization, settings.newest.publicURL)
        if url.origin(shard: name) == nil {
            mistakes.append("--shard must be of letters, digits, hyphens, underscores and dots, such as 2026b")
        } else if isTaken(name, settings) {
            mistakes.append(
                "there is, or was, a shard \(name) in \(directory.logs): names, keys and stores are never used again")
        }
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        return ShardSettings(
            organization: organization, publicURL: url, shard: name, windowStart: start, windowEnd: end)
    }

    private func isTaken(_ name: String, _ settings: DataDirectorySettings) -> Bool {
        settings.shards.contains { $0.shard == name } || PrivateFile.exists(directory.log(name))
    }

    /// The first name of a year that is free: `2027a`, `2027b` and so on to `2027z`; nil when none is.
    static func nextName(year: Int64, isTaken: (String) -> Bool) -> String? {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).lazy.map { "\(year)\(Character(UnicodeScalar($0)))" }
            .first { !isTaken($0) }
    }

    /// What the shard before accepts, and the CA's own root besides.
    private func roots(of previous: ShardSettings) async throws -> [Certificate] {
        let anchors = try await StoredLog(directory, previous).operating().anchors()
        let roots = try anchors.map { der throws(DERError) in try Certificate(der: der) }
        let block = PEM.firstBlock(in: try PrivateFile.read(directory.root, readers: .anyone))
        guard let own = try block.map({ block throws(DERError) in try Certificate(der: block.bytes) }),
            !roots.contains(own)
        else { return roots }
        return roots + [own]
    }

    /// The shards that a run left unfinished, or is making: directories with a mark, or empty, that the settings do not
    /// know.
    static func unfinished(in directory: DataDirectory, _ settings: DataDirectorySettings) throws -> [String] {
        let known = Set(settings.shards.map(\.shard))
        return try FileManager.default.contentsOfDirectory(atPath: directory.logs).sorted().filter { name in
            let files = try? FileManager.default.contentsOfDirectory(atPath: directory.log(name))
            // An empty one was left before its mark was made, or after everything else was removed.
            let isMarked = PrivateFile.exists(directory.logDraftMark(name)) || files?.isEmpty == true
            return isMarked && !known.contains(name)
        }
    }

    /// Removes what a run that was killed has left.
    private func removeUnfinished(_ settings: DataDirectorySettings) throws -> [String] {
        for shard in settings.shards { PrivateFile.removeFile(directory.logDraftMark(shard.shard)) }
        let unfinished = try Self.unfinished(in: directory, settings)
        for name in unfinished { remove(name, settings) }
        return unfinished
    }

    /// Removes an unfinished shard; its mark goes last, so that the next run can go on where this one is killed.
    private func remove(_ name: String, _ settings: DataDirectorySettings) {
        let mark = directory.logDraftMark(name)
        if let guardPath = unfinishedGuard(of: name, settings) {
            for path in [guardPath, "\(guardPath).new"] { PrivateFile.removeFile(path) }
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.log(name))) ?? []
        for file in names where "\(directory.log(name))/\(file)" != mark {
            PrivateFile.removeDirectory("\(directory.log(name))/\(file)")
        }
        PrivateFile.removeDirectory(directory.log(name))
    }

    /// The guard file that the mark of an unfinished shard names; nil when there is none that `rotate` can have made.
    ///
    /// A mark is a file that others than us may have put there: it must be ours alone, and must name no guard file of a
    /// shard that counts.
    private func unfinishedGuard(of name: String, _ settings: DataDirectorySettings) -> String? {
        let mark = try? PrivateFile.read(directory.logDraftMark(name), readers: .ownerOnly)
        guard let path = mark.flatMap({ String(validating: $0, as: UTF8.self) }), path.hasPrefix("/"),
            path.hasSuffix("-\(name)")
        else { return nil }
        // The guard file may not be there yet although its draft is.
        guard let status = FileStatus(path, followsLinks: false) else { return path }
        let guards = settings.shards.flatMap { shard in
            ["\(directory.logStore(shard.shard))-guard"] + [shard.guardFile(choice.logGuard)].compactMap(\.self)
        }
        let isKnown = guards.compactMap { FileStatus($0) }.contains {
            ($0.device, $0.inode) == (status.device, status.inode)
        }
        guard !isKnown, status.isRegular, let bytes = try? PrivateFile.prefix(path, count: 1 << 16) else { return nil }
        // A guard file has the origin of its log on a line, wherever --log-guard was when it was made.
        let text = String(decoding: bytes, as: UTF8.self)
        let origins = settings.shards.compactMap { $0.publicURL.origin(shard: $0.shard)?.text }
        return origins.contains { text.contains("\($0)\n") } ? nil : path
    }
}
