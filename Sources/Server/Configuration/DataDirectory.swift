package import OpenSSL
internal import Yams

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
    package func logStore(_ shard: String) -> String { "\(log(shard))/log.sqlite" }
}

/// What `init` fixed for a data directory.
package struct DataDirectorySettings: Hashable, Sendable {
    /// The organization in the names of the CA certificates.
    package let organization: String

    /// Where clients reach the CA.
    package let publicURL: PublicURL

    /// The log shard that certificates go to.
    package let shard: String

    /// The first moment of the expiry times that the shard takes.
    package let windowStart: Timestamp

    /// The moment after the last expiry time that the shard takes.
    package let windowEnd: Timestamp

    /// Settings for a new data directory.
    package init(
        organization: String, publicURL: PublicURL, shard: String, windowStart: Timestamp, windowEnd: Timestamp
    ) {
        self.organization = organization
        self.publicURL = publicURL
        self.shard = shard
        self.windowStart = windowStart
        self.windowEnd = windowEnd
    }

    /// Reads the text of `settings.yaml`; throws every mistake at once, an unknown key among them.
    package init(yaml text: String) throws(ConfigurationMistakes) {
        guard let mapping = try? BoundedYAML.compose(text)?.mapping else {
            throw ConfigurationMistakes(["settings.yaml is not a mapping"])
        }
        var mistakes: [String] = mapping.keys.compactMap { key in
            Key(rawValue: key.string ?? "") == nil ? "settings.yaml: unknown key \(key.string ?? "")" : nil
        }
        func value(_ key: Key) -> String {
            guard let text = mapping[key.rawValue]?.scalar?.string, !text.isEmpty else {
                mistakes.append("settings.yaml: \(key.rawValue) is missing")
                return ""
            }
            return text
        }
        let (organization, shard) = (value(.organization), value(.shard))
        let url = PublicURL(value(.publicURL))
        let start = UInt64(value(.windowStart))
        let end = UInt64(value(.windowEnd))
        if url == nil { mistakes.append("settings.yaml: public-url is not the URL of an origin") }
        if start == nil || end == nil { mistakes.append("settings.yaml: the log window is not in milliseconds") }
        if let start, let end, start >= end { mistakes.append("settings.yaml: the log window ends before it begins") }
        guard let url, let start, let end, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        self.init(
            organization: organization, publicURL: url, shard: shard, windowStart: Timestamp(milliseconds: start),
            windowEnd: Timestamp(milliseconds: end))
    }

    /// The text of `settings.yaml`.
    package var yaml: String {
        func quoted(_ text: String) -> String {
            "\"" + text.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : String($1) } + "\""
        }
        return """
            # Written by mintmark init. The log's name and window are fixed: serve refuses other values.
            \(Key.organization.rawValue): \(quoted(organization))
            \(Key.publicURL.rawValue): \(quoted(publicURL.text))
            \(Key.shard.rawValue): \(quoted(shard))
            # Certificates that expire from \(windowStart.rfc3339) until before \(windowEnd.rfc3339), in milliseconds.
            \(Key.windowStart.rawValue): \(windowStart.milliseconds)
            \(Key.windowEnd.rawValue): \(windowEnd.milliseconds)

            """
    }

    private enum Key: String {
        case organization
        case publicURL = "public-url"
        case shard
        case windowStart = "log-window-start"
        case windowEnd = "log-window-end"
    }
}
