internal import CertificateTransparency
internal import OpenSSL
internal import StrictJSON

/// Searches over the audit listener of a server.
struct RemoteSearch: SearchSource {
    private let client: BoundedClient
    private let base: String
    private let token: String?
    private let parameters: [(name: String, value: String)]

    /// The longest answer that is read, in octets: more than any page of ours.
    private static let maximumByteCount = 16 << 20

    /// The longest that one page may take.
    private static let limit: Duration = .seconds(60)

    /// A search at the URL of a listener; `token` is presented if there is one.
    ///
    /// Throws when TLS cannot be used.
    init(url: String, token: String?, parameters: [(name: String, value: String)]) throws {
        client = try BoundedClient()
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        (self.token, self.parameters) = (token, parameters)
    }

    func page(limit: Int, cursor: String?) async throws -> SearchAnswer {
        let all = parameters + [("limit", String(limit))] + (cursor.map { [("cursor", $0)] } ?? [])
        let query = all.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
        let request = BoundedClient.Request(
            url: "\(base)/api/v1/certificates?\(query)",
            fields: token.map { [("Authorization", "Bearer \($0)")] } ?? [], limit: Self.maximumByteCount,
            otherLimit: 64 << 10)
        let answer = try await client.answer(to: request, within: Self.limit)
        let value = try? JSONValue(
            parsing: answer.body, limits: JSONLimits(byteCount: Self.maximumByteCount, nodeCount: 1_000_000))
        guard answer.status == 200 else {
            let reason = value?["message"]?.string ?? "no reason"
            throw JSONClient.UnexpectedAnswer(description: "\(base) answered \(answer.status): \(reason)")
        }
        guard let value, let certificates = value["certificates"]?.elements else {
            throw JSONClient.UnexpectedAnswer(description: "\(base) answered with something else than certificates")
        }
        return SearchAnswer(certificates: certificates, next: value["nextCursor"]?.string)
    }

    func close() async { await client.shutDown() }

    /// The text with all octets escaped but those that mean nothing anywhere in a URI (RFC 3986 §2.3).
    private static func escaped(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { octet in
            plain.contains(octet) ? String(decoding: [octet], as: UTF8.self) : "%\([octet].hexadecimal.uppercased())"
        }
        .joined()
    }
}
