internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// Copies a data directory while its server runs.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a data directory, also while its server runs, and recompute the copied log.",
        discussion: """
            The copy has everything but private keys, and a manifest with the digest of each file. It is for reading \
            and for evidence: a log that is put back from a copy does not sign before it is adopted (mintmark log \
            adopt), because the original may have shown more since.

            Example:
              mintmark backup --data-dir /var/lib/mintmark /backup/mintmark-today
            """)

    @Option(help: "The directory that init made.")
    var dataDir: String

    @Argument(help: "The directory to make; nothing may be there.")
    var target: String

    @Flag(help: "Copy the private keys too, encrypted as they are; the copy is then as precious as the original.")
    var includeKeys = false

    @OptionGroup var options: ProgressOptions

    func run() async throws {
        try await options.run { progress in
            let backup = Backup(target)
            let report = try await backup.make(
                of: DataDirectory(dataDir), includingKeys: includeKeys, now: .now(), progress: { progress.update($0) })
            return (words: report.text("Backed up", backup.path), json: report.json(backup.path))
        }
    }
}

/// Checks a backup.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Check that a backup is whole: every digest of its manifest, and the whole log recomputed.",
        discussion: """
            Restoring itself is: copy the backup to where the data directory was, put the keys back, and run mintmark \
            log adopt, after reading what that means.

            Example:
              mintmark restore --check /backup/mintmark-today
            """)

    @Option(name: .customLong("check"), help: ArgumentHelp("The backup; it is only read.", valueName: "backup"))
    var check: String

    @OptionGroup var options: ProgressOptions

    func run() async throws {
        try await options.run { progress in
            let report = try await Backup(check).check { progress.update($0) }
            return (words: report.text("Sound", check), json: report.json(check))
        }
    }
}

extension Backup.Report {
    /// The report for programs.
    func json(_ path: String) -> JSONValue {
        let whole: [JSONMember] = [
            JSONMember(name: "ok", value: true), JSONMember(name: "path", value: .string(path)),
            JSONMember(name: "files", value: .integer(Int64(fileCount))),
            JSONMember(name: "keys", value: .bool(includesKeys)),
            JSONMember(name: "created", value: .string(created.rfc3339)),
        ]
        let shards = heads.map { shard in
            [
                JSONMember(name: "shard", value: .string(shard.name)),
                JSONMember(name: "tree_size", value: .integer(Int64(clamping: shard.head.size.value))),
                JSONMember(name: "sha256_root_hash", value: .string(Base64.encode(shard.head.root.bytes))),
            ]
        }
        // The members of an only shard stand among the others, as those of verify do.
        if let only = shards.first, shards.count == 1 { return .object(whole + only) }
        return .object(whole + [JSONMember(name: "shards", value: .array(shards.map { .object($0) }))])
    }

    /// The report for people.
    func text(_ heading: String, _ path: String) -> String {
        var rows = Rows()
        rows.add("made", created.rfc3339)
        rows.add("files", String(fileCount))
        rows.add("private keys", includesKeys ? "yes" : "no")
        for shard in heads {
            rows.add("shard", shard.name)
            rows.add("entries", String(shard.head.size.value))
            rows.add("root", shard.head.root.hex)
        }
        return "\(heading) \(path)\n\(rows.text())"
    }
}
