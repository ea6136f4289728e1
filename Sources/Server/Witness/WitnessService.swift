internal import CertificateTransparency
internal import ServiceLifecycle
internal import TransparencyLog

/// Asks the witnesses of one log while the server runs.
struct WitnessService: Service {
    /// The longest that one request may take.
    private static let limit: Duration = .seconds(2)

    /// The most bytes of an answer with another status than 200: a size, or a word about what is wrong.
    private static let refusalLimit = 4096

    let witnessing: Witnessing

    func run() async throws {
        await cancelWhenGracefulShutdown { [witnessing] in await witnessing.run() }
    }

    /// How witnesses are reached.
    static func transport(_ client: BoundedClient) -> Witnessing.Transport {
        { url, body in
            let request = BoundedClient.Request(
                url: url, body: body, fields: [("Content-Type", "text/plain; charset=utf-8")],
                limit: AddCheckpoint.maximumAnswerByteCount, otherLimit: refusalLimit)
            let answer = try await client.answer(to: request, within: limit)
            return AddCheckpoint.Reply(status: answer.status, contentType: answer.contentType, body: answer.body)
        }
    }
}

/// Keeps the connections to witnesses and to ourselves until those who ask have stopped.
struct ClientService: Service {
    let client: BoundedClient

    func run() async throws {
        try? await gracefulShutdown()
        await client.shutDown()
    }
}
