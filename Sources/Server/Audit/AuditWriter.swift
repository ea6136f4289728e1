internal import OpenSSL

/// The open file of an audit stream with the end of its chain; used by one thread at a time.
struct AuditWriter: Sendable {
    private let path: String
    private let now: @Sendable () -> Timestamp
    private let configuration: @Sendable () -> String
    private var file: AuditFile?
    private var chain = AuditChain()
    /// Whether the chain ends where the file does.
    private var isTailKnown = false

    /// Opens a file and looks at its end; what it ends with is continued.
    ///
    /// `configuration` is the version of the identity configuration that every record names.
    init(
        _ path: String, now: @escaping @Sendable () -> Timestamp, configuration: @escaping @Sendable () -> String
    ) throws {
        self.path = path
        self.now = now
        self.configuration = configuration
        let opened = try AuditFile(path)
        // An end that is no end of a chain refuses the start; what is torn is told with the first record.
        let tail = try opened.tail()
        if let last = tail.verifier.last { chain = AuditChain(after: last) }
        file = opened
    }

    /// Adds records, all or none for certain; throws when they are not known to be on the disk.
    ///
    /// After it has thrown, the next call finds out what is there.
    mutating func append(_ records: [AuditRecord]) throws {
        guard let file else { throw FileError("\(path): closed") }
        var bytes = isTailKnown ? [] : try recover()
        var next = chain
        let time = now()
        let version = configuration()
        for record in records { bytes += next.line(record, at: time, configuration: version) }
        isTailKnown = false
        try file.append(bytes)
        chain = next
        isTailKnown = true
    }

    /// Turns to the file that has the path now, when it is another one than before; the old one is left as it is.
    ///
    /// Its first record names the digest that the old one ends with. Throws and goes on with the old one when the new
    /// one cannot be used.
    mutating func reopen() throws {
        guard let file, AuditFile.identity(of: path) != file.identity else { return }
        var moved = self
        let opened = try AuditFile(path)
        let tail = try opened.tail()
        moved.file = opened
        moved.chain = tail.verifier.last.map(AuditChain.init(after:)) ?? chain.inNewFile
        moved.isTailKnown = false
        var record = AuditRecord(.rotated)
        record.add("continues", chain.last)
        try moved.append([record])
        self = moved
    }

    /// Closes the file; nothing more can be added.
    mutating func close() {
        file = nil
    }

    /// Finds the end of the file again; what has to be written before anything else, to tell of a torn end.
    private mutating func recover() throws -> [UInt8] {
        guard let file else { return [] }
        let (verifier, endsInLine) = try file.tail()
        if let last = verifier.last { chain = AuditChain(after: last) }
        guard verifier.fragment != nil || !endsInLine else { return [] }
        var record = AuditRecord(.torn)
        record.add("torn", SHA256Digest(hashing: verifier.fragment ?? []).hex)
        return (endsInLine ? [] : [0x0A]) + chain.line(record, at: now(), configuration: configuration())
    }
}
