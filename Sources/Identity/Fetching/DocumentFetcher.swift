import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import StrictJSON

/// Gets JSON documents of one issuer over HTTP.
///
/// Every fetch has its own client and its own connection, which leads to an address that was checked: the host is
/// resolved once, all its addresses must be allowed, and the connection is made to one of them while TLS still
/// verifies the host's name (reliability R-35). Fetches are rare, so nothing is gained by keeping connections.
struct DocumentFetcher: Sendable {
    private static let bodyLimit = 1 << 20
    private static let redirectLimit = 10
    private static let addressLimit = 4
    private static let connectLimit = TimeAmount.seconds(3)

    /// One document and where it came from.
    struct Document: Sendable {
        let value: JSONValue
        let addresses: [IPAddress]
    }

    private let trustRoots: [[UInt8]]
    private let limit: Duration
    private let resolver: HostResolver

    init(trustRoots: [[UInt8]], limit: Duration, resolver: HostResolver) {
        self.resolver = resolver
        self.trustRoots = trustRoots
        self.limit = limit
    }

    /// Fetches and reads one document, within the time limit from the first look-up to the last byte.
    ///
    /// Redirects are followed only on the same scheme, host and port, at most ten. Only status 200 without a content
    /// encoding counts, and at most 1 MiB of body is read.
    /// A bearer token is sent with the first request alone, never along a redirect.
    func fetch(
        _ address: HTTPAddress, policy: AddressPolicy, bearerToken: String? = nil
    ) async throws(FetchFailure) -> Document {
        try await withDeadline(limit) {
            do throws(FetchFailure) {
                let addresses = try await self.resolver.addresses(of: address.origin.host)
                guard policy.admits(addresses) else { throw .addressRefused }
                let body = try await self.body(of: address, at: addresses, bearerToken)
                return .success(Document(value: try Self.read(body), addresses: addresses))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func read(_ body: [UInt8]) throws(FetchFailure) -> JSONValue {
        do {
            return try JSONValue(parsing: body, limits: JSONLimits(byteCount: bodyLimit))
        } catch {
            throw .notJSON(error)
        }
    }

    private func body(
        of address: HTTPAddress, at candidates: [IPAddress], _ bearerToken: String?
    ) async throws(FetchFailure) -> [UInt8] {
        var last = FetchFailure.hostNotFound
        for candidate in candidates.prefix(Self.addressLimit) {
            do throws(FetchFailure) {
                return try await follow(address, at: candidate, bearerToken)
            } catch .unreachable(let cause) {
                last = .unreachable(cause)
            }
        }
        throw last
    }

    private func follow(
        _ start: HTTPAddress, at candidate: IPAddress, _ bearerToken: String?
    ) async throws(FetchFailure) -> [UInt8] {
        do {
            let configuration = try configuration(host: start.origin.host, connectingTo: candidate)
            return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                var address = start
                var token = bearerToken
                for _ in 0...Self.redirectLimit {
                    switch try await answer(to: address, from: client, token) {
                    case .body(let body): return body
                    case .redirect(let reference):
                        guard let next = address.resolving(reference), next.origin == start.origin else {
                            throw FetchFailure.redirectRefused
                        }
                        address = next
                        token = nil
                    }
                }
                throw FetchFailure.tooManyRedirects(limit: Self.redirectLimit)
            }
        } catch let failure as FetchFailure {
            throw failure
        } catch {
            throw .unreachable(Self.printable(error))
        }
    }

    /// The error's words, cut and without anything that could break a log line (reliability R-34).
    private static func printable(_ error: any Error) -> String {
        let text = String(describing: error).utf8.prefix(256).map {
            (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?")
        }
        return String(decoding: text, as: UTF8.self)
    }

    private enum Answer {
        case body([UInt8])
        case redirect(String)
    }

    private func answer(
        to address: HTTPAddress, from client: HTTPClient, _ bearerToken: String?
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: address.text)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        request.headers.add(name: "User-Agent", value: "mintmark")
        if let bearerToken { request.headers.add(name: "Authorization", value: "Bearer \(bearerToken)") }
        // `fetch` ends this by cancelling it: the client's own deadline would not cover the body.
        let response = try await client.execute(request, deadline: .distantFuture)
        if [301, 302, 303, 307, 308].contains(response.status.code) {
            guard let reference = response.headers.first(name: "Location") else { throw FetchFailure.redirectRefused }
            return .redirect(reference)
        }
        guard response.status == .ok else { throw FetchFailure.status(response.status.code) }
        guard response.headers["Content-Encoding"].isEmpty else { throw FetchFailure.contentEncoded }
        return .body(try await collect(response))
    }

    private func collect(_ response: HTTPClientResponse) async throws -> [UInt8] {
        let tooLarge = FetchFailure.bodyTooLarge(limit: Self.bodyLimit)
        if let announced = response.headers.first(name: "Content-Length") {
            guard let count = Int(announced), count <= Self.bodyLimit else { throw tooLarge }
        }
        var body: [UInt8] = []
        for try await part in response.body {
            guard body.count + part.readableBytes <= Self.bodyLimit else { throw tooLarge }
            body.append(contentsOf: part.readableBytesView)
        }
        return body
    }

    private func configuration(host: String, connectingTo address: IPAddress) throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        let roots = try trustRoots.map { try NIOSSLCertificate(bytes: $0, format: .der) }
        if !roots.isEmpty { tls.additionalTrustRoots = [.certificates(roots)] }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: Self.connectLimit),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        // The name stays in the request and in TLS; only the connection goes to the address that was checked.
        if IPAddress(text: host) == nil { configuration.dnsOverride = [host: address.text] }
        return configuration
    }
}
