import HTTPTypes
import Issuance
@testable import Server
import Testing

@Suite struct SigningRequestTests {
    private static func decode(_ text: String, authorization: String? = nil) throws -> IssuanceRequest {
        try SigningRequest.decode(Array(text.utf8), authorization: authorization)
    }

    private static func token(_ text: String, authorization: String? = nil) throws -> String {
        String(decoding: try decode(text, authorization: authorization).token, as: UTF8.self)
    }

    @Test(
        "API-10 API-11: the token of the body, else of the header after its scheme, else bare",
        arguments: [
            (#"{"credentials":{"oidcIdentityToken":"B"}}"#, "Bearer H", "B"), ("{}", "Bearer H", "H"),
            ("{}", "bearer  H ", "H "), ("{}", "BEARER H", "H"), ("{}", "H", "H"), ("{}", "Basic H", ""),
            ("{}", nil, ""), ("", "Bearer H", "H"), (#"{"credentials":{"oidcIdentityToken":""}}"#, "Bearer H", "H"),
            (#"{"credentials":null}"#, "Bearer H", "H"), (#"{"credentials":{}} garbage"#, "Bearer H", "H"),
        ] as [(String, String?, String)])
    func tokens(body: String, header: String?, expected: String) throws {
        #expect(try Self.token(body, authorization: header) == expected)
    }

    @Test("API-05 API-06 API-07: original names, unknown members, unknown enumeration names and nulls are taken")
    func leniency() throws {
        let request = try Self.decode(
            """
            {"credentials":{"oidc_identity_token":"T","x":1},"extra":[{}],"certificate_signing_request":null,
             "public_key_request":{"public_key":{"algorithm":"RSA","content":"K"},"proof_of_possession":"AQ"}}
            """)
        guard case .publicKey(let key, let proof) = request.key else { throw APIStatus.notFound }
        #expect(key == Array("K".utf8) && proof == [1])
    }

    @Test(
        "API-09 API-13: what is no request of this message is an invalid argument",
        arguments: [
            "null", "[]", "5", "{", #"{"credentials":5}"#, #"{"credentials":{"oidcIdentityToken":5}}"#,
            #"{"credentials":{},"credentials":{}}"#,
            #"{"credentials":{"oidcIdentityToken":"a","oidc_identity_token":"a"}}"#,
            #"{"publicKeyRequest":{},"certificateSigningRequest":""}"#,
            #"{"publicKeyRequest":{"proofOfPossession":"!!!"}}"#, #"{"certificateSigningRequest":"+_8="}"#,
            #"{"publicKeyRequest":{"publicKey":{"algorithm":1.5,"content":"x"}}}"#,
            #"{"publicKeyRequest":{"publicKey":{"algorithm":true,"content":"x"}}}"#,
            "\u{FEFF}{}", String(repeating: "[", count: 100_000),
        ])
    func malformed(body: String) {
        #expect {
            try Self.decode(body)
        } throws: { error in
            (error as? APIStatus)?.code == .invalidArgument
        }
    }

    @Test(
        "API-06: integral enumeration numbers are taken", arguments: ["2", "2.0", "99", #""ECDSA""#, #""unheard-of""#])
    func enumeration(value: String) throws {
        _ = try Self.decode(#"{"publicKeyRequest":{"publicKey":{"algorithm":\#(value),"content":"x"}}}"#)
    }

    @Test("POP-12: a request that is not empty wins, an empty one is none")
    func keys() throws {
        guard case .certificateSigningRequest = try Self.decode(#"{"certificateSigningRequest":"AQ=="}"#).key,
            case .missing = try Self.decode(#"{"certificateSigningRequest":""}"#).key,
            case .missing = try Self.decode(#"{"publicKeyRequest":{"publicKey":{}}}"#).key
        else {
            Issue.record("another key than was sent")
            return
        }
    }

    @Test("SEC-04: the message names no value of the request")
    func silence() throws {
        do {
            _ = try Self.decode(#"{"credentials":{"oidcIdentityToken":["secret-value"]}}"#)
            Issue.record("decoded")
        } catch let status as APIStatus {
            #expect(!status.message.contains("secret-value"))
        }
    }
}

@Suite struct EndpointTests {
    @Test(
        "API-15: paths are decoded once, an escaped slash separates nothing",
        arguments: [
            ("/api/v2/signingCert", "/api/v2/signingCert"), ("/api/v2/%73igningCert", "/api/v2/signingCert"),
            ("//api/v2/signingCert", "/api/v2/signingCert"), ("/api%2Fv2/x", "/api%2Fv2/x"), ("/a/", "/a/"),
            ("/a//b", "/a//b"), ("/%zz", nil), ("/%4", nil), ("/%FF", nil),
        ] as [(String, String?)])
    func paths(raw: String, decoded: String?) {
        #expect(EndpointResponder.decodedPath(raw) == decoded)
    }

    @Test("API-15 TL-41: a wrong method is 501 in the CA's API and 405 with Allow in the log's")
    func methods() {
        let api = Endpoint(.get) { _ in Answer(APIStatus.notFound) }
        #expect(api.refusal(of: .get) == nil)
        #expect(api.refusal(of: .head)?.status == .notImplemented)
        let log = Endpoint(.get, wrongMethod: .methodNotAllowed) { _ in Answer(APIStatus.notFound) }
        #expect(log.refusal(of: .head) == nil)
        #expect(log.refusal(of: .post)?.status == .methodNotAllowed)
        #expect(log.refusal(of: .post)?.headers[.allow] == "GET, HEAD, OPTIONS")
    }

    @Test(
        "TL-36 TL-37: numbers are digits below 2^63, once",
        arguments: [
            ("n=0", 0), ("n=007", 7), ("n=9223372036854775807", .max >> 1), ("n=9223372036854775808", nil),
            ("n=-1", nil),
            ("n=+1", nil), ("n=", nil), ("n", nil), ("m=1", nil), ("n=1&n=1", nil), ("n=1&m=2", 1), ("n=%31", 1),
            ("n=1a", nil),
        ] as [(String, UInt64?)])
    func numbers(query: String, expected: UInt64?) {
        #expect((try? QueryParameters(query).number("n")) == expected)
    }

    @Test("R-26: a limit lets in its number, and one more when one has left")
    func limit() throws {
        let limit = ConcurrencyLimit(2)
        let first = try #require(limit.enter())
        _ = try #require(limit.enter())
        #expect(limit.enter() == nil)
        first.leave()
        #expect(limit.enter() != nil)
    }
}
