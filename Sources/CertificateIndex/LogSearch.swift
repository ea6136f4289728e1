internal import OpenSSL
internal import TransparencyLog

/// One query in one log, from some index down.
struct LogSearch: Sendable {
    /// What was found in one log.
    struct Found: Sendable {
        /// Certificates that meet the query, newest first.
        var certificates: [LoggedCertificate] = []
        /// Everything from this index on was searched; 0 when all was.
        var bound: UInt64
    }

    let log: SearchableLog
    let query: CertificateQuery
    let effort: SearchEffort

    /// The most entries that are read at once.
    private static let chunkCount = 256

    /// Searches entries below `bound` until there are enough, or until that has cost too much.
    ///
    /// `progress` is told the bound after each step; what it throws ends the search.
    func run(below bound: UInt64, progress: (UInt64) throws -> Void) async throws -> Found {
        let size = log.reader.checkpoint.signedTreeHead.head.size.value
        var found = Found(bound: min(bound, size))
        if let until = query.until { found.bound = min(found.bound, try await log.count(before: until, of: size)) }
        let lowest = if let since = query.since { try await log.count(before: since, of: size) } else { UInt64(0) }
        var looks = 0
        while found.bound > lowest, found.certificates.count < effort.limit, looks < effort.lookCount {
            let count = min(Self.chunkCount, effort.lookCount - looks, max(effort.limit - found.certificates.count, 16))
            let (indices, next) = try await candidates(below: found.bound, count: count)
            let wanted = indices.filter { $0 >= lowest }.compactMap { LeafIndex($0) }
            let read = wanted.isEmpty ? [] : try await log.certificates(at: wanted)
            // An answer ends at some number of octets, also of entries that do not count.
            found.bound = read.count < wanted.count ? wanted[read.count].value + 1 : next
            looks += max(read.count, 1)
            for entry in read where query.matches(entry) {
                found.certificates.append(entry)
                guard found.certificates.count == effort.limit else { continue }
                found.bound = entry.index.value
                break
            }
            try progress(found.bound)
        }
        if found.bound <= lowest { found.bound = 0 }
        return found
    }

    /// Entries that may meet the query, newest first, and the index from which on there are no others.
    private func candidates(below bound: UInt64, count: Int) async throws -> (indices: [UInt64], bound: UInt64) {
        let state = log.index.state
        if let database = state.database, bound <= state.size {
            do {
                let found = try await database.read { [query] database in
                    try IndexLookup.of(query, in: database)?.candidates(below: bound, count: count, in: database)
                }
                if let found { return (found.indices, found.bound) }
            } catch let finding as IndexUnusable {
                log.index.report(finding, in: database)
            }
        }
        // What is not in the index yet, and what it can say nothing to, is looked at entry by entry.
        let floor = bound > state.size ? state.size : 0
        let lowest = max(floor, bound > UInt64(count) ? bound - UInt64(count) : 0)
        return ((lowest..<bound).reversed(), lowest)
    }
}
