internal import ArgumentParser
internal import Monitor
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// Shows one entry of a log.
struct LogGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one entry of a log, with its proof if asked.",
        discussion: """
            The entry is named by its INDEX, by the SERIAL number of its certificate in hexadecimal, or by a \
            FINGERPRINT: the SHA-256 of the certificate or precertificate as it was submitted, or the leaf hash. 64 \
            hexadecimal digits are a fingerprint, decimal digits alone an index, anything else in hexadecimal, with \
            colons or with 0x in front, a serial number; --by says it where that is not what you mean. Entries \
            are read one after the other, the newest first, until one fits; log search uses the index of the server \
            instead.

            The log is a URL, or the directory that init made, also while its server runs.

            Examples:
              mintmark log get 17 --url https://ca.example.com/log/2026a \\
                --log-key log-key.pem --proof
              mintmark log get 5c:a1:ab:1e --data-dir /var/lib/mintmark --pem
            """)

    @Argument(help: ArgumentHelp("The entry.", valueName: "index|serial|fingerprint"))
    var name: String

    @Option(help: "The log's URL, which its endpoints lie below.")
    var url: String?

    @Option(help: "The directory that init made, or a backup.")
    var dataDir: String?

    @Option(help: "The shard of that directory; to be named when there are several.")
    var shard: String?

    @Option(help: "What names the entry: index, serial or fingerprint.")
    var by: EntryName.Kind?

    @Flag(help: "Add the proof that the entry is in the tree of the newest signed head; verified first.")
    var proof = false

    @Option(
        help: ArgumentHelp(
            "Write the proof and the signed head to this file (C2SP tlog-proof), for mintmark verify --proof.",
            valueName: "file"))
    var proofFile: String?

    @Flag(help: "Print the certificate and its chain in PEM.")
    var pem = false

    @OptionGroup var log: RemoteLogOptions

    @OptionGroup var options: ProgressOptions

    func validate() throws {
        guard (url == nil) != (dataDir == nil) else { throw ValidationError("give either --url or --data-dir") }
        guard shard == nil || dataDir != nil else { throw ValidationError("--shard is for --data-dir") }
        _ = try EntryName.target(name, by: by)
    }

    func run() async throws {
        try await options.run { progress in
            let target = try EntryName.target(name, by: by)
            let (source, keySource) = try await source()
            let head = try await source.head()
            let search = EntrySearch(source, head: head.head)
            guard let found = try await search.run(target, progress: { progress.update($0, of: $1) }) else {
                throw EntryNotFound(name: name, target: target, size: head.head.size)
            }
            let proof = try await proof(of: found, source, head)
            let chain = pem ? try await chain(of: found.entry, source) : []
            let description = EntryDescription(
                entry: found.entry, leafHash: found.leafHash, proof: proof, head: head, chain: chain,
                keySource: keySource)
            return (words: description.text, json: description.json)
        }
    }

    private func source() async throws -> (any EntrySource, RemoteLogOptions.KeySource?) {
        if let dataDir { return (StoreSource(try StoredLog(DataDirectory(dataDir), shard: shard).source()), nil) }
        let (client, source) = try await log.client(url ?? "")
        return (client, source)
    }

    /// The proof when it is asked for; throws unless it leads to the signed head.
    private func proof(
        of found: (entry: LoggedEntry, leafHash: SHA256Digest), _ source: any EntrySource, _ head: LogHead
    ) async throws -> InclusionProof? {
        guard proof || proofFile != nil else { return nil }
        guard let index = LeafIndex(found.entry.index) else {
            throw EntryNotFound(name: name, target: .index(found.entry.index), size: head.head.size)
        }
        let proof = try await source.proof(of: found.leafHash, at: index, in: head.head.size)
        guard proof.isValid(for: found.leafHash, at: index, in: head.head.size, root: head.head.root) else {
            throw WrongProof(index: index)
        }
        if let proofFile {
            let text = TLogProof(index: index, proof: proof, checkpoint: head.note)
            try PrivateFile.replace(proofFile, text.bytes)
        }
        return proof
    }

    private func chain(of entry: LoggedEntry, _ source: any EntrySource) async throws -> [Certificate] {
        switch entry.chain {
        case .certificates(let list): return try list.map { der throws(DERError) in try Certificate(der: der) }
        case .fingerprints(let list):
            var chain: [Certificate] = []
            for fingerprint in list {
                let der = try await source.issuer(fingerprint)
                guard SHA256Digest(hashing: der) == fingerprint else {
                    throw ConfigurationMistakes(["the log has other octets than those of issuer \(fingerprint.hex)"])
                }
                chain.append(try Certificate(der: der))
            }
            return chain
        }
    }
}

/// How people name an entry.
enum EntryName {
    /// What `--by` takes.
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case index, serial, fingerprint
    }

    /// What a text names; throws when it does not fit the kind.
    static func target(_ text: String, by kind: Kind?) throws -> EntrySearch.Target {
        let digits = text.filter { $0 != ":" }
        let hexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X") ? String(digits.dropFirst(2)) : digits
        let isDecimal = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        switch kind ?? (hexadecimal.utf8.count == 64 ? .fingerprint : isDecimal ? .index : .serial) {
        case .index:
            guard isDecimal, let index = UInt64(text) else {
                throw ValidationError("\(text.debugQuoted) is not an index, which is a decimal number")
            }
            return .index(index)
        case .serial:
            let even = hexadecimal.utf8.count.isMultiple(of: 2) ? hexadecimal : "0\(hexadecimal)"
            guard !even.isEmpty, let octets = [UInt8](hexadecimal: even), octets.count <= 21 else {
                throw ValidationError("\(text.debugQuoted) is not a serial number in hexadecimal")
            }
            return .serial(Array(octets.drop { $0 == 0 }))
        case .fingerprint:
            guard let digest = [UInt8](hexadecimal: hexadecimal).flatMap({ SHA256Digest($0) }) else {
                throw ValidationError("\(text.debugQuoted) is not a SHA-256 in 64 hexadecimal digits")
            }
            return .fingerprint(digest)
        }
    }
}

/// No entry of the log has this name.
struct EntryNotFound: Error, CustomStringConvertible {
    let name: String
    let target: EntrySearch.Target
    let size: TreeSize

    var description: String {
        let entries = size.value == 1 ? "1 entry" : "\(size.value) entries"
        let words = "the log of \(entries) has none that is \(name.debugQuoted)"
        guard case .fingerprint = target else { return words }
        return words + "; it holds precertificates: ask for a final certificate by its serial number or leaf index"
    }
}

/// The log gave a proof that does not lead to the head it signed.
struct WrongProof: Error, CustomStringConvertible {
    let index: LeafIndex

    var description: String { "the log's proof for entry \(index.value) does not lead to the root that it signed" }
}
