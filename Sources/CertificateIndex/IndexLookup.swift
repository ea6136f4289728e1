internal import FoundationEssentials
internal import GRDB

/// Candidates from an index, newest first: entries that have one of several terms, for each criterion of a query.
struct IndexLookup: Sendable {
    /// Entries that may meet a query, and how far the index was searched.
    struct Candidates: Hashable, Sendable {
        /// Their positions, newest first.
        let indices: [UInt64]
        /// Everything from here on was searched; 0 when all was.
        let bound: UInt64
    }

    /// The most different names that a beginning may lead to; with more the entries are looked at one by one.
    static let maximumNameCount = 1024

    /// The most looks into the index for one answer.
    static let maximumSeekCount = 20_000

    /// For each criterion the terms of which one must be there.
    let criteria: [[IndexTerm]]

    /// What the index can say to a query; nil when it can say nothing, so that every entry is a candidate.
    static func of(_ query: CertificateQuery, in database: Database) throws -> IndexLookup? {
        var criteria = query.alternatives
        if let prefix = query.namePrefix, let names = try names(beginning: prefix, in: database) {
            criteria.append(names)
        }
        return criteria.isEmpty ? nil : IndexLookup(criteria: criteria)
    }

    /// At most `count` candidates below `bound`.
    func candidates(below bound: UInt64, count: Int, in database: Database) throws -> Candidates {
        guard bound > 0 else { return Candidates(indices: [], bound: 0) }
        let statement = try database.cachedStatement(sql: IndexSchema.Statement.newest)
        var sources = criteria.map { Source(terms: $0) }
        var (found, position, seeks) = ([UInt64](), Int64(clamping: bound) - 1, 0)
        while found.count < count {
            guard seeks < Self.maximumSeekCount else {
                return Candidates(indices: found, bound: UInt64(clamping: position) + 1)
            }
            var lowest = position
            for place in sources.indices {
                guard let newest = try sources[place].newest(upTo: lowest, statement, &seeks) else {
                    return Candidates(indices: found, bound: 0)
                }
                lowest = newest
            }
            if lowest == position || sources.count == 1 {
                found.append(UInt64(clamping: lowest))
                lowest -= 1
            }
            guard lowest >= 0 else { return Candidates(indices: found, bound: 0) }
            position = lowest
        }
        return Candidates(indices: found, bound: UInt64(clamping: position) + 1)
    }

    /// The terms of the names that begin so; nil when there are more than are worth following.
    private static func names(beginning prefix: String, in database: Database) throws -> [IndexTerm]? {
        let first = Array(prefix.utf8.prefix(IndexSchema.nameByteCount))
        let limit = maximumNameCount + 1
        var end = first
        while end.last == 255 { end.removeLast() }
        let terms: [Int64]
        if let last = end.popLast() {
            terms = try Int64.fetchAll(
                database.cachedStatement(sql: IndexSchema.Statement.names),
                arguments: [Data(first), Data(end + [last + 1]), limit])
        } else {
            terms = try Int64.fetchAll(
                database.cachedStatement(sql: IndexSchema.Statement.namesFrom), arguments: [Data(first), limit])
        }
        return terms.count > maximumNameCount ? nil : terms.map { IndexTerm(stored: $0) }
    }

    /// The entries that have one of several terms.
    private struct Source {
        /// The newest entry of each term that was not passed yet; nil before the first look.
        private var heads: [(term: Int64, newest: Int64?)]

        init(terms: [IndexTerm]) {
            heads = terms.map { ($0.value, nil) }
        }

        /// The newest entry up to a position, which never grows from call to call; nil when there is none.
        mutating func newest(upTo position: Int64, _ statement: Statement, _ seeks: inout Int) throws -> Int64? {
            var best: Int64?
            for place in heads.indices {
                if heads[place].newest.map({ $0 > position }) ?? true {
                    seeks += 1
                    let found = try Int64.fetchOne(statement, arguments: [heads[place].term, position])
                    heads[place].newest = found ?? -1
                }
                if let newest = heads[place].newest, newest >= 0 { best = max(best ?? newest, newest) }
            }
            return best
        }
    }
}
