internal import AsyncHTTPClient
internal import CertificateTransparency
internal import NIOCore
internal import NIOHTTP1
internal import StrictJSON

/// Asks HTTP servers for small documents.
struct JSONClient: Sendable {
    /// An answer that is no success, with what the server said about it.
    struct UnexpectedAnswer: Error, CustomStringConvertible {
        let description: String
    }

    /// The longest answer that is read, in octets.
    private static let maximumByteCount = 1 << 20

    private let client: HTTPClient

    init(_ client: HTTPClient) {
        self.client = client
    }

    /// The body of a GET; throws unless the status is 200.
    func get(_ url: String) async throws -> [UInt8] {
        try await send(HTTPClientRequest(url: url))
    }

    /// The JSON of a GET.
    func getJSON(_ url: String) async throws -> JSONValue {
        try Self.parse(try await get(url))
    }

    /// The JSON that a POST of JSON is answered with.
    func postJSON(_ url: String, _ body: JSONValue) async throws -> JSONValue {
        try Self.parse(try await post(url, ByteBuffer(bytes: JSONText(body).bytes)))
    }

    /// The body that a POST of JSON is answered with; throws unless the status is 200 or 201.
    @discardableResult
    func post(_ url: String, _ json: ByteBuffer) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(json)
        return try await send(request)
    }

    private func send(_ request: HTTPClientRequest) async throws -> [UInt8] {
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: .seconds(30))
        } catch {
            try Task.checkCancellation()
            throw UnexpectedAnswer(description: NetworkErrorText.describing(error, url: request.url))
        }
        let body = try await response.body.collect(upTo: Self.maximumByteCount)
        guard response.status == .ok || response.status == .created else {
            let text = String(decoding: body.readableBytesView.prefix(512), as: UTF8.self)
            throw UnexpectedAnswer(description: "\(request.url) answered \(response.status.code): \(text)")
        }
        return Array(body.readableBytesView)
    }

    private static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        try JSONValue(parsing: bytes, limits: JSONLimits(byteCount: maximumByteCount))
    }
}
