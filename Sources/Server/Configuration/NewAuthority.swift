internal import CertificateTransparency
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

/// A CA that is to be created: root, issuing certificate and the first log shard.
package struct NewAuthority: Sendable {
    private let settings: DataDirectorySettings
    private let keyType: CAKeyType
    private let rootName: DistinguishedName
    private let issuingName: DistinguishedName
    private let now: Timestamp

    /// The log window reaches two years beyond the creation, so that a shard outlives the key rotation it should see.
    private static let windowInDays: UInt64 = 731

    /// Checks what the operator asked for; throws every mistake at once.
    package init(
        organization: String, publicURL: String, shard: String, keyType: CAKeyType, now: Timestamp
    ) throws(ConfigurationMistakes) {
        let url = PublicURL(publicURL)
        let root = DistinguishedName(commonName: "\(organization) root", organization: organization)
        let issuing = DistinguishedName(commonName: "\(organization) code signing", organization: organization)
        var mistakes: [String] = []
        if root == nil || issuing == nil {
            mistakes.append("--organization must have 1 to 51 printable characters")
        }
        if url == nil {
            mistakes.append("--public-url must be the http or https URL of an origin, such as https://ca.example.org")
        } else if url?.origin(shard: shard) == nil {
            mistakes.append("--shard must be of letters, digits, hyphens, underscores and dots, such as 2026a")
        }
        guard let url, let root, let issuing, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        settings = DataDirectorySettings(
            organization: organization, publicURL: url, shard: shard, windowStart: Timestamp(seconds: now.seconds),
            windowEnd: Timestamp(seconds: now.seconds + Self.windowInDays * 86_400))
        self.keyType = keyType
        rootName = root
        issuingName = issuing
        self.now = now
    }

    /// Makes everything in a directory of another name, and gives it its name when it is complete.
    ///
    /// Throws when the directory exists or anything fails; nothing is left in its place then.
    package func create(at directory: DataDirectory, passphrase: Passphrase) async throws -> CreatedAuthority {
        guard !PrivateFile.exists(directory.path) else {
            throw ConfigurationMistakes(["\(directory.path) exists already; nothing was touched"])
        }
        let suffix = try RandomBytes.generate(count: 6).hexadecimal
        let draft = DataDirectory("\(directory.path).incomplete-\(suffix)")
        let created = try await write(to: draft, passphrase: passphrase)
        try PrivateFile.rename(draft.path, to: directory.path)
        return CreatedAuthority(
            directory: directory, settings: settings, root: created.root, issuing: created.issuing, logID: created.logID
        )
    }

    private func write(to draft: DataDirectory, passphrase: Passphrase) async throws -> CreatedAuthority {
        for path in [draft.path, draft.authority, draft.logs, draft.log(settings.shard)] {
            try PrivateFile.createDirectory(path)
        }
        let rootKey = try PrivateKey.generate(keyType.kind)
        let issuingKey = try PrivateKey.generate(keyType.kind)
        let root = try await CertificateAuthorityProfile.root(
            name: rootName, key: LocalSigningKey(rootKey), now: now)
        let issuing = try await CertificateAuthorityProfile.issuing(
            name: issuingName, publicKey: issuingKey.publicKey, root: root, rootKey: LocalSigningKey(rootKey), now: now)
        // What serve would refuse must not be created.
        _ = try IssuingCertificate(chain: [issuing, root], key: LocalSigningKey(issuingKey), now: now)
        try write(text: root.pem, to: draft.root)
        try write(text: issuing.pem, to: draft.issuing)
        try write(text: issuing.pem + root.pem, to: draft.chain)
        try write(text: try rootKey.encryptedPEM(passphrase: passphrase), to: draft.rootKey)
        try write(text: try issuingKey.encryptedPEM(passphrase: passphrase), to: draft.issuingKey)
        let logID = try await createLog(in: draft, root: root, passphrase: passphrase)
        try write(text: settings.yaml, to: draft.settings)
        return CreatedAuthority(directory: draft, settings: settings, root: root, issuing: issuing, logID: logID)
    }

    private func createLog(in draft: DataDirectory, root: Certificate, passphrase: Passphrase) async throws
        -> SHA256Digest
    {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        let info = key.publicKey.subjectPublicKeyInfo
        try write(text: try key.encryptedPEM(passphrase: passphrase), to: draft.logKey(settings.shard))
        try write(text: PEM.encode(label: "PUBLIC KEY", info.der), to: draft.logPublicKey(settings.shard))
        try await LocalLog.create(
            at: draft.logStore(settings.shard), parameters: try settings.logParameters(key: info),
            key: LocalSigningKey(key), roots: [root], now: now)
        return info.sha256
    }

    private func write(text: String, to path: String) throws(FileError) {
        try PrivateFile.create(path, Array(text.utf8))
    }
}

/// What was created.
package struct CreatedAuthority: Sendable {
    package let directory: DataDirectory
    package let settings: DataDirectorySettings
    package let root: Certificate
    package let issuing: Certificate

    /// H(SubjectPublicKeyInfo) of the log key.
    package let logID: SHA256Digest
}

extension DataDirectorySettings {
    /// What the log of the shard was, or is to be, created with.
    func logParameters(key: SubjectPublicKeyInfo) throws(ConfigurationMistakes) -> LogParameters {
        guard let origin = publicURL.origin(shard: shard) else {
            throw ConfigurationMistakes(["the shard \(shard) makes no log origin"])
        }
        return LogParameters(origin: origin, shard: shard, key: key, window: windowStart..<windowEnd)
    }
}
