package import OpenSSL

/// Passphrases as they stand in files: the first line.
package enum PassphraseLine {
    /// The passphrase on the first line of a file; nil for an empty one if `mayBeEmpty`.
    package static func read(_ path: String, mayBeEmpty: Bool = false) throws -> Passphrase? {
        try first(of: try PrivateFile.read(path, readers: .anyone), path, mayBeEmpty: mayBeEmpty)
    }

    /// The passphrase on the first line of what was read; throws one line about `source` otherwise.
    package static func first(
        of bytes: consuming [UInt8], _ source: String, mayBeEmpty: Bool = false
    ) throws -> Passphrase? {
        let end = bytes.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.endIndex
        bytes.removeSubrange(end...)
        if mayBeEmpty, bytes.isEmpty { return nil }
        do {
            return try Passphrase(cleansing: &bytes)
        } catch {
            throw ConfigurationMistakes(["\(source): no passphrase of 1 to 1,024 octets on the first line"])
        }
    }
}
