package import Logging
package import OpenSSL
package import TransparencyLog

/// Our own log behind one method: precertificate in, timestamp out (transparency-log 0.3).
///
/// The timestamp is signed after the entry is durably in a signed tree, so there is no promise left to keep.
package final class LocalLog: CertificateLog {
    /// What was fixed when the log was created.
    package let parameters: LogParameters

    /// The accepted roots.
    package let roots: [Certificate]

    /// When the log was created: no timestamp of it is older.
    package let created: Timestamp

    /// Reads below the published head.
    package let reader: LogReader

    private let scrubber: SQLiteScrubber?
    private let admission: ChainAdmission
    private let sequencer: Sequencer

    /// The longest time between two heads.
    package let heartbeat: Duration

    private let key: any SigningKey
    private let publicKey: PublicKey

    /// The roots in force in the store of a log; may be asked while a server runs.
    ///
    /// Throws `StoreRefusal`.
    package static func roots(at path: String, parameters: LogParameters) async throws -> [Certificate] {
        let store = SQLiteStoreOperator(
            path: path, description: parameters.description, format: .certificateTransparency)
        return try certificates(try await store.anchors())
    }

    /// The roots in force in the store of a log that no process has open, after these changes.
    ///
    /// Who made them and why is stored with the time. Throws `StoreRefusal`.
    package static func roots(
        at path: String, parameters: LogParameters, changes: [SQLiteLogStore.AnchorChange], actor: String,
        reason: String, now: Timestamp
    ) async throws -> [Certificate] {
        try certificates(
            try await SQLiteLogStore.anchors(
                at: path, description: parameters.description, changes: changes, actor: actor, reason: reason, now: now)
        )
    }

    private static func certificates(_ anchors: [[UInt8]]) throws(DERError) -> [Certificate] {
        try anchors.map { der throws(DERError) in try Certificate(der: der) }
    }

    /// Creates the store of a log; the only way to make one.
    ///
    /// `path` names the database in a directory that exists; the guard file stands beside it unless `guardPath` says
    /// otherwise. Throws `StoreRefusal`, `UnusableLogKey`, or `LogFailure.noRoots` for an empty list of roots.
    package static func create(
        at path: String, guardPath: String? = nil, parameters: LogParameters, key: any SigningKey,
        roots: [Certificate], now: Timestamp
    ) async throws {
        guard !roots.isEmpty else { throw LogFailure.noRoots }
        try await SQLiteLogStore.create(
            at: path, guardPath: guardPath, description: parameters.description, key: key, anchors: roots.map(\.der),
            now: now)
    }

    /// Opens the log after its start-up checks; `run()` then sequences.
    ///
    /// `required` are the roots that the CA's chain ends in; for `sequenced` see `Sequencer`, for `alignsPages`
    /// `LogReader`. Throws `StoreRefusal` with one line for the operator, or `LogFailure.rootNotAccepted` when a
    /// required root was not accepted at the creation.
    package static func open(
        at path: String, guardPath: String? = nil, parameters: LogParameters, key: any SigningKey,
        requiring required: [Certificate], heartbeat: Duration = .seconds(30), scrub: ScrubPolicy = ScrubPolicy(),
        alignsPages: Bool = false, clock: @escaping @Sendable () -> Timestamp, logger: Logger,
        sequenced: @escaping @Sendable (Duration) -> Void = { _ in }
    ) async throws -> LocalLog {
        let store = try await SQLiteLogStore.open(
            at: path, guardPath: guardPath, description: parameters.description, key: key,
            format: .certificateTransparency, now: clock(), logger: logger)
        do {
            let roots = try certificates(store.anchors)
            guard !roots.isEmpty else { throw LogFailure.noRoots }
            // A closed log takes nothing any more, whatever the CA's root is today.
            let isClosed = if case .closed = store.initialCondition { true } else { false }
            guard isClosed || required.allSatisfy(roots.contains) else { throw LogFailure.rootNotAccepted }
            let scrubber = SQLiteScrubber(
                store: store, policy: scrub, format: .certificateTransparency, key: key.publicKey, clock: clock,
                logger: logger)
            return LocalLog(
                store: store, parameters: parameters, key: key, roots: roots, created: store.created,
                heartbeat: heartbeat, scrubber: scrubber, alignsPages: alignsPages, clock: clock, logger: logger,
                sequenced: sequenced)
        } catch {
            await store.abandon()
            throw error
        }
    }

    /// A log over a store that was opened for it alone.
    package init(
        store: any LogStore, parameters: LogParameters, key: any SigningKey, roots: [Certificate], created: Timestamp,
        heartbeat: Duration = .seconds(30), scrubber: SQLiteScrubber? = nil, alignsPages: Bool = false,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger,
        sequenced: @escaping @Sendable (Duration) -> Void = { _ in }
    ) {
        let published = PublishedHead(
            Checkpoint(origin: parameters.origin, signedTreeHead: store.initialState.signedTreeHead))
        (self.parameters, self.roots, self.created, self.scrubber) = (parameters, roots, created, scrubber)
        (self.key, publicKey, self.heartbeat) = (key, key.publicKey, heartbeat)
        admission = ChainAdmission(roots: roots, window: parameters.window, profile: .init(now: clock))
        reader = LogReader(
            store: store, published: published, format: .certificateTransparency, alignsPages: alignsPages)
        sequencer = Sequencer(
            store: store, description: parameters.description, key: key, format: .certificateTransparency,
            published: published, heartbeat: heartbeat, clock: clock, logger: logger, sequenced: sequenced)
    }

    /// What the store has done since it was opened.
    package var storeCounts: StoreCounts { sequencer.storeCounts }

    /// What is accepted and not in the tree yet.
    package var load: QueueLoad { sequencer.load }

    /// Whether the log takes nothing more in this process, by order or because it failed or was frozen.
    package var isStopped: Bool { sequencer.isStopped }

    /// Signs something that nobody could take for a head or a timestamp and verifies it; throws when that fails.
    package func testKey() async throws {
        try await key.test()
    }

    package var name: String { parameters.origin.text }

    /// Sequences until `shutDown()`; see `Sequencer.run()` for what it means when it throws.
    ///
    /// What is stored is recomputed meanwhile, unless the log is frozen; the first thing that is wrong freezes it. In a
    /// closed log it is only said, by `scrubStatus` and in the process's log: there is nothing left to stop.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [scrubber, sequencer] in
                if case .frozen = sequencer.condition.value { return }
                guard let finding = await scrubber?.run() else { return }
                await sequencer.freeze(because: finding)
            }
            defer { group.cancelAll() }
            try await sequencer.run()
        }
    }

    /// What the log does at the moment.
    package var condition: LogCondition { sequencer.condition.value }

    /// How far the recomputation of what is stored has come.
    package var scrubStatus: ScrubStatus { scrubber?.status ?? ScrubStatus() }

    /// Whether the log takes entries or will again: it is not closed, and nobody has ordered that it be.
    package var isOpen: Bool { sequencer.isOpen }

    /// Ends the log for good after one more head; see `Sequencer.closeForGood`.
    package func closeForGood(because reason: String, by actor: String) {
        sequencer.closeForGood(because: reason, by: actor)
    }

    /// The last head there will ever be; nil while the log is not closed.
    package var finalHead: SignedTreeHead? {
        if case .closed = condition { reader.checkpoint.signedTreeHead } else { nil }
    }

    /// Accepts nothing more; `run()` integrates what was accepted and returns.
    package func shutDown() {
        sequencer.shutDown()
    }

    /// Stops signing for good, because what was signed is not the whole truth; reads go on (transparency-log 3.5).
    package func freeze(because reason: String) async {
        await sequencer.freeze(because: reason)
    }

    /// The witnesses of the log; nobody is asked yet.
    package func witnessing(
        _ policy: WitnessPolicy, mode: WitnessMode, clock: @escaping @Sendable () -> Timestamp, logger: Logger,
        transport: @escaping Witnessing.Transport
    ) -> Witnessing {
        Witnessing(
            policy, mode: mode, sequencer: sequencer, reader: reader, clock: clock, logger: logger,
            transport: transport)
    }

    /// Forgets that heads were once withheld until witnesses had cosigned them, when there is no such rule any more.
    package func showEveryHead() async throws {
        try await sequencer.showEveryHead()
    }

    /// Logs a precertificate of our own CA and answers with its timestamp.
    ///
    /// `chain` begins with the issuing certificate and ends with an accepted root, or with one that an accepted root
    /// issued. Throws `LogRefusal`, `LogFailure`, or `CancellationError` when the caller is cancelled: the entry may
    /// then be logged nevertheless.
    package func submit(
        precertificate: Certificate, chain: [Certificate]
    ) async throws -> SignedCertificateTimestamp {
        try await sequence(try admission.admit(precertificate, chain: chain), from: .ownAuthority)
    }

    package func submit(certificate: Certificate, chain: [Certificate]) async throws -> SignedCertificateTimestamp {
        try await sequence(try admission.admit(certificate: certificate, chain: chain), from: .ownAuthority)
    }

    /// Throws `LogFailure` when a stranger's submission would be refused now, before anybody has looked at it.
    func requireRoomForStrangers() throws(LogFailure) {
        do { try sequencer.requireRoomForStrangers() } catch { throw .notSequenced(error) }
    }

    /// Logs what was admitted, or finds the entry that is there already, and signs its timestamp.
    func sequence(
        _ admitted: ChainAdmission.Admitted, from source: SubmissionSource
    ) async throws -> SignedCertificateTimestamp {
        let entry: SequencedEntry
        do {
            entry = try await sequencer.submit(try Submission(admitted), from: source)
        } catch let failure as SubmissionFailure {
            throw LogFailure.notSequenced(failure)
        }
        do {
            return try await .signing(try MerkleTreeLeaf(parsing: entry.leafInput), with: key)
        } catch {
            throw LogFailure.notSigned(error)
        }
    }

    /// Checks that a timestamp of this log really is one for the final certificate, before that leaves (1.4.8).
    ///
    /// The leaf is built from the final certificate, so any drift between it and its precertificate shows here.
    package func verify(
        _ timestamp: SignedCertificateTimestamp, finalCertificate: Certificate, issuer: Certificate
    ) throws(IssuedCertificateMismatch) {
        try verify(timestamp, timestamp.leaf(embeddedIn: finalCertificate, issuer: issuer, isAlone: true))
    }

    package func verify(
        _ timestamp: SignedCertificateTimestamp, certificate: Certificate
    ) throws(IssuedCertificateMismatch) {
        try verify(timestamp, timestamp.leaf(certificate: certificate))
    }

    private func verify(
        _ timestamp: SignedCertificateTimestamp, _ leaf: MerkleTreeLeaf
    ) throws(IssuedCertificateMismatch) {
        guard timestamp.logID == parameters.logID else { throw .otherLog }
        guard let index = timestamp.leafIndex, index.value < reader.checkpoint.signedTreeHead.head.size.value else {
            throw .noLeafIndex
        }
        guard timestamp.isValid(for: leaf, key: publicKey) else { throw .signatureDoesNotVerify }
    }
}

extension Submission {
    /// The entry that what was admitted becomes; throws when it has no encoding.
    package init(_ admitted: ChainAdmission.Admitted) throws(TLSEncodingError) {
        let fingerprints = admitted.chain.map { SHA256Digest(hashing: $0) }
        self.init(identity: try admitted.entry.encoded(), attachments: admitted.chain) { index, timestamp in
            let leaf = MerkleTreeLeaf(
                timestamp: timestamp, entry: admitted.entry, extensions: LeafIndexExtension.encoded(index))
            let tileLeaf = TileLeaf(leaf: leaf, precertificate: admitted.precertificate, fingerprints: fingerprints)
            guard let tileLeaf else { throw TLSDecodingError.malformed("entry and precertificate do not fit") }
            return Record(bytes: try tileLeaf.encoded(), leafInput: try leaf.encoded())
        }
    }
}
