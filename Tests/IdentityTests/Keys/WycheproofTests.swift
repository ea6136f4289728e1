import Identity
import StrictJSON
import TestVectors
import Testing

/// The vectors of Project Wycheproof for JSON Web Signatures.
@Suite(.enabled(if: Wycheproof.isAvailable, Comment(rawValue: Wycheproof.absence)))
struct WycheproofTests {
    private static func groups(_ name: String) throws -> [JSONValue] {
        let bytes = Array(try Wycheproof.file(named: name))
        let limits = JSONLimits(byteCount: 1 << 20, nodeCount: 1 << 20)
        return try #require(JSONValue(parsing: bytes, limits: limits)["testGroups"]?.elements)
    }

    private static func isVerified(_ token: String?, by keys: JSONWebKeySet) -> Bool {
        guard let token else { return false }  // JSON serialisation
        return (try? keys.verify(CompactJWS(Array(token.utf8)))) != nil
    }

    /// Whether our rules take a signature that the vectors call valid: nothing symmetric, no misspelt algorithm.
    private static func isWithinPolicy(_ key: JSONValue, _ token: String) -> Bool {
        let names = (key["keys"]?.elements ?? [key]).compactMap { $0["alg"]?.string }
        let isMAC = (try? CompactJWS(Array(token.utf8))) == nil
        return !isMAC && !names.contains("ES521")
    }

    @Test(
        "TOK-05 TOK-12 signatures are judged as the vectors say",
        arguments: [
            "json_web_signature", "json_web_crypto", "json_web_key",
        ])
    func signatures(file: String) throws {
        var verified = 0
        for group in try Self.groups(file) {
            let key = group["public"] ?? group["private"] ?? .null
            let keys = JSONWebKeySet(members: key["keys"]?.elements ?? [key])
            for test in group["tests"]?.elements ?? [] {
                let token = test["jws"]?.string
                let isValid = test["result"]?.string == "valid" && Self.isWithinPolicy(key, token ?? "")
                let isVerified = Self.isVerified(token, by: keys)
                verified += isVerified ? 1 : 0
                #expect(isVerified == isValid, "\(file) \(test["tcId"]?.integer ?? 0)")
            }
        }
        #expect(verified > 0)
    }

    @Test func `private and symmetric keys are never used`() throws {
        var count = 0
        for group in try Self.groups("json_web_signature") + Self.groups("json_web_key") {
            guard let key = group["private"] else { continue }
            let set = JSONWebKeySet(members: key["keys"]?.elements ?? [key])
            #expect(set.keys.isEmpty || (key["keys"]?.elements ?? []).contains { $0["d"] == nil && $0["k"] == nil })
            count += set.skipped[.secretPublished] ?? 0
        }
        #expect(count > 0)
    }

    @Test func `R-25 encrypted tokens are refused`() throws {
        var count = 0
        for group in try Self.groups("json_web_encryption") {
            for test in group["tests"]?.elements ?? [] {
                guard let token = test["jwe"]?.string else { continue }
                #expect(throws: TokenRefusal.self) { try CompactJWS(Array(token.utf8)) }
                count += 1
            }
        }
        #expect(count > 0)
    }
}
