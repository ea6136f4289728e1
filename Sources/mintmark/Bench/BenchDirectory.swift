internal import OpenSSL
internal import Server

/// A CA and a log in a directory of their own, which trust one issuer and which nobody else trusts.
struct BenchDirectory: Sendable {
    /// The name of the log's shard, which is in the paths of its endpoints.
    static let shard = "bench"

    /// The directory of everything.
    let path: String
    /// Where the server has to listen, because the log's name says so.
    let address: ListenAddress

    private let secret: [UInt8]

    /// What opens its keys; the secret is as long as a passphrase may be.
    func passphrase() throws -> Passphrase { try Passphrase(secret) }

    /// Makes one at `path`, which must not exist, or in a temporary directory.
    static func create(
        at path: String? = nil, authority: CAKeyType, issuerURL: String, port: Int
    ) async throws -> BenchDirectory {
        let directory = try BenchDirectory(at: path, port: port)
        do {
            try await directory.fill(authority, issuerURL)
        } catch {
            directory.remove()
            throw error
        }
        return directory
    }

    private init(at path: String?, port: Int) throws {
        if let path { try PrivateFile.createDirectory(path) }
        self.path = try path ?? PrivateFile.createTemporaryDirectory(prefix: "mintmark-bench")
        address = ListenAddress(host: "127.0.0.1", port: port)
        secret = Array(try RandomBytes.generate(count: 16).hexadecimal.utf8)
    }

    private func fill(_ authority: CAKeyType, _ issuerURL: String) async throws {
        try PrivateFile.create(passphraseFile, secret)
        try PrivateFile.create(issuers, Array(Self.issuers(trusting: issuerURL).utf8))
        let new = try NewAuthority(
            organization: "Mintmark benchmark", publicURL: url, shard: Self.shard, certificates: .new(authority),
            now: .now())
        _ = try await new.create(at: data, passphrase: try passphrase())
    }

    private static func issuers(trusting url: String) -> String {
        """
        oidc-issuers:
          \(url): {issuer-url: "\(url)", client-id: sigstore, type: email}

        """
    }

    /// The data directory of the server.
    var data: DataDirectory { DataDirectory("\(path)/ca") }

    /// The file with the passphrase.
    var passphraseFile: String { "\(path)/passphrase" }

    /// The identity configuration.
    var issuers: String { "\(path)/issuers.yaml" }

    /// Where the server answers.
    var url: String { "http://\(address.host):\(address.port)" }

    /// Octets of the log's database and of its write-ahead log.
    var logByteCount: Int64 {
        let database = data.logStore(Self.shard)
        return [database, "\(database)-wal"].reduce(0) { $0 + (FileStatus($1)?.byteCount ?? 0) }
    }

    /// Removes it with all that is in it.
    func remove() {
        PrivateFile.removeDirectory(path)
    }
}
