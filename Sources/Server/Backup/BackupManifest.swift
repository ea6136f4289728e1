internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// What a backup consists of, with the digest of each file.
struct BackupManifest: Hashable, Sendable {
    /// One file.
    struct File: Hashable, Sendable {
        /// Relative to the backup.
        let path: String
        let byteCount: UInt64
        let digest: SHA256Digest
    }

    /// The name of the manifest in a backup.
    static let name = "manifest.json"

    /// What the first member says, so that other formats are told apart.
    private static let format = "mintmark-backup-1"

    let created: Timestamp
    let includesKeys: Bool
    /// Oldest first; never none in a manifest that was read.
    let shards: [BackedUpShard]
    let files: [File]

    init(created: Timestamp, includesKeys: Bool, shards: [BackedUpShard], files: [File]) {
        (self.created, self.includesKeys, self.shards, self.files) = (created, includesKeys, shards, files)
    }

    /// The manifest as it is written.
    var json: JSONText {
        let files: [JSONValue] = files.map {
            [
                "path": .string($0.path), "bytes": .integer(Int64(clamping: $0.byteCount)),
                "sha256": .string($0.digest.hex),
            ]
        }
        return JSONText([
            "format": .string(Self.format), "version": .string(ServerVersion.current),
            "created": .integer(Int64(clamping: created.milliseconds)), "keys": .bool(includesKeys),
            "shards": .array(
                shards.map { shard in
                    [
                        "shard": .string(shard.name),
                        "tree_size": .integer(Int64(clamping: shard.head.size.value)),
                        "sha256_root_hash": .string(shard.head.root.hex),
                        "timestamp": .integer(Int64(clamping: shard.head.timestamp.milliseconds)),
                    ]
                }), "files": .array(files),
        ])
    }

    /// Reads a manifest; throws one line when it is none.
    init(_ bytes: [UInt8], path: String) throws(ConfigurationMistakes) {
        let value = try? JSONValue(parsing: bytes, limits: JSONLimits(byteCount: 1 << 20, nodeCount: 100_000))
        guard let value, value["format"]?.string == Self.format else {
            throw ConfigurationMistakes(["\(path): not the manifest of a backup"])
        }
        func number(_ name: String, in value: JSONValue) -> UInt64? {
            value[name]?.integer.flatMap(UInt64.init(exactly:))
        }
        func digest(_ name: String, in value: JSONValue) -> SHA256Digest? {
            value[name]?.string.flatMap { [UInt8](hexadecimal: $0) }.flatMap { SHA256Digest($0) }
        }
        let files = value["files"]?.elements?.compactMap { file -> File? in
            guard let path = file["path"]?.string, !path.hasPrefix("/"), !path.split(separator: "/").contains(".."),
                let count = number("bytes", in: file), let digest = digest("sha256", in: file)
            else { return nil }
            return File(path: path, byteCount: count, digest: digest)
        }
        guard let files, files.count == value["files"]?.elements?.count, let keys = value["keys"]?.bool,
            let created = number("created", in: value)
        else { throw ConfigurationMistakes(["\(path): the manifest is incomplete"]) }
        // Backups from before there could be several shards name the one among their own members.
        let elements = value["shards"]?.elements ?? [value]
        let shards = elements.compactMap { element -> BackedUpShard? in
            guard let name = element["shard"]?.string,
                let size = number("tree_size", in: element).flatMap({ TreeSize($0) }),
                let root = digest("sha256_root_hash", in: element), let time = number("timestamp", in: element)
            else { return nil }
            let head = TreeHead(size: size, root: root, timestamp: Timestamp(milliseconds: time))
            return BackedUpShard(name: name, head: head)
        }
        guard !shards.isEmpty, shards.count == elements.count else {
            throw ConfigurationMistakes(["\(path): the manifest is incomplete"])
        }
        self.init(created: Timestamp(milliseconds: created), includesKeys: keys, shards: shards, files: files)
    }
}
