internal import CertificateTransparency
internal import Logging
internal import OpenSSL
internal import Server
internal import TransparencyLog

/// What it took to append entries to a log: real batches, each with its signature, its commit and its guard file.
struct LogGrowth: Sendable {
    /// Entries that were appended.
    let count: UInt64
    /// Commits that they took.
    let batchCount: Int
    /// How long they took, in seconds.
    let seconds: Double
    /// What they took of this process's processor time, in seconds.
    let cpuSeconds: Double
    /// Octets of the records, one like the other but for numbers.
    let recordByteCount: Int
    /// Hashes of some of the leaves, evenly spread over what was appended.
    let leafHashes: [SHA256Digest]

    /// Submissions under way at a time: enough that the next batch is always full.
    private static let underWay = 2048

    /// About how many of the leaf hashes are kept.
    private static let sampleCount: UInt64 = 500

    /// Grows a log that nobody has open to `target` entries; it must have one already, which the others are like.
    static func run(
        _ directory: BenchDirectory, to target: UInt64, progress: ProgressLine
    ) async throws -> LogGrowth {
        let log = try StoredLog(directory.data, shard: nil)
        let key = try log.key(try directory.passphrase())
        let description = log.parameters.description
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let store = try await SQLiteLogStore.open(
            at: log.database, description: description, key: key, format: .certificateTransparency, now: .now(),
            logger: logger)
        let head = Checkpoint(origin: description.origin, signedTreeHead: store.initialState.signedTreeHead)
        let published = PublishedHead(head)
        let reader = LogReader(store: store, published: published, format: .certificateTransparency)
        let sequencer = Sequencer(
            store: store, description: description, key: key, format: .certificateTransparency, published: published,
            clock: Timestamp.now, logger: logger)
        async let running: Void = sequencer.run()
        let result: Result<LogGrowth, any Error>
        do {
            let entries = try SyntheticEntries(like: try await reader.page(from: 0, through: 0))
            let first = head.signedTreeHead.head.size.value
            result = .success(try await append(entries, first..<max(first, target), to: sequencer, progress))
        } catch {
            result = .failure(error)
        }
        sequencer.shutDown()
        try await running
        return try result.get()
    }

    private static func append(
        _ entries: SyntheticEntries, _ numbers: Range<UInt64>, to sequencer: Sequencer,
        _ progress: ProgressLine
    ) async throws -> LogGrowth {
        let cpu = ProcessUsage.own?.cpuSeconds ?? 0
        let start = ContinuousClock.now
        let stride = max(1, UInt64(numbers.count) / sampleCount)
        // Each batch has a time of its own, which all its entries share.
        var (times, samples, recordByteCount) = (Set<Timestamp>(), [SHA256Digest](), 0)
        var left = numbers
        try await withThrowingTaskGroup(of: SequencedEntry.self) { group in
            func addNext() {
                guard let number = left.popFirst() else { return }
                group.addTask { try await sequencer.submit(try entries.submission(number)) }
            }
            for _ in 0..<underWay { addNext() }
            var done: UInt64 = 0
            for try await entry in group {
                addNext()
                done += 1
                times.insert(entry.timestamp)
                recordByteCount = max(recordByteCount, entry.record.count)
                if entry.index.value.isMultiple(of: stride) {
                    samples.append(MerkleTree.leafHash(of: entry.leafInput))
                }
                progress.update(SQLiteStoreInspection.Progress(position: done, size: UInt64(numbers.count)))
            }
        }
        return LogGrowth(
            count: UInt64(numbers.count), batchCount: times.count, seconds: start.duration(to: .now).seconds,
            cpuSeconds: (ProcessUsage.own?.cpuSeconds ?? 0) - cpu, recordByteCount: recordByteCount,
            leafHashes: samples)
    }
}
