internal import OpenSSL
internal import StrictJSON

/// Posts chains to one log over HTTP and reads what comes back, within bounds.
final class SubmissionClient: Sendable {
    /// The most bytes of an answer that are read (SEC-02).
    private static let bodyLimit = 64 << 10

    /// The most bytes that are read of an answer with another status than 200: enough for our log.
    private static let refusalLimit = 256

    private let client: BoundedClient
    private let url: String
    private let host: String?

    /// Throws when TLS cannot use a root.
    init(_ settings: RemoteLogSettings) throws {
        (url, host) = (settings.url, settings.host)
        client = try BoundedClient(trustRoots: settings.trustRoots)
    }

    /// Closes all connections; nothing can be posted afterwards.
    func shutDown() async {
        await client.shutDown()
    }

    /// Posts a chain, leaf first, to one of the two endpoints, such as `add-chain`.
    ///
    /// Throws `RemoteLogFailure.Cause`, and `CancellationError` when the caller is cancelled.
    func post(_ chain: [Certificate], to endpoint: String, limit: Duration) async throws -> BoundedClient.Answer {
        let body = JSONText(["chain": .array(chain.map { .string(Base64.encode($0.der)) })])
        let fields = [("Content-Type", "application/json"), ("Accept", "application/json")]
        let request = BoundedClient.Request(
            url: "\(url)/ct/v1/\(endpoint)", body: Array(body.bytes),
            fields: (host.map { [("Host", $0)] } ?? []) + fields, limit: Self.bodyLimit,
            otherLimit: Self.refusalLimit)
        return try await client.answer(to: request, within: limit)
    }
}
