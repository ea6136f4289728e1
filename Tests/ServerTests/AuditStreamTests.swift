import Foundation
import Issuance
import Logging
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@testable import Server

@Suite struct AuditStreamTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func writer(_ path: String) throws -> AuditWriter {
        try AuditWriter(path, now: { now }, configuration: { "0123456789abcdef" })
    }

    private static func stream(_ path: String) throws -> AuditStream {
        AuditStream(
            try writer(path), namesSubjects: true, isRequired: true,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs `body` with the path of a file that is not there yet.
    private static func withPath(_ body: (String) async throws -> Void) async throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        try await body("\(base.path)/audit.jsonl")
    }

    private static func lines(_ path: String) throws -> [[UInt8]] {
        try PrivateFile.read(path, readers: .anyone).split(separator: 0x0A).map(Array.init)
    }

    private static func members(_ line: [UInt8]) throws -> [String: String] {
        let value = try JSONValue(parsing: line, limits: JSONLimits(byteCount: 65_536))
        return Dictionary((value.members ?? []).map { ($0.name, JSONText($0.value).string) }) { first, _ in first }
    }

    private static func problem(_ path: String) -> String? {
        do {
            _ = try AuditFileCheck.verify(path)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = try PrivateFile.read(path, readers: .anyone)
        body(&bytes)
        try Data(bytes).write(to: URL(filePath: path))
    }

    @Test("R-58: whether a stream could go to a path is found without making, changing or locking anything")
    func usable() async throws {
        try await Self.withPath { path in
            try AuditFile.requireUsable(path)
            #expect(!PrivateFile.exists(path))
            #expect(throws: FileError.self) { try AuditFile.requireUsable("\(path)/no/such") }
            let stream = try Self.stream(path)
            try await stream.append(AuditRecord(.started, reason: "r"))
            let before = try PrivateFile.read(path, readers: .anyone)
            try AuditFile.requireUsable(path)
            #expect(try PrivateFile.read(path, readers: .anyone) == before)
            await stream.close(AuditRecord(.stopped, reason: "r"))
            try Self.change(path) { $0[$0.count / 4] ^= 1 }
            #expect(throws: FileError.self) { try AuditFile.requireUsable(path) }
        }
    }

    @Test("R-57: each record names the hash of the one before it, also over a new start")
    func chain() async throws {
        try await Self.withPath { path in
            for decision in [AuditRecord.Decision.started, .stopped] {
                let stream = try Self.stream(path)
                try await stream.append(AuditRecord(decision, reason: "r"))
                await stream.close(AuditRecord(.refused, reason: "token-expired"))
            }
            let lines = try Self.lines(path)
            #expect(lines.count == 4)
            var previous = String(repeating: "0", count: 64)
            for (index, line) in lines.enumerated() {
                let members = try Self.members(line)
                #expect(members["previous"] == "\"\(previous)\"")
                #expect(members["sequence"] == "\(index + 1)")
                #expect(members["configuration"] == "\"0123456789abcdef\"")
                previous = SHA256Digest(hashing: line).hex
            }
            let verifier = try AuditFileCheck.verify(path)
            #expect(verifier.recordCount == 4 && verifier.digest == previous)
            #expect(PrivateFile.isReadableByOthers(path) == false)
        }
    }

    @Test("R-57: nothing that a request says can end a line, and long texts are cut")
    func hostileText() async throws {
        try await Self.withPath { path in
            let stream = try Self.stream(path)
            let hostile = "a\n{\"decision\":\"issued\"}\r\u{0}\u{7F}\u{85}\u{2028}\u{202E}"
            var record = AuditRecord(.refused, reason: hostile)
            record.add("subject", hostile + String(repeating: "\u{1}", count: 10_000))
            for index in 0..<8 { record.add("f\(index)", String(repeating: "\u{1}", count: 10_000)) }
            #expect(record.members.count == 10)
            try await stream.append(record)
            let lines = try Self.lines(path)
            #expect(lines.count == 1 && lines[0].count > 100_000)
            #expect(try AuditFileCheck.verify(path).recordCount == 1)
            #expect(!lines[0].contains { $0 < 0x20 || $0 == 0x7F })
            let text = String(decoding: lines[0], as: UTF8.self)
            #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{2028}" })
            #expect(text.contains("\\u0085") && text.contains("\\u202e") && text.contains("…"))
        }
    }

    @Test("R-57: a line that was changed, removed, put in or moved is found, with its number")
    func tampering() async throws {
        try await Self.withPath { path in
            let stream = try Self.stream(path)
            for index in 0..<20 { try await stream.append(AuditRecord(.refused, reason: "reason-\(index)")) }
            let good = try PrivateFile.read(path, readers: .anyone)
            let lines = try Self.lines(path)
            func check(_ lines: [[UInt8]], _ expected: String?) throws {
                try Self.change(path) { $0 = lines.flatMap { $0 + [0x0A] } }
                #expect(Self.problem(path) == expected)
            }
            try check(lines, nil)
            var changed = lines
            changed[4] = Array(String(decoding: lines[4], as: UTF8.self).replacing("reason-4", with: "reason-5").utf8)
            try check(changed, "line 6: it does not follow the line before it")
            try check(lines.filter { $0 != lines[10] }, "line 11: it does not follow the line before it")
            try check(Array(lines.dropFirst()), "line 1: what stood before it is missing")
            try check(lines + [lines[19]], "line 21: it does not follow the line before it")
            try check(lines + [Array("nonsense".utf8)], "line 21: not a record of an audit stream")
            try check([Array("{}".utf8)] + lines, "line 1: not a record of an audit stream")
            try Self.change(path) { $0 = Array(good.dropLast()) }
            #expect(Self.problem(path) == "line 20: it has no end: its writer was interrupted")
        }
    }

    @Test("R-57: after a crash in the middle of a line the chain goes on, and says so", arguments: 0...4)
    func torn(kind: Int) async throws {
        try await Self.withPath { path in
            let first = try Self.stream(path)
            try await first.append(AuditRecord(.started))
            await first.close(AuditRecord(.refused, reason: "r"))
            await #expect(throws: AuditStream.Unavailable.self) { try await first.append(AuditRecord(.started)) }
            let last = try #require(try Self.lines(path).last)
            try Self.change(path) { bytes in
                switch kind {
                case 0: bytes.removeLast(10)
                case 1: bytes.removeLast()
                case 2: bytes += Array("{\"sequence\":3,\"prev".utf8)
                case 3: bytes += [0, 0, 0x0A, 0, 0x0A, 0]
                default: bytes.removeAll { _ in true }
                }
                if kind == 4 { bytes = Array(last.prefix(7)) }
            }
            #expect(Self.problem(path) != nil)
            let second = try Self.stream(path)
            await second.close(AuditRecord(.started))
            let verifier = try AuditFileCheck.verify(path)
            #expect(verifier.tornCount == 1)
            #expect(verifier.recordCount == [3, 4, 4, 4, 2][kind])
            // And once more: the story of the interruption is itself a part of the chain.
            let third = try Self.stream(path)
            await third.close(AuditRecord(.stopped))
            #expect(try AuditFileCheck.verify(path).recordCount == verifier.recordCount + 1)
        }
    }

    @Test("R-57 R-43: an end that is no end of a chain, a second writer and a directory refuse the start")
    func refusedStart() async throws {
        try await Self.withPath { path in
            let stream = try Self.stream(path)
            #expect(throws: FileError.self, "another writer") { try Self.writer(path) }
            try await stream.append(AuditRecord(.started))
            try await stream.append(AuditRecord(.refused))
            let copy = path + "-copy"
            try Data(try PrivateFile.read(path, readers: .anyone)).write(to: URL(filePath: copy))
            try Self.change(copy) { $0.removeFirst(8) }
            #expect(throws: (any Error).self, "a changed first line") { try Self.writer(copy) }
            #expect(throws: FileError.self, "a directory") { try Self.writer(PrivateFile.parent(of: path)) }
            #expect(throws: FileError.self, "no directory") { try Self.writer("/nonexistent/audit") }
        }
    }

    @Test("R-57: a new file continues the numbers and names the last hash of the old one")
    func rotation() async throws {
        try await Self.withPath { path in
            let stream = try Self.stream(path)
            try await stream.append(AuditRecord(.started))
            try stream.reload()
            #expect(try Self.lines(path).count == 1)
            let old = try AuditFileCheck.verify(path)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            try await stream.append(AuditRecord(.refused, reason: "still in the old file"))
            try stream.reload()
            try await stream.append(AuditRecord(.refused, reason: "in the new file"))
            let moved = try AuditFileCheck.verify(path + ".1")
            #expect(moved.recordCount == 2 && old.recordCount == 1)
            let lines = try Self.lines(path)
            #expect(try AuditFileCheck.verify(path).recordCount == 2)
            let first = try Self.members(lines[0])
            #expect(first["continues"] == "\"\(moved.digest ?? "")\"")
            #expect(first["decision"] == "\"rotated\"" && first["sequence"] == "3")
            #expect(first["previous"] == "\"\(String(repeating: "0", count: 64))\"")
        }
    }

    @Test("R-57: a file that takes nothing fails whoever waits, and nobody for long")
    func full() async throws {
        let stream = try Self.stream("/dev/full")
        await #expect(throws: AuditStream.Unavailable.self) { try await stream.append(AuditRecord(.started)) }
        #expect(stream.isFailing)
        await #expect(throws: AuditStream.Unavailable.self) { try await stream.append(AuditRecord(.refused)) }
        #expect(stream.counts == AuditStream.Counts(written: 0, lost: 2))
    }

    @Test("R-57: what ends issuing is told without waiting, from a closed set of reasons")
    func halted() async throws {
        try await Self.withPath { path in
            let stream = try Self.stream(path)
            stream.note(.clockJumped)
            stream.note(.selfTestFailed(["ca", "log"]))
            stream.note(.logFrozen("the reason"))
            stream.note(.logEnded(CancellationError()))
            await stream.close(AuditRecord(.stopped))
            let found = try Self.lines(path).map(Self.members)
            #expect(found.map { $0["decision"] } == Array(repeating: "\"halted\"", count: 4) + ["\"stopped\""])
            #expect(
                found.compactMap { $0["reason"] } == [
                    "\"clock-jumped\"", "\"self-test-failed\"", "\"log-frozen\"", "\"log-failed\"",
                ])
            #expect(found[1]["what"] == "\"ca, log\"" && found[2]["what"]?.contains("the reason") == true)
            #expect(try AuditFileCheck.verify(path).recordCount == 5)
        }
        let full = try Self.stream("/dev/full")
        await #expect(throws: AuditStream.Unavailable.self) { try await full.append(AuditRecord(.started)) }
        full.note(.clockJumped)
        #expect(full.counts == AuditStream.Counts(written: 0, lost: 2))
    }

    @Test("R-57: records of many at once are one chain, and every one is written")
    func crowd() async throws {
        try await Self.withPath { path in
            let stream = try Self.stream(path)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<500 {
                    group.addTask { try await stream.append(AuditRecord(.refused, reason: "\(index)")) }
                }
                try await group.waitForAll()
            }
            #expect(try AuditFileCheck.verify(path).recordCount == 500)
            #expect(stream.counts == AuditStream.Counts(written: 500, lost: 0))
        }
    }
}
