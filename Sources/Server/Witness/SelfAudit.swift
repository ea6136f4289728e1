internal import CertificateTransparency
internal import Logging
internal import OpenSSL
internal import ServiceLifecycle
internal import Synchronization
internal import TransparencyLog

/// Looks at our log as its clients see it: through the public URL, with whatever caches and replicas stand in between
/// (transparency-log 5.4.1, 5.4.2).
final class SelfAudit: Service {
    /// What a look found.
    enum Finding: String, CaseIterable, Sendable {
        /// The served head is ours and new, and the entries are in its tree.
        case good
        /// There was no answer, or not the one of a log.
        case unreachable
        /// The served head is older than one that was published long ago.
        case stale
        /// What is served is not our log.
        case contradicted
        /// Our own key has signed a head that is not one of this log: there are two histories.
        case forked
    }

    /// Between two looks, and how long a head may take through caches.
    private static let interval: Duration = .seconds(10)

    /// The longest between two looks at a log that does not change.
    private static let longestInterval: Duration = .seconds(60)

    /// The longest that one request may take.
    private static let limit: Duration = .seconds(5)

    /// How many of the last entries a look chooses from, and how many it takes besides the very last.
    private static let recentCount: UInt64 = 1000
    private static let sampleCount = 2

    private struct State {
        var counts: [Finding: UInt64] = [:]
        var last = Finding.good
    }

    private let log: LocalLog
    private let url: String
    private let client: BoundedClient
    private let isDraining: @Sendable () -> Bool
    private let logger: Logger
    private let report: @Sendable (AuditRecord) -> Void
    private let state = Mutex(State())

    /// Looks at the prefix `url`, which ends with a slash.
    ///
    /// `report` is told when a look finds something wrong that the one before did not. What a look finds once
    /// `isDraining` is true does not count: the listeners stop before the log does.
    init(
        _ log: LocalLog, url: String, client: BoundedClient, isDraining: @escaping @Sendable () -> Bool,
        logger: Logger, report: @escaping @Sendable (AuditRecord) -> Void
    ) {
        (self.log, self.url, self.client, self.logger, self.report) = (log, url, client, logger, report)
        self.isDraining = isDraining
    }

    /// How often a look found what, since the start.
    var counts: [Finding: UInt64] { state.withLock { $0.counts } }

    /// What the last look found; good before the first.
    var lastFinding: Finding { state.withLock { $0.last } }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var floor = log.reader.checkpoint
            var looked: (at: ContinuousClock.Instant, head: Checkpoint)?
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                let head = log.reader.checkpoint
                let isDue = looked.map { $0.head != head || $0.at.duration(to: .now) >= Self.longestInterval } ?? true
                if isDue, !Task.isCancelled, !isDraining() {
                    looked = (.now, head)
                    await look(notBefore: floor)
                }
                floor = head
            }
        }
    }

    /// Looks once; a served head that is older than `floor` is stale.
    private func look(notBefore floor: Checkpoint) async {
        var (finding, what) = (Finding.good, "")
        do {
            let served = try await servedCheckpoint()
            try await compare(served, floor)
            try await lookForEntries(below: served.text.size)
        } catch let problem as Problem {
            (finding, what) = (problem.finding, problem.what)
        } catch {
            (finding, what) = (.unreachable, "\(error)")
        }
        guard !Task.isCancelled, !isDraining() else { return }
        let wasSame = state.withLock { state in
            defer {
                state.counts[finding, default: 0] += 1
                state.last = finding
            }
            return state.last == finding
        }
        guard !wasSame else { return }
        await tell(finding, what)
    }

    private func tell(_ finding: Finding, _ what: String) async {
        guard finding != .good else {
            return logger.notice("the public URL of the log serves it rightly again", metadata: ["url": "\(url)"])
        }
        logger.error(
            "the public URL of the log does not serve it rightly",
            metadata: ["url": "\(url)", "finding": "\(finding.rawValue)", "what": "\(what)"])
        report(.selfAuditFailed(finding, what))
        if finding == .forked { await log.freeze(because: what) }
    }

    private struct Problem: Error {
        let finding: Finding
        let what: String
    }

    private func servedCheckpoint() async throws -> Checkpoint {
        let bytes = try await get("checkpoint", limit: SignedNote.maximumByteCount)
        do {
            return try Checkpoint(parsing: bytes, origin: log.parameters.origin, key: try PublicKey(log.parameters.key))
        } catch {
            throw Problem(finding: .contradicted, what: "what is served is no checkpoint of this log: \(error)")
        }
    }

    private func compare(_ served: Checkpoint, _ floor: Checkpoint) async throws {
        // Read after the answer, because a head is committed before anyone can serve it.
        let newest = log.reader.newestCommitted
        let size = served.text.size
        guard size <= newest.text.size else {
            throw Problem(
                finding: .forked,
                what:
                    "the public URL serves a head of size \(size.value) with a signature of the log's key, but the log"
                    + " ends at size \(newest.text.size.value)")
        }
        guard try await log.reader.committedRoot(ofSize: size) == served.text.root else {
            throw Problem(
                finding: .forked,
                what: "the public URL serves a head of size \(size.value) with a signature of the log's key and another"
                    + " root than the log's")
        }
        guard served.signedTreeHead.head.timestamp >= floor.signedTreeHead.head.timestamp else {
            throw Problem(
                finding: .stale,
                what: "the served head of size \(size.value) is older than one published more than"
                    + " \(Self.interval.components.seconds) seconds ago")
        }
    }

    /// Looks for the last entry and some recent ones in the tiles of the lowest level.
    private func lookForEntries(below size: TreeSize) async throws {
        guard size > .zero else { return }
        let recent = (size.value - min(size.value, Self.recentCount))..<size.value
        let others = (0..<Self.sampleCount).map { _ in UInt64.random(in: recent) }
        for number in Set([size.value - 1] + others) {
            let (first, place) = (number & ~255, Int(number & 255))
            let width = Int(min(UInt64(HashTile.width), size.value - first))
            guard let index = LeafIndex(number), let tile = Tile(.hashes(level: 0), index: first >> 8, width: width)
            else { continue }
            let served = HashTile.hash(at: place, in: try await get(tile.path, limit: HashTile.byteCount))
            guard served == (try await log.reader.leafHash(at: index)) else {
                throw Problem(
                    finding: .contradicted, what: "the tile that is served does not have the entry \(number)")
            }
        }
    }

    private func get(_ path: String, limit: Int) async throws -> [UInt8] {
        let request = BoundedClient.Request(url: url + path, fields: [], limit: limit, otherLimit: 256)
        let answer = try await client.answer(to: request, within: Self.limit)
        guard answer.status == 200 else {
            throw Problem(finding: .unreachable, what: "\(path) is answered with status \(answer.status)")
        }
        return answer.body
    }
}
