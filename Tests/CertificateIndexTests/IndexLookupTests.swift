import Foundation
import GRDB
import OpenSSL
import Testing
import TransparencyLog

@testable import CertificateIndex

/// An index in a file of its own, which goes when this object goes.
final class TestIndex: Sendable {
    let directory: URL
    let identity: IndexDatabase.Identity

    var path: String { directory.appending(path: "log.sqlite-index").path }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "certificate-index-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        identity = IndexDatabase.Identity(
            origin: try #require(Origin("log.example.test/2026a")), logID: SHA256Digest(hashing: [1]))
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func create() async throws -> IndexDatabase { try await IndexDatabase.create(path, of: identity) }

    func open(isReadOnly: Bool = true) async throws -> IndexDatabase {
        try await IndexDatabase.open(path, of: identity, isReadOnly: isReadOnly)
    }
}

@Suite struct IndexLookupTests {
    /// The plan of a statement, in SQLite's words.
    private static func plan(_ sql: String, _ count: Int, in database: Database) throws -> [String] {
        let arguments = StatementArguments([1, 1, 1].prefix(count))
        return try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: arguments)
            .map { $0["detail"] as String }
    }

    @Test func `every look-up is one range of a key, without a sort`() async throws {
        let index = try TestIndex()
        let database = try await index.create()
        defer { database.close() }
        try await database.read { database in
            for (sql, count, table) in [
                (IndexSchema.Statement.newest, 2, "posting"), (IndexSchema.Statement.names, 3, "name"),
                (IndexSchema.Statement.namesFrom, 2, "name"),
            ] {
                let steps = try Self.plan(sql, count, in: database)
                #expect(steps.count == 1)
                #expect(steps.first?.hasPrefix("SEARCH \(table) USING PRIMARY KEY (") == true)
            }
        }
    }

    @Test func `alternatives and criteria agree with sets`() async throws {
        let index = try TestIndex()
        let database = try await index.create()
        defer { database.close() }
        let terms = (0..<6).map { IndexTerm.serial("\($0)") }
        // Entry n has term t when n is a multiple of t + 2.
        let has = { (entry: UInt64, term: Int) in entry.isMultiple(of: UInt64(term) + 2) }
        let rows = (0..<6).flatMap { term in
            (UInt64(0)..<500).filter { has($0, term) }.map { (terms[term].value, Int64(clamping: $0)) }
        }
        let writer = try DatabaseQueue(path: index.path)
        try await writer.write { database in
            for (term, entry) in rows {
                try database.execute(sql: "INSERT INTO posting VALUES (?, ?)", arguments: [term, entry])
            }
        }
        for criteria in [[[0]], [[0], [1]], [[3, 4]], [[0, 1], [3, 5], [2]], [[5], [5]], [[]], [[0], []]] {
            let expected = (UInt64(0)..<450).reversed().filter { entry in
                criteria.allSatisfy { $0.contains { has(entry, $0) } }
            }
            let lookup = IndexLookup(criteria: criteria.map { $0.map { terms[$0] } })
            var (found, bound) = ([UInt64](), UInt64(450))
            repeat {
                let before = bound
                let page = try await database.read { [bound] in
                    try lookup.candidates(below: bound, count: 7, in: $0)
                }
                #expect(page.indices.count <= 7 && page.bound < before)
                found += page.indices
                bound = page.bound
            } while bound > 0
            #expect(found == expected, "\(criteria)")
        }
    }

    @Test func `a beginning of too many names is left to the entries`() async throws {
        let index = try TestIndex()
        let database = try await index.create()
        defer { database.close() }
        let writer = try DatabaseQueue(path: index.path)
        try await writer.write { database in
            for number in 0..<(IndexLookup.maximumNameCount + 1) {
                let name = "user\(number)@example.com"
                try database.execute(
                    sql: "INSERT INTO name VALUES (?, ?)", arguments: [Data(name.utf8), IndexTerm.name(name).value])
            }
        }
        func lookup(_ prefix: String) async throws -> IndexLookup? {
            var query = CertificateQuery()
            query.namePrefix = prefix
            return try await database.read { [query] in try IndexLookup.of(query, in: $0) }
        }
        #expect(try await lookup("user") == nil)
        let some = try #require(try await lookup("user100"))
        let numbers = [100] + (1000...1009)
        #expect(Set(some.criteria[0]) == Set(numbers.map { IndexTerm.name("user\($0)@example.com") }))
        #expect(try await lookup("nobody")?.criteria == [[]])
    }

    @Test func `an index is refused by another log, and when it is damaged`() async throws {
        let index = try TestIndex()
        try await index.create().close()
        try await index.open().close()
        let other = IndexDatabase.Identity(origin: index.identity.origin, logID: SHA256Digest(hashing: [2]))
        await #expect(throws: IndexUnusable("it is another log's")) {
            _ = try await IndexDatabase.open(index.path, of: other, isReadOnly: true)
        }
        await #expect(throws: IndexUnusable.self) { _ = try await index.create() }
        try FileManager.default.removeItem(atPath: index.path)
        await #expect(throws: IndexUnusable("there is none")) { _ = try await index.open() }
        try Data(repeating: 7, count: 20_000).write(to: URL(filePath: index.path))
        await #expect(throws: IndexUnusable.self) { _ = try await index.open() }
    }
}
