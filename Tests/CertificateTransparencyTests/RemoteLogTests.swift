import Logging
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@testable import CertificateTransparency

@Suite struct RemoteLogTests {
    private static let second = Duration.seconds(1)

    @Test("SCT-06: the waits of our own choosing double, and a request can try more than once within its budget")
    func doubling() {
        var backoff = SubmissionBackoff(budget: .seconds(25))
        var now = ContinuousClock.now
        for wait in [1, 2, 4, 8, 8] {
            backoff.failed(at: now, retryAfter: nil)
            #expect(backoff.notBefore == now + .seconds(wait))
            now += .seconds(wait)
        }
        backoff.succeeded()
        backoff.failed(at: now, retryAfter: nil)
        #expect(backoff.notBefore == now + Self.second)
        var short = SubmissionBackoff(budget: .milliseconds(1500))
        short.failed(at: now, retryAfter: nil)
        #expect(short.notBefore == now + .milliseconds(500))
    }

    @Test("SCT-06: failures of requests that were under way together count once")
    func together() {
        var backoff = SubmissionBackoff(budget: .seconds(25))
        let now = ContinuousClock.now
        for _ in 0..<5 { backoff.failed(at: now, retryAfter: nil) }
        #expect(backoff.notBefore == now + Self.second)
    }

    @Test("SCT-06: a time that the log names counts, within bounds, and never shortens another")
    func named() {
        var backoff = SubmissionBackoff(budget: .seconds(25))
        let now = ContinuousClock.now
        backoff.failed(at: now, retryAfter: .zero)
        #expect(backoff.notBefore == now + Self.second)
        backoff.failed(at: now, retryAfter: .seconds(1_000_000))
        #expect(backoff.notBefore == now + .seconds(128))
        backoff.failed(at: now, retryAfter: .seconds(5))
        backoff.succeeded()
        #expect(backoff.notBefore == now + .seconds(128))
    }

    @Test(
        "Retry-After is seconds or a date",
        arguments: [
            ("0", 0), ("7", 7), ("99999999999999999999", 128), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Fri, 15 Jan 2027 08:00:10 GMT", 10), ("", nil), ("-1", nil), ("1.5", nil), (" 1", nil), ("soon", nil),
            ("Friday, 15-Jan-27 08:00:10 GMT", nil), ("Fri, 31 Feb 2027 08:00:10 GMT", nil),
            ("Fri, 15 Jan 2027 24:00:10 GMT", nil), ("Fri, 15 Jan 2027 08:00:10 UTC", nil),
            ("Fri, 15 Jan 1927 08:00:10 GMT", nil),
        ] as [(String, Int?)])
    func retryAfter(field: String, seconds: Int?) {
        let now = Timestamp(seconds: 1_800_000_000)  // 2027-01-15T08:00:00Z
        #expect(SubmissionBackoff.retryAfter(field, now: now) == seconds.map { .seconds($0) })
    }

    @Test("SEC-04: what a log answered is cut and escaped")
    func escaped() {
        let failure = RemoteLogFailure(.status(500), log: "log", answer: Array("a\\b\r\n\u{1B}ü".utf8))
        #expect(failure.answer == #"a\x5cb\x0d\x0a\x1b\xc3\xbc"#)
        #expect(RemoteLogFailure(.timedOut, log: "log", answer: Array(repeating: 1, count: 9999)).answer?.count == 256)
        #expect(RemoteLogFailure(.timedOut, log: "log", answer: []).answer == nil)
        #expect(failure.description == "log: the answer has status 500")
    }

    @Test("SCT-06 R-42: how long submissions have failed is known, from the first failure to the newest")
    func failingFor() async throws {
        let authority = try TestAuthority()
        // Nobody listens on port 1 of this machine.
        let settings = RemoteLogSettings(
            url: "http://127.0.0.1:1", host: nil, key: nil, trustRoots: [], budget: .milliseconds(30))
        let log = try RemoteLog(
            settings, clock: { TestAuthority.start }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(log.failingFor == nil)
        for isFirst in [true, false] {
            await #expect(throws: RemoteLogFailure.self) {
                try await log.submit(precertificate: try authority.precertificate(), chain: authority.chain)
            }
            #expect(log.failingFor.map { isFirst ? $0 == .zero : $0 > .zero } == true)
        }
        await log.shutDown()
    }

    @Test("API-04: the JSON of a timestamp has one spelling and is read back, RSA signatures too")
    func json() throws {
        for algorithm in [DigitallySigned.Algorithm.ecdsa, .rsa] {
            let timestamp = SignedCertificateTimestamp(
                logID: SHA256Digest(hashing: [1]), timestamp: Timestamp(milliseconds: 1_800_000_000_123),
                extensions: [0, 0, 5, 0, 0, 0, 0, 7],
                signature: try #require(DigitallySigned(signature: [1, 2, 3], algorithm: algorithm)))
            let value = try JSONValue(parsing: timestamp.json.bytes, limits: JSONLimits(byteCount: 1000))
            #expect(value.members?.map(\.name) == ["sct_version", "id", "timestamp", "extensions", "signature"])
            #expect(try SignedCertificateTimestamp(json: value) == timestamp)
            #expect(try SignedCertificateTimestamp(parsing: timestamp.encoded()) == timestamp)
        }
    }

    @Test("SCT-10: a log's key is one PEM block with nothing after it")
    func key() throws {
        let info = try PrivateKey.generate(.ellipticCurve(.p256)).publicKey.subjectPublicKeyInfo
        let pem = PEM.encode(label: "PUBLIC KEY", info.der)
        for text in [pem, String(pem.dropLast()), pem.replacing("\n", with: "\r\n")] {
            #expect(try RemoteLogKey.read(pem: Array(text.utf8)).subjectPublicKeyInfo == info)
        }
        for text in [pem + "\n", pem + " ", pem + pem, pem.dropLast() + "-----\n", ""] {
            #expect(throws: RemoteLogKey.Refusal.self) { try RemoteLogKey.read(pem: Array(text.utf8)) }
        }
    }

    @Test("an ECDSA key verifies nothing that is said to be RSA")
    func algorithmOfTheKey() throws {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        let signature = try key.signature(over: [1], scheme: .ecdsa(.sha256))
        #expect(try #require(DigitallySigned(signature: signature)).isValid(over: [1], key: key.publicKey))
        let mislabelled = try #require(DigitallySigned(signature: signature, algorithm: .rsa))
        #expect(!mislabelled.isValid(over: [1], key: key.publicKey))
    }
}
