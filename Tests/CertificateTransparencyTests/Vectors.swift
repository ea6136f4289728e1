import Foundation
import OpenSSL
import StrictJSON
import Testing

/// The vectors of `Tests/TransparencyLogTests/Vectors/merkle.json`, part `ct`.
enum Vectors {
    static func load() throws -> JSONValue {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let bytes = [UInt8](try Data(contentsOf: tests.appending(path: "TransparencyLogTests/Vectors/merkle.json")))
        let limits = JSONLimits(byteCount: 1 << 20, nodeCount: 100_000)
        return try #require(try JSONValue(parsing: bytes, limits: limits)["ct"])
    }

    /// The log's key.
    static func logKey() throws -> PublicKey {
        try PublicKey(SubjectPublicKeyInfo(der: try load().object("log_key").base64("spki_der_b64")))
    }

    /// The certificates of the vectors' chain by the beginning of their names.
    static func certificate(_ name: String) throws -> Certificate {
        try Certificate(der: try load().object("chain").base64("\(name)_der_b64"))
    }
}

extension JSONValue {
    func object(_ name: String) throws -> JSONValue { try #require(self[name]) }
    func array(_ name: String) throws -> [JSONValue] { try #require(self[name]?.elements) }
    func text(_ name: String) throws -> String { try #require(self[name]?.string) }
    func number(_ name: String) throws -> UInt64 { UInt64(try #require(self[name]?.integer)) }
    func hex(_ name: String) throws -> [UInt8] { try #require([UInt8](hexadecimal: try text(name))) }
    func base64(_ name: String) throws -> [UInt8] { try #require(Base64.decodeStandard(Array(try text(name).utf8))) }
    func digest(_ name: String) throws -> SHA256Digest { try #require(SHA256Digest(try hex(name))) }

    func digests(_ name: String) throws -> [SHA256Digest] {
        let texts = try array(name).compactMap(\.string)
        return texts.compactMap { [UInt8](hexadecimal: $0) }.compactMap { SHA256Digest($0) }
    }
}
