import Foundation
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

/// The vectors of `Vectors/merkle.json`.
enum Vectors {
    static func load(_ path: String...) throws -> JSONValue {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Vectors/merkle.json")
        let bytes = [UInt8](try Data(contentsOf: file))
        let limits = JSONLimits(byteCount: 1 << 20, nodeCount: 100_000)
        var value = try JSONValue(parsing: bytes, limits: limits)
        for name in path { value = try #require(value[name]) }
        return value
    }
}

extension JSONValue {
    func array(_ name: String) throws -> [JSONValue] { try #require(self[name]?.elements) }
    func text(_ name: String) throws -> String { try #require(self[name]?.string) }
    func number(_ name: String) throws -> UInt64 { UInt64(try #require(self[name]?.integer)) }
    func size(_ name: String) throws -> TreeSize { try #require(TreeSize(try number(name))) }
    func index(_ name: String) throws -> LeafIndex { try #require(LeafIndex(try number(name))) }
    func bytes(_ name: String) throws -> [UInt8] { try #require([UInt8](hexadecimal: try text(name))) }
    func digest(_ name: String) throws -> SHA256Digest { try #require(SHA256Digest(try bytes(name))) }
    func digests(_ name: String) throws -> [SHA256Digest] { try array(name).map { try $0.digest() } }

    func digest() throws -> SHA256Digest {
        let text = try #require(string)
        return try #require([UInt8](hexadecimal: text).flatMap { SHA256Digest($0) })
    }
}
