/// Where the keys, certificates and log of one CA lie.
package struct DataDirectory: Hashable, Sendable {
    /// The directory itself.
    package let path: String

    /// A directory that exists or is to be made.
    package init(_ path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Throws one line when the directory cannot be made: something is there, or its parent is not.
    package func requireNew() throws(ConfigurationMistakes) {
        guard !path.isEmpty else { throw ConfigurationMistakes(["--data-dir is empty"]) }
        guard !PrivateFile.exists(path) else {
            throw ConfigurationMistakes(["\(path) exists already; nothing was touched"])
        }
        let parent = PrivateFile.parent(of: path)
        guard PrivateFile.exists(parent) else { throw ConfigurationMistakes(["\(parent) does not exist"]) }
    }

    package var settings: String { "\(path)/settings.yaml" }
    package var authority: String { "\(path)/ca" }
    package var root: String { "\(authority)/root.pem" }
    package var rootKey: String { "\(authority)/root-key.pem" }
    package var issuing: String { "\(authority)/issuing.pem" }
    package var issuingKey: String { "\(authority)/issuing-key.pem" }
    package var chain: String { "\(authority)/chain.pem" }
    package var logs: String { "\(path)/log" }

    package func log(_ shard: String) -> String { "\(logs)/\(shard)" }
    package func logKey(_ shard: String) -> String { "\(log(shard))/key.pem" }
    package func logPublicKey(_ shard: String) -> String { "\(log(shard))/public.pem" }
    /// There while `rotate` makes a shard that nobody knows of yet; its text is the path of the guard file.
    func logDraftMark(_ shard: String) -> String { "\(log(shard))/unfinished" }
    package func logStore(_ shard: String) -> String { "\(log(shard))/log.sqlite" }
}
