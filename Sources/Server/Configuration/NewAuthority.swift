internal import Issuance
package import OpenSSL

/// The kinds of key that a new CA may have.
package enum CAKeyType: String, CaseIterable, Sendable {
    case p256
    case p384
    case rsa4096

    var kind: PrivateKey.Kind {
        switch self {
        case .p256: .ellipticCurve(.p256)
        case .p384: .ellipticCurve(.p384)
        case .rsa4096: .rsa(bits: 4096)
        }
    }
}

/// A CA that is to be created: its certificates and the first log shard.
package struct NewAuthority: Sendable {
    /// Where the CA certificates come from.
    package enum Certificates: Sendable {
        /// New ones, with keys of this type.
        case new(CAKeyType)
        /// Those in a directory with `chain.pem` and `issuing-key.pem`, the key under the same passphrase.
        case existing(directory: String)
    }

    private let settings: ShardSettings
    private let certificates: Certificates
    private let logGuardFile: String?
    private let now: Timestamp

    /// Checks what the operator asked for; throws every mistake at once.
    ///
    /// `logGuardFile` is where the log's guard file is made, nil for beside the log.
    package init(
        organization: String, publicURL: String, shard: String, certificates: Certificates,
        logGuardFile: String? = nil, now: Timestamp
    ) throws(ConfigurationMistakes) {
        let url = PublicURL(publicURL)
        var mistakes: [String] = []
        if Self.names(organization) == nil {
            mistakes.append("--organization must have 1 to 51 printable characters")
        }
        if url == nil {
            mistakes.append("--public-url must be the http or https URL of an origin, such as https://ca.example.org")
        } else if url?.origin(shard: shard) == nil {
            mistakes.append("--shard must be of letters, digits, hyphens, underscores and dots, such as 2026a")
        }
        guard let url, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        settings = ShardSettings(
            organization: organization, publicURL: url, shard: shard, windowStart: Timestamp(seconds: now.seconds),
            windowEnd: Timestamp(seconds: now.seconds + NewShard.windowInDays * 86_400))
        self.certificates = certificates
        self.logGuardFile = logGuardFile
        self.now = now
    }

    /// Makes everything in a directory of another name, and gives it its name when it is complete.
    ///
    /// Throws when the directory exists or anything fails; nothing is left in its place then.
    package func create(at directory: DataDirectory, passphrase: Passphrase) async throws -> CreatedAuthority {
        try directory.requireNew()
        let suffix = try RandomBytes.generate(count: 6).hexadecimal
        let draft = DataDirectory("\(directory.path).incomplete-\(suffix)")
        if let logGuardFile, PrivateFile.exists(logGuardFile) {
            throw ConfigurationMistakes(["\(logGuardFile) exists already; nothing was touched"])
        }
        var madeGuard = false
        do {
            let chain = try await write(to: draft, passphrase: passphrase)
            let logID = try await NewShard.makeFiles(
                of: settings, in: draft, guardPath: logGuardFile, passphrase: passphrase, roots: [chain.root], now: now)
            madeGuard = true
            try write(text: DataDirectorySettings(settings).readableYAML(), to: draft.settings)
            for path in [draft.authority, draft.log(settings.shard), draft.logs, draft.path] {
                try PrivateFile.synchronizeDirectory(path)
            }
            try PrivateFile.rename(draft.path, to: directory.path)
            return CreatedAuthority(
                directory: directory, settings: settings, root: chain.root, issuing: chain.certificate, logID: logID)
        } catch {
            PrivateFile.removeDirectory(draft.path)
            if madeGuard, let logGuardFile { PrivateFile.removeDirectory(logGuardFile) }
            throw error
        }
    }

    private func write(to draft: DataDirectory, passphrase: Passphrase) async throws -> IssuingCertificate {
        for path in [draft.path, draft.authority, draft.logs, draft.log(settings.shard)] {
            try PrivateFile.createDirectory(path)
        }
        switch certificates {
        case .new(let keyType): return try await writeNew(keyType, to: draft, passphrase)
        case .existing(let directory): return try copy(from: directory, to: draft, passphrase)
        }
    }

    private func writeNew(
        _ keyType: CAKeyType, to draft: DataDirectory, _ passphrase: Passphrase
    ) async throws -> IssuingCertificate {
        guard let names = Self.names(settings.organization) else { throw ConfigurationMistakes(["unusable name"]) }
        let rootKey = try PrivateKey.generate(keyType.kind)
        let issuingKey = try PrivateKey.generate(keyType.kind)
        let root = try await CertificateAuthorityProfile.root(
            name: names.root, key: LocalSigningKey(rootKey), now: now)
        let issuing = try await CertificateAuthorityProfile.issuing(
            name: names.issuing, publicKey: issuingKey.publicKey, root: root, rootKey: LocalSigningKey(rootKey),
            now: now)
        try write(text: root.pem, to: draft.root)
        try write(text: issuing.pem, to: draft.issuing)
        try write(text: issuing.pem + root.pem, to: draft.chain)
        try write(text: try rootKey.encryptedPEM(passphrase: passphrase), to: draft.rootKey)
        try write(text: try issuingKey.encryptedPEM(passphrase: passphrase), to: draft.issuingKey)
        // What serve would refuse must not be created.
        return try IssuingCertificate(chain: [issuing, root], key: LocalSigningKey(issuingKey), now: now)
    }

    /// Copies a chain and the issuing key, which must be encrypted; a root key stays where it is.
    private func copy(
        from directory: String, to draft: DataDirectory, _ passphrase: Passphrase
    ) throws -> IssuingCertificate {
        let source = ["chain.pem", "issuing-key.pem"].map { "\(directory)/\($0)" }
        let loaded = try KeyFiles.issuingCertificate(
            chain: source[0], key: source[1], readers: .anyone, passphrase, now: now)
        guard loaded.root.issuer == loaded.root.subject else {
            throw ConfigurationMistakes(["\(source[0]): the last certificate is not a root, which clients need"])
        }
        for (path, copy) in zip(source, [draft.chain, draft.issuingKey]) {
            try PrivateFile.create(copy, try PrivateFile.read(path, readers: .anyone))
        }
        try write(text: loaded.certificate.pem, to: draft.issuing)
        try write(text: loaded.root.pem, to: draft.root)
        return loaded
    }

    private static func names(_ organization: String) -> (root: DistinguishedName, issuing: DistinguishedName)? {
        guard let root = DistinguishedName(commonName: "\(organization) root", organization: organization),
            let issuing = DistinguishedName(commonName: "\(organization) code signing", organization: organization)
        else { return nil }
        return (root, issuing)
    }

    private func write(text: String, to path: String) throws(FileError) {
        try PrivateFile.create(path, Array(text.utf8))
    }
}

/// What was created.
package struct CreatedAuthority: Sendable {
    package let directory: DataDirectory
    /// Its name and its log's.
    package let settings: ShardSettings
    package let root: Certificate
    package let issuing: Certificate

    /// H(SubjectPublicKeyInfo) of the log key.
    package let logID: SHA256Digest
}
