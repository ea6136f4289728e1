package import OpenSSL

/// Reads a policy file (C2SP tlog-policy) and collects every mistake in it.
package struct WitnessPolicyReader {
    /// Everything that is wrong with a file, one line each with its number.
    package struct Mistakes: Error, Hashable, Sendable {
        /// The lines.
        package let lines: [String]
    }

    /// The most bytes of a file.
    package static let maximumByteCount = 1 << 20

    /// The most witnesses: a checkpoint has the log's own signature and one of each.
    package static let maximumWitnessCount = SignedNote.maximumSignatureCount - 1

    /// The most groups.
    package static let maximumGroupCount = 256

    private let logs: [(origin: Origin, logID: SHA256Digest)]
    private var line = 0
    private var mistakes: [String] = []
    private var warnings: [String] = []
    private var names: [[UInt8]: WitnessPolicy.Member] = [:]
    private var grouped: Set<WitnessPolicy.Member> = []
    private var witnesses: [WitnessPolicy.Witness] = []
    private var groups: [WitnessPolicy.Group] = []
    private var logKeys: Set<[UInt8]> = []
    private var quorum: [WitnessPolicy.Member?] = []

    private init(logs: [(origin: Origin, logID: SHA256Digest)]) {
        self.logs = logs
    }

    /// The policy in a file, with what is allowed but may not be meant.
    ///
    /// `logs` are ours: a line about another log is ignored with a warning, and one that gives ours another key of the
    /// same kind is a mistake. Throws every mistake at once.
    package static func read(
        _ bytes: [UInt8], logs: [(origin: Origin, logID: SHA256Digest)]
    ) throws(Mistakes) -> (policy: WitnessPolicy, warnings: [String]) {
        guard bytes.count <= maximumByteCount else { throw Mistakes(lines: ["longer than 1 MiB"]) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Mistakes(lines: ["not UTF-8"]) }
        var reader = WitnessPolicyReader(logs: logs)
        for content in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
            reader.line += 1
            reader.take(Array(content))
        }
        if reader.quorum.isEmpty { reader.mistakes.append("there is no quorum line") }
        guard reader.mistakes.isEmpty else { throw Mistakes(lines: reader.mistakes) }
        let policy = WitnessPolicy(
            witnesses: reader.witnesses, groups: reader.groups, quorum: reader.quorum.first ?? nil)
        return (policy, reader.warnings)
    }

    private mutating func refuse(_ what: String) {
        mistakes.append("line \(line): \(what)")
    }

    private mutating func take(_ content: [UInt8]) {
        guard content.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            return refuse("has a control character")
        }
        let items = content.split { $0 == 0x20 || $0 == 0x09 }.map { String(decoding: $0, as: UTF8.self) }
        guard let keyword = items.first, !keyword.hasPrefix("#") else { return }
        let rest = Array(items.dropFirst())
        switch keyword {
        case "log": takeLog(rest)
        case "witness": takeWitness(rest)
        case "group": takeGroup(rest)
        case "quorum": takeQuorum(rest)
        default: refuse("unknown keyword \(keyword)")
        }
    }

    private mutating func takeLog(_ items: [String]) {
        guard (1...2).contains(items.count), let text = items.first else { return refuse("log <vkey> [<url>]") }
        guard let key = VerifierKey(text) else { return refuse("the log's key is no vkey") }
        guard logKeys.insert([key.kind] + key.key).inserted else { return refuse("a second log with this key") }
        guard let own = logs.first(where: { $0.origin.text.utf8.elementsEqual(key.name.utf8) }) else {
            warnings.append("line \(line): ignored, because \(key.name) is not a log of this server")
            return
        }
        guard key.kind == VerifierKey.Kind.treeHead else {
            warnings.append("line \(line): ignored, because the log has no key of kind \(key.kind)")
            return
        }
        // The key ID is made of the log ID alone, so both the key and the log ID are in use after the kind.
        let isOwn = SHA256Digest(hashing: key.key) == own.logID || key.key == own.logID.bytes
        if !isOwn || key.keyID != Checkpoint.keyID(origin: own.origin, logID: own.logID) {
            refuse("this is not the key of \(key.name)")
        }
    }

    private mutating func takeWitness(_ items: [String]) {
        guard (2...3).contains(items.count) else { return refuse("witness <name> <vkey> [<url>]") }
        guard let key = VerifierKey(items[1]) else { return refuse("the witness's key is no vkey") }
        do {
            let witness = WitnessPolicy.Witness(
                name: items[0], key: try WitnessKey(key), url: items.count > 2 ? Self.prefix(items[2]) : nil, line: line
            )
            guard witnesses.count < Self.maximumWitnessCount else {
                return refuse("more than \(Self.maximumWitnessCount) witnesses")
            }
            guard !witnesses.contains(where: { $0.key.verifierKey.key == key.key }) else {
                return refuse("a second witness with this key")
            }
            guard define(items[0], as: .witness(witnesses.count)) else { return }
            witnesses.append(witness)
        } catch {
            // The name is taken all the same, so that what refers to it is no further mistake.
            _ = define(items[0], as: .witness(-1))
            refuse("the key of \(items[0]) \(error)")
        }
    }

    private static func prefix(_ url: String) -> String {
        String(url[..<(url.lastIndex { $0 != "/" }.map(url.index(after:)) ?? url.startIndex)])
    }

    private mutating func takeGroup(_ items: [String]) {
        guard items.count > 2 else { return refuse("group <name> <all|any|k> <member>...") }
        var members: [WitnessPolicy.Member] = []
        for name in items.dropFirst(2) {
            guard let member = names[Array(name.utf8)] else {
                refuse("\(name) is not defined on a line before")
                continue
            }
            if member != .witness(-1), !grouped.insert(member).inserted { refuse("\(name) is a member already") }
            members.append(member)
        }
        let count = items.count - 2
        let threshold: Int? =
            switch items[1] {
            case "all": count
            case "any": 1
            case let digits: Int(digits).flatMap { String($0) == digits && (1...count).contains($0) ? $0 : nil }
            }
        if threshold == nil { refuse("\(items[1]) is not all, any or a number from 1 to \(count)") }
        guard groups.count < Self.maximumGroupCount else { return refuse("more than \(Self.maximumGroupCount) groups") }
        guard define(items[0], as: .group(groups.count)) else { return }
        groups.append(WitnessPolicy.Group(threshold: threshold ?? count, members: members))
    }

    private mutating func takeQuorum(_ items: [String]) {
        guard items.count == 1, let name = items.first else { return refuse("quorum <name|none>") }
        guard quorum.isEmpty else { return refuse("a second quorum line") }
        if name == "none" { return quorum.append(nil) }
        let member = names[Array(name.utf8)]
        if member == nil { refuse("\(name) is not defined on a line before") }
        quorum.append(member)
    }

    private mutating func define(_ name: String, as member: WitnessPolicy.Member) -> Bool {
        guard name != "none" else {
            refuse("the name none is taken")
            return false
        }
        guard names.updateValue(member, forKey: Array(name.utf8)) == nil else {
            refuse("a second definition of \(name)")
            return false
        }
        return true
    }
}
