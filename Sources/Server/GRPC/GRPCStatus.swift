internal import FulcioProtobuf
internal import HTTPTypes
internal import OpenSSL
internal import SwiftProtobuf

/// Status and trailers of a call (gRPC over HTTP/2, "Responses").
enum GRPCStatus {
    /// The trailers of a call that succeeded.
    static let success: HTTPFields = [name("grpc-status"): "0"]

    /// The fields that say why a call failed.
    ///
    /// The reason is the one that HTTP puts into `details`, as `google.rpc.Status` with one `google.rpc.ErrorInfo`.
    static func fields(_ status: APIStatus) -> HTTPFields {
        var fields: HTTPFields = [
            name("grpc-status"): String(status.code.rawValue),
            name("grpc-message"): PercentEncoding.encode(status.message.utf8),
        ]
        if let details = details(status) { fields[name("grpc-status-details-bin")] = details }
        return fields
    }

    /// A field name that is valid as it stands.
    static func name(_ name: String) -> HTTPField.Name {
        HTTPField.Name(name) ?? .trailer
    }

    /// Base64 without padding, as metadata wants it; nil without a reason.
    private static func details(_ status: APIStatus) -> String? {
        guard let reason = status.reason else { return nil }
        let info = Google_Rpc_ErrorInfo.with {
            $0.reason = reason.name
            $0.domain = APIStatus.Reason.domain
            $0.metadata = reason.facts
        }
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        guard let value: [UInt8] = try? info.serializedBytes(options: options) else { return nil }
        let all = Google_Rpc_Status.with {
            $0.code = Int32(truncatingIfNeeded: status.code.rawValue)
            $0.message = status.message
            $0.details = [
                Google_Protobuf_Any.with {
                    $0.typeURL = "type.googleapis.com/\(Google_Rpc_ErrorInfo.protoMessageName)"
                    $0.value = .init(value)
                }
            ]
        }
        guard let bytes: [UInt8] = try? all.serializedBytes(options: options) else { return nil }
        return String(Base64.encode(bytes).prefix { $0 != "=" })
    }
}
