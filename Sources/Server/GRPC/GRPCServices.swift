internal import FulcioProtobuf
internal import Identity
internal import Issuance
internal import OpenSSL
internal import SwiftProtobuf

/// The services: Fulcio's in both versions, and health (CA specification 1.1).
struct GRPCServices: Sendable {
    /// The longest question after health, in octets, that is answered under any load: it names one service.
    private static let healthByteCount = 1024

    let authority: CertificateAuthority
    let signing: SigningService

    /// Every method.
    var methods: [GRPCMethod] {
        let v2 = "dev.sigstore.fulcio.v2.CA"
        let v1 = "dev.sigstore.fulcio.v1beta.CA"
        let health = "grpc.health.v1.Health"
        return [
            GRPCMethod(service: v2, name: "CreateSigningCertificate", kind: .unary, answer: createSigningCertificate),
            GRPCMethod(service: v2, name: "GetTrustBundle", kind: .unary, answer: trustBundle),
            GRPCMethod(service: v2, name: "GetConfiguration", kind: .unary, answer: configuration),
            GRPCMethod(
                service: v1, name: "CreateSigningCertificate", kind: .unary, answer: createLegacySigningCertificate),
            GRPCMethod(service: v1, name: "GetRootCertificate", kind: .unary, answer: rootCertificate),
            GRPCMethod(service: health, name: "Check", kind: .unary, answer: check),
            GRPCMethod(service: health, name: "Watch", kind: .serverStream) { call throws(APIStatus) in
                try await Self.unimplemented(call, Grpc_Health_V1_HealthCheckRequest.self)
            },
            GRPCMethod(service: health, name: "List", kind: .unary) { call throws(APIStatus) in
                try await Self.unimplemented(call, Grpc_Health_V1_HealthListRequest.self)
            },
        ]
    }

    private func createSigningCertificate(_ call: GRPCCall) async throws(APIStatus) -> [UInt8] {
        let issued = try await issue(call, SigningRequest.decode)
        return try Self.bytes(Dev_Sigstore_Fulcio_V2_SigningCertificate(issued))
    }

    private func createLegacySigningCertificate(_ call: GRPCCall) async throws(APIStatus) -> [UInt8] {
        let issued = try await issue(call, SigningRequest.decodeLegacy)
        return try Self.bytes(Google_Api_HttpBody(pemChain: issued.pemChain))
    }

    /// Reads a request and issues; what could not be read is counted and logged as over HTTP.
    private func issue<Input: Message>(
        _ call: GRPCCall, _ decode: (Input, _ token: String?) throws(APIStatus) -> IssuanceRequest
    ) async throws(APIStatus) -> IssuedCertificate {
        let request: IssuanceRequest
        do throws(APIStatus) {
            request = try await call.decoded(Input.self) { input throws(APIStatus) in
                try signing.requireRoom()
                return try decode(input, call.identityToken)
            }
        } catch {
            throw await signing.refusedUnread(error, origin: call.origin, logger: call.logger)
        }
        return try await signing.issue(request, origin: call.origin, logger: call.logger)
    }

    private func trustBundle(_ call: GRPCCall) async throws(APIStatus) -> [UInt8] {
        try await call.decoded(Dev_Sigstore_Fulcio_V2_GetTrustBundleRequest.self) { _ throws(APIStatus) in }
        return try Self.bytes(Dev_Sigstore_Fulcio_V2_TrustBundle(authority.issuing.chain))
    }

    private func configuration(_ call: GRPCCall) async throws(APIStatus) -> [UInt8] {
        try await call.decoded(Dev_Sigstore_Fulcio_V2_GetConfigurationRequest.self) { _ throws(APIStatus) in }
        return try Self.bytes(Dev_Sigstore_Fulcio_V2_Configuration(authority.issuers.configuration))
    }

    private func rootCertificate(_ call: GRPCCall) async throws(APIStatus) -> [UInt8] {
        try await call.decoded(Google_Protobuf_Empty.self) { _ throws(APIStatus) in }
        return try Self.bytes(Google_Api_HttpBody(pemChain: authority.issuing.chain.pemBundle))
    }

    private func check(_ call: GRPCCall) async throws(APIStatus) -> [UInt8] {
        try await call.decoded(
            Grpc_Health_V1_HealthCheckRequest.self, freeByteCount: Self.healthByteCount
        ) { _ throws(APIStatus) in }
        return try Self.bytes(Grpc_Health_V1_HealthCheckResponse.with { $0.status = .serving })
    }

    private static func unimplemented<Input: Message>(
        _ call: GRPCCall, _ type: Input.Type
    ) async throws(APIStatus) -> [UInt8] {
        try await call.decoded(type) { _ throws(APIStatus) in }
        throw APIStatus(.unimplemented, "unimplemented")
    }

    private static func bytes(_ message: some Message) throws(APIStatus) -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            throw .internalError
        }
    }
}
