internal import CertificateTransparency
package import OpenSSL
internal import TransparencyLog

/// Recomputes a log from what it shows to everybody, and compares it with what it showed before (transparency-log 5.4).
///
/// Reads the entries in order, 256 at a time and four such chunks ahead, so that memory does not grow with the log.
package struct RemoteAudit {
    /// After so many findings the audit ends: more would tell nobody anything new.
    package static let maximumFindingCount = 100

    /// How far a head may be ahead of our clock, in milliseconds.
    package static let clockTolerance: UInt64 = 60_000

    /// How far the audit is: entries read, of those to read.
    package typealias Progress = (_ position: UInt64, _ size: UInt64) -> Void

    private let client: LogClient
    private let previous: AuditState?
    private let isFull: Bool
    private let maximumAge: Duration?
    private let check: LoggedEntryCheck
    private var chains: ChainResolver
    private var peaks = Peaks()
    private var edge: TreeEdge?

    /// An audit that goes on from the state of the last run, if there is one of the same log.
    ///
    /// With `isFull` every entry is read anew. With `roots`, every entry must lead to one of them and be for code
    /// signing. The head may be `maximumAge` old, or by default what the log promises of itself and a minute.
    package init(
        _ client: LogClient, previous: AuditState?, roots: [Certificate], isFull: Bool, maximumAge: Duration? = nil
    ) {
        (self.client, self.previous, self.isFull, self.maximumAge) = (client, previous, isFull, maximumAge)
        let everything = Timestamp(milliseconds: 0)..<Timestamp(milliseconds: .max)
        let admission = roots.isEmpty ? nil : ChainAdmission(roots: roots, window: everything)
        check = LoggedEntryCheck(api: client.api, admission: admission)
        chains = ChainResolver(client)
    }

    /// Runs the audit to its end; throws `LogClientFailure` when the log does not give what an audit needs.
    package mutating func run(now: Timestamp, progress: Progress) async throws -> AuditReport {
        let head = try await client.head()
        var report = AuditReport(head: head, state: previous)
        guard judge(head, now, &report) else { return report }
        try await judgeAge(of: head.head, now, &report)
        try await begin(head.head, &report)
        let start = peaks.size.value
        let size = head.head.size.value
        if needsEntries(head.head) {
            try await readChunks(from: start, to: size, head.head) { audit, fetched in
                try await audit.take(fetched, head.head, now, &report)
                progress(audit.peaks.size.value - start, size - start)
                return report.findings.count < Self.maximumFindingCount
            }
            guard peaks.size == head.head.size else { return report }
        }
        try await finish(head, now, &report)
        return report
    }

    /// Nothing is read again when the tree is still that of the last run.
    private func needsEntries(_ head: TreeHead) -> Bool { peaks.size < head.size }

    // MARK: The head

    /// Compares the head with the clock and with the last one; false when the tree need not be looked at.
    ///
    /// A head that is merely old is what a slow replica or a cache serves: it is said, and proves nothing against the
    /// log (transparency-log 3.6.9).
    private func judge(_ found: LogHead, _ now: Timestamp, _ report: inout AuditReport) -> Bool {
        let head = found.head
        if now.adding(milliseconds: Self.clockTolerance) < head.timestamp {
            report.findings.append(AuditFinding("the head is from the future: \(head.text), and now is \(now.rfc3339)"))
        }
        guard let last = previous?.head.head, head != last else { return true }
        if let reason = Self.contradiction(head, last) {
            accuse(reason, found, now, &report)
            return false
        }
        guard head.timestamp < last.timestamp else { return true }
        report.findings.append(
            AuditFinding("the head is older than one that was seen before: before \(last.text); now \(head.text)"))
        return false
    }

    /// Why one log cannot have signed both of two different heads; nil when it can, in whatever order they are shown.
    private static func contradiction(_ head: TreeHead, _ last: TreeHead) -> String? {
        if head.size == last.size, head.root != last.root {
            "two heads of one size have different roots"
        } else if head.timestamp == last.timestamp {
            "two different heads have the same time"
        } else if head.size < last.size, head.timestamp > last.timestamp {
            "the head is smaller than an older one that was seen before"
        } else if head.size > last.size, head.timestamp < last.timestamp {
            "the head is larger than a newer one that was seen before"
        } else {
            nil
        }
    }

    /// Compares the age of the head with what was asked for, or else with what the log says of itself.
    private func judgeAge(of head: TreeHead, _ now: Timestamp, _ report: inout AuditReport) async throws {
        let (end, begin) = (Int64(clamping: now.milliseconds), Int64(clamping: head.timestamp.milliseconds))
        let age = Duration.milliseconds(end - begin)
        // No log promises less than what clocks may differ by; so most runs need not ask.
        let tolerance = Duration.milliseconds(Int64(Self.clockTolerance))
        guard age > maximumAge ?? tolerance else { return }
        let promise = try await client.promise()
        if let final = promise.finalHead, final.size == head.size, final.root == head.root { return }
        let limit = maximumAge ?? promise.maximumMergeDelay + tolerance
        guard age > limit else { return }
        report.findings.append(
            AuditFinding(
                "the head is \(age.components.seconds) s old, where \(limit.components.seconds) s are allowed: "
                    + "\(head.text)"))
    }

    private func accuse(_ reason: String, _ found: LogHead, _ now: Timestamp, _ report: inout AuditReport) {
        report.isContradictory = true
        guard let known = previous?.head else { return report.findings.append(AuditFinding(reason)) }
        report.findings.append(AuditFinding("\(reason): before \(known.head.text); now \(found.head.text)"))
        report.state?.keep(AuditState.Evidence(time: now, reason: reason, known: known, found: found.signed))
    }

    // MARK: The entries

    /// Takes up the tree where the last run left it, at the beginning of an unfinished tile.
    private mutating func begin(_ head: TreeHead, _ report: inout AuditReport) async throws {
        if let previous, !isFull {
            peaks = previous.head.head.size == head.size ? previous.peaks : previous.peaks.ofFullTiles
        }
        guard client.api == .tiles, needsEntries(head) else { return }
        var (tiles, hashes, level) = ([Int: [UInt8]](), peaks.size.value >> 8, 1)
        while hashes > 0 {
            if hashes & 255 > 0 {
                tiles[level] = try await client.hashTile(level: level, index: hashes >> 8, in: head.size)
            }
            (hashes, level) = (hashes >> 8, level + 1)
        }
        let found = tiles
        let start = try TreeEdge(size: peaks.size) { level, _ in found[level] ?? [] }
        guard start.root == peaks.root else {
            report.findings.append(
                AuditFinding(
                    "the tiles at the right edge of the first \(peaks.size.value) entries are not those of the tree "
                        + "that was seen before"))
            return
        }
        edge = start
    }

    private mutating func take(
        _ fetched: FetchedChunk, _ head: TreeHead, _ now: Timestamp, _ report: inout AuditReport
    ) async throws {
        let chunk = fetched.chunk
        var findings = chunk.findings
        var hashes = chunk.leafHashes
        if let tile = fetched.hashes {
            let served = HashTile.hashes(in: tile)
            for (offset, pair) in zip(hashes, served).enumerated() where pair.0 != pair.1 {
                let text = "its leaf hash is \(pair.0.hex), but its hash tile has \(pair.1.hex)"
                findings.append(AuditFinding(index: chunk.first + UInt64(offset), text))
            }
            // What cannot be read is in the tree all the same, as the log says.
            hashes += served.dropFirst(hashes.count)
        }
        for entry in chunk.entries {
            let (chain, problem) = try await chains.certificates(of: entry.chain)
            if let problem { findings.append(AuditFinding(index: entry.index, problem)) }
            findings += check.problems(of: entry, chain: chain, head: head).map { AuditFinding(index: entry.index, $0) }
        }
        report.entryCount += UInt64(chunk.entries.count)
        // By position; findings of one entry stay in their order.
        for index in Set(findings.map { $0.index ?? .max }).sorted() {
            report.findings += findings.filter { $0.index ?? .max == index }
        }
        try grow(by: hashes, now, &report)
        try await compareUpperTiles(above: hashes, head, &report)
        report.findings = Array(report.findings.prefix(Self.maximumFindingCount))
    }

    /// Adds leaves, and looks whether the tree passes through that of the last run.
    private mutating func grow(
        by hashes: [SHA256Digest], _ now: Timestamp, _ report: inout AuditReport
    ) throws(LogIsFull) {
        for hash in hashes {
            try peaks.append(hash)
            guard let previous, peaks.size == previous.head.head.size, peaks != previous.peaks else { continue }
            accuse("the entries below the last size are not those that were there before", report.head, now, &report)
        }
    }

    /// Compares each tile above level 0 that these leaves have finished with what the log has there.
    private mutating func compareUpperTiles(
        above hashes: [SHA256Digest], _ head: TreeHead, _ report: inout AuditReport
    ) async throws {
        let changed = try edge?.append(hashes) ?? []
        for tile in changed where tile.level > 0 && tile.bytes.count == HashTile.byteCount {
            try await compare(tile.bytes, level: tile.level, index: tile.index, head, &report)
        }
    }

    private func compare(
        _ bytes: [UInt8], level: Int, index: UInt64, _ head: TreeHead, _ report: inout AuditReport
    ) async throws {
        let served = try await client.hashTile(level: level, index: index, in: head.size)
        let pairs = zip(HashTile.hashes(in: bytes), HashTile.hashes(in: served)).enumerated()
        guard let (place, (computed, found)) = pairs.first(where: { $1.0 != $1.1 }) else { return }
        report.findings.append(
            AuditFinding(
                "hash \(place) of tile \(index) at level \(level) is \(found.hex), but the entries make "
                    + computed.hex))
    }

    // MARK: The end

    private mutating func finish(_ head: LogHead, _ now: Timestamp, _ report: inout AuditReport) async throws {
        for (level, bytes) in (edge?.levels ?? []).enumerated() where level > 0 && !bytes.isEmpty {
            let index = (head.head.size.value >> UInt64(8 * level)) >> 8
            try await compare(bytes, level: level, index: index, head.head, &report)
        }
        report.recomputedRoot = peaks.root
        guard peaks.root == head.head.root else {
            accuse(
                "the entries make the root \(peaks.root.hex), but the signed head has \(head.head.root.hex)", head, now,
                &report)
            return
        }
        if let previous {
            try await compareConsistency(previous, head.head, &report)
            guard !report.isContradictory else { return }
            report.consistentWith = previous.head.head
        }
        report.state = AuditState(
            origin: client.origin, key: client.key, head: head.signed, peaks: peaks,
            findingCount: (previous?.findingCount ?? 0) + report.findings.count, evidence: previous?.evidence ?? [])
    }

    private mutating func compareConsistency(
        _ previous: AuditState, _ head: TreeHead, _ report: inout AuditReport
    ) async throws {
        let last = previous.head.head
        guard last.size > .zero, last.size < head.size,
            let proof = try await client.consistencyProof(from: last.size, to: head.size)
        else { return }
        report.hasConsistencyProof = proof.isValid(from: last.size, root: last.root, to: head.size, root: head.root)
        guard !report.hasConsistencyProof else { return }
        report.findings.append(
            AuditFinding("the log's consistency proof from size \(last.size.value) to \(head.size.value) is wrong"))
    }

    // MARK: Reading ahead

    private struct FetchedChunk: Sendable {
        let chunk: EntryChunk
        let hashes: [UInt8]?
    }

    private static let chunksAhead: UInt64 = 4

    /// Hands out the chunks of a range in order until one is answered with false.
    private mutating func readChunks(
        from start: UInt64, to end: UInt64, _ head: TreeHead,
        _ body: (inout RemoteAudit, FetchedChunk) async throws -> Bool
    ) async throws {
        let width = UInt64(HashTile.width)
        var (asked, wanted) = (start, start)
        while wanted < end {
            let window = asked..<min(end, asked + Self.chunksAhead * width)
            asked = window.upperBound
            for chunk in try await fetch(window, head) {
                guard try await body(&self, chunk) else { return }
            }
            wanted = asked
        }
    }

    /// The chunks of a range that begins with a tile, all asked for at once, in order.
    private func fetch(_ window: Range<UInt64>, _ head: TreeHead) async throws -> [FetchedChunk] {
        let (client, width) = (client, UInt64(HashTile.width))
        return try await withThrowingTaskGroup(of: FetchedChunk.self) { group in
            for start in stride(from: window.lowerBound, to: window.upperBound, by: Int(width)) {
                group.addTask {
                    let range = start..<min(window.upperBound, start + width)
                    async let chunk = client.chunk(range, in: head.size)
                    guard client.api == .tiles else { return FetchedChunk(chunk: try await chunk, hashes: nil) }
                    let hashes = try await client.hashTile(level: 0, index: start >> 8, in: head.size)
                    return FetchedChunk(chunk: try await chunk, hashes: hashes)
                }
            }
            var chunks: [FetchedChunk] = []
            for try await chunk in group { chunks.append(chunk) }
            return chunks.sorted { $0.chunk.first < $1.chunk.first }
        }
    }
}
