import FulcioProtobuf
import HTTPTypes
import OpenSSL
@testable import Server
import SwiftProtobuf
import Testing

@Suite struct GRPCStatusTests {
    @Test("R-22: a message is escaped as metadata needs it")
    func escapes() throws {
        let fields = GRPCStatus.fields(APIStatus(.invalidArgument, "100 % of \u{20AC}\n"))
        #expect(fields[GRPCStatus.name("grpc-message")] == "100 %25 of %E2%82%AC%0A")
        #expect(fields[GRPCStatus.name("grpc-status")] == "3")
        #expect(fields[GRPCStatus.name("grpc-status-details-bin")] == nil)
    }

    @Test("API-13: the reason is the one of the JSON details")
    func reason() throws {
        let reason = APIStatus.Reason(category: "token-expired", facts: ["expiredBySeconds": "7", "a": "b"])
        let fields = GRPCStatus.fields(APIStatus(.invalidArgument, "m", reason: reason))
        let text = try #require(fields[GRPCStatus.name("grpc-status-details-bin")])
        #expect(!text.contains("="))
        let octets = try #require(Base64.decodeEither(Array(text.utf8)))
        let status = try Google_Rpc_Status(serializedBytes: octets)
        #expect(status.code == 3 && status.message == "m" && status.details.count == 1)
        let detail = try #require(status.details.first)
        #expect(detail.typeURL == "type.googleapis.com/google.rpc.ErrorInfo")
        let info = try Google_Rpc_ErrorInfo(unpackingAny: detail)
        #expect(info.reason == "TOKEN_EXPIRED" && info.domain == "mintmark" && info.metadata == reason.facts)
    }
}
