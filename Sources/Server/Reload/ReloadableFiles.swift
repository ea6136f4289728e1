/// Something that was read from files at the start and can be read again while the server runs.
protocol ReloadableFiles: Sendable {
    /// What it is, for the log: `identity configuration`.
    var name: String { get }

    /// The files that it is read from, as they are named in the configuration; links are followed anew at each look.
    var watchedPaths: [String] { get }

    /// What the audit stream tells of a reading beside the name: what is in use after it (reliability R-57).
    var auditMembers: [(name: String, value: String)] { get }

    /// Reads and checks everything, and then exchanges all of it at once.
    ///
    /// Throws every mistake and leaves what was there in use. Never called twice at the same time, but also while
    /// `finish` is under way.
    func reload() throws

    /// Does what has to wait of what `reload()` has read last; nil when nothing has.
    ///
    /// Throws every mistake and leaves what was there in use; it is then called again after a while, until it succeeds
    /// or a reading fails. Never called twice at the same time.
    var finish: (@Sendable () async throws -> Void)? { get }
}

extension ReloadableFiles {
    /// Nothing more.
    var auditMembers: [(name: String, value: String)] { [] }

    /// Nothing has to wait.
    var finish: (@Sendable () async throws -> Void)? { nil }
}
