internal import FulcioProtobuf
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import SwiftProtobuf

/// What a method sees of one call.
struct GRPCCall: Sendable {
    /// The metadata `oidcidentitytoken` if there is exactly one value; `authorization` is not looked at.
    let identityToken: String?

    /// Where the call came from, for records.
    let origin: RequestOrigin

    /// A logger that carries the call's identifier.
    let logger: Logger

    private let body: BodyReader
    private let received: @Sendable () -> Void

    /// A call whose message is not read yet; `received` is called once it is.
    ///
    /// `address` is that of the client, as far as it is known.
    init(
        _ request: Request, from address: String?, body: BodyReader, logger: Logger,
        received: @escaping @Sendable () -> Void
    ) {
        let tokens = request.headers[values: GRPCStatus.name("oidcidentitytoken")]
        identityToken = tokens.count == 1 ? tokens.first : nil
        self.body = body
        self.received = received
        var logger = logger
        origin = RequestOrigin(
            requestID: RequestID.of(HTTPField.Name.xRequestID.flatMap { request.headers[values: $0].first }),
            address: address, transport: .grpc)
        logger[metadataKey: "requestID"] = "\(origin.requestID)"
        self.logger = logger
    }

    /// Reads the one message and makes of it what the method needs, while the right to hold it lasts.
    ///
    /// A message of at most `freeByteCount` octets with its prefix is read under any load.
    func decoded<Input: Message, Value>(
        _ type: Input.Type, freeByteCount: Int = 0, _ value: (Input) throws(APIStatus) -> Value
    ) async throws(APIStatus) -> Value {
        do throws(APIStatus) {
            return try await body.decoded(freeByteCount: freeByteCount, checking: GRPCMessage.check) {
                octets throws(APIStatus) in
                let input: Input = try Self.parsed(try GRPCMessage.content(octets))
                received()
                return try value(input)
            }
        } catch {
            throw error == .bodyNotReadable ? APIStatus(.cancelled, "the call was cancelled") : error
        }
    }

    private static func parsed<Input: Message>(_ octets: [UInt8]) throws(APIStatus) -> Input {
        do {
            return try Input(serializedBytes: octets)
        } catch {
            throw APIStatus(
                .internalError, "grpc: failed to unmarshal the received message: not a \(Input.protoMessageName)")
        }
    }
}
