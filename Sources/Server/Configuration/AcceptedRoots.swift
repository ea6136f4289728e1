internal import CertificateTransparency
package import OpenSSL
internal import TransparencyLog

/// The roots whose chains the log of a data directory takes (transparency-log 4.1).
package struct AcceptedRoots: Sendable {
    private let directory: DataDirectory
    private let shard: String?

    /// The roots of a shard in a directory that no server is using; it must be named when there are several.
    package init(_ directory: DataDirectory, shard: String? = nil) {
        (self.directory, self.shard) = (directory, shard)
    }

    /// Accepts the certificates of PEM files from now on, drops others by their SHA-256, and answers with those in
    /// force.
    ///
    /// All of it or nothing; `actor` and `reason` are kept in the log's store with the time. Without changes only
    /// reads, also while a server runs. Throws `ConfigurationMistakes`, or what the store refused.
    package func change(
        adding files: [String] = [], removing digests: [String] = [], actor: String, reason: String = "", now: Timestamp
    ) async throws -> [Certificate] {
        var changes = try files.flatMap { try Self.certificates(in: $0) }.map {
            SQLiteLogStore.AnchorChange.add($0.der)
        }
        for text in digests {
            guard let digest = [UInt8](hexadecimal: text.lowercased()).flatMap({ SHA256Digest($0) }) else {
                throw ConfigurationMistakes(["--remove takes the SHA-256 of a certificate in 64 hexadecimal digits"])
            }
            changes.append(.remove(digest))
        }
        let log = try StoredLog(directory, shard: shard)
        guard !changes.isEmpty else {
            return try await LocalLog.roots(at: log.database, parameters: log.parameters)
        }
        guard !reason.isEmpty else {
            throw ConfigurationMistakes(["--reason is missing: it is kept with the change"])
        }
        return try await LocalLog.roots(
            at: log.database, parameters: log.parameters, changes: changes, actor: actor, reason: reason, now: now)
    }

    /// All certificates of a PEM file, at least one; throws one line when it has none or anything else.
    package static func certificates(in path: String) throws -> [Certificate] {
        let blocks = PEM.blocks(in: try PrivateFile.read(path, readers: .anyone)) ?? []
        let certificates = blocks.compactMap { $0.label == "CERTIFICATE" ? try? Certificate(der: $0.bytes) : nil }
        guard !certificates.isEmpty, certificates.count == blocks.count else {
            throw ConfigurationMistakes(["\(path): not certificates in PEM"])
        }
        return certificates
    }
}
