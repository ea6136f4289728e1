import Foundation
import FulcioProtobuf
import Issuance
@testable import Server
import SwiftProtobuf
import Testing

@Suite struct FulcioMessagesTests {
    private typealias Request = Dev_Sigstore_Fulcio_V2_CreateSigningCertificateRequest
    private typealias Legacy = Dev_Sigstore_Fulcio_V1beta_CreateSigningCertificateRequest

    private static let keyed = Request.with {
        $0.publicKeyRequest.publicKey.content = "k"
        $0.publicKeyRequest.proofOfPossession = Data([1])
    }

    private static func isMissing(_ request: IssuanceRequest) -> Bool {
        if case .missing = request.key { true } else { false }
    }

    @Test("API-12: the token of the message counts before that of the metadata")
    func tokens() throws {
        let withToken = Request.with { $0.credentials.oidcIdentityToken = "t" }
        #expect(try SigningRequest.decode(withToken, token: "m").token == Array("t".utf8))
        #expect(try SigningRequest.decode(Request(), token: "m").token == Array("m".utf8))
        let empty = Request.with { $0.credentials.oidcIdentityToken = "" }
        #expect(try SigningRequest.decode(empty, token: "m").token == Array("m".utf8))
        #expect(try SigningRequest.decode(Request(), token: nil).token.isEmpty)
    }

    @Test("POP-12: the last member on the wire counts, also when it is empty")
    func lastMember() throws {
        let keyed: [UInt8] = try Self.keyed.serializedBytes()
        let both = try Request(serializedBytes: keyed + [0x1A, 1, 7])
        guard case .certificateSigningRequest([7]) = try SigningRequest.decode(both, token: nil).key else {
            Issue.record("the request was sent last")
            return
        }
        #expect(Self.isMissing(try SigningRequest.decode(Request(serializedBytes: keyed + [0x1A, 0]), token: nil)))
        let keyLast = try Request(serializedBytes: [0x1A, 1, 7] + keyed)
        guard case .publicKey([107], proofOfPossession: [1]) = try SigningRequest.decode(keyLast, token: nil).key else {
            Issue.record("the key was sent last")
            return
        }
        #expect(Self.isMissing(try SigningRequest.decode(Request(), token: nil)))
    }

    @Test("POP-12: in the first version a request that is not empty counts")
    func legacy() throws {
        var message = Legacy.with { $0.publicKey.content = Data([1, 2]) }
        guard case .publicKey([1, 2], _) = try SigningRequest.decodeLegacy(message, token: nil).key else {
            Issue.record("the request is empty")
            return
        }
        message.certificateSigningRequest = Data([3])
        guard case .certificateSigningRequest([3]) = try SigningRequest.decodeLegacy(message, token: nil).key else {
            Issue.record("there is a request")
            return
        }
        #expect(Self.isMissing(try SigningRequest.decodeLegacy(Legacy(), token: "t")))
    }
}
