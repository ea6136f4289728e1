internal import CertificateTransparency
internal import HTTPTypes
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// The log's monitoring prefix (Static CT API, "Monitoring APIs"; transparency-log 2).
struct TileRoutes: Sendable {
    /// The path of the monitoring prefix, without a trailing slash.
    private let prefix: String
    private let reader: LogReader
    private let answers: MonitoringAnswers
    private let metadata: LogMetadata
    private let listed: @Sendable () -> [LogMetadata]
    private let limits: RequestLimits
    private let now: @Sendable () -> Timestamp
    private let dataTiles = DataTileCache()

    init(
        log: LocalLog, prefix: String, metadata: LogMetadata, limits: RequestLimits,
        now: @escaping @Sendable () -> Timestamp, listed: @escaping @Sendable () -> [LogMetadata]
    ) {
        self.listed = listed
        (self.prefix, self.metadata, self.limits, self.now) = (prefix, metadata, limits, now)
        (reader, answers) = (log.reader, MonitoringAnswers(log))
    }

    /// The endpoints by their path; those of tiles and issuers are for everything below.
    var endpoints: [String: Endpoint] {
        [
            "\(prefix)/checkpoint": .logRead { _ in checkpoint },
            "\(prefix)/tile/": .logRead(limit: limits.proofs) { try await hashTile($0) },
            "\(prefix)/tile/data/": .logRead(limit: limits.pages) { try await dataTile($0) },
            "\(prefix)/issuer/": .logRead(limit: limits.proofs) { try await issuer($0) },
            "\(prefix)/log.v3.json": description { metadata.log(now: $0) },
            "\(prefix)/loglist-rfc6962.json": description { LogMetadata.rfc6962List(listed(), now: $0) },
            "\(prefix)/loglist-tiled.json": description { LogMetadata.tiledList(listed(), now: $0) },
            "\(prefix)/sigstore-ctlog.json": description { _ in metadata.trustedRootEntry },
        ]
    }

    private var checkpoint: Answer {
        Answer(type: "text/plain; charset=utf-8", body: answers.checkpoint, cacheControl: "no-store")
    }

    private func hashTile(_ request: EndpointRequest) async throws -> Answer {
        guard let tile = Tile(path: below(request.path)), case .hashes = tile.content else {
            throw LogReader.Refusal.tileBeyondHead
        }
        return Self.unchanging(type: "application/octet-stream", try await reader.bytes(of: tile))
    }

    private func dataTile(_ request: EndpointRequest) async throws -> Answer {
        guard let tile = Tile(path: below(request.path)), tile.content == .data else {
            throw LogReader.Refusal.tileBeyondHead
        }
        var answer: Answer
        if ContentCoding.demandsIdentity(request.acceptEncoding) {
            answer = Self.unchanging(type: "application/octet-stream", try await reader.bytes(of: tile))
        } else {
            answer = try await dataTiles.answer(for: tile) {
                ContentCoding.compressed(
                    Self.unchanging(type: "application/octet-stream", try await reader.bytes(of: tile)))
            }
        }
        answer.headers[.vary] = "Accept-Encoding"
        return answer
    }

    private func issuer(_ request: EndpointRequest) async throws -> Answer {
        let name = below(request.path).dropFirst("issuer/".count)
        guard let bytes = [UInt8](hexadecimal: String(name)), let digest = SHA256Digest(bytes), digest.hex == name,
            let der = try await reader.attachment(digest)
        else { return .text(.notFound, "no such issuer") }
        return Self.unchanging(type: "application/pkix-cert", der)
    }

    /// An answer about the log itself, without a validator: one client takes an unchanged list for a stale one (5.2).
    private func description(_ value: @escaping @Sendable (Timestamp) -> JSONValue) -> Endpoint {
        .logRead { request in
            ContentCoding.negotiated(
                Answer(json: JSONText(value(now())), cacheControl: "no-cache"), accepted: request.acceptEncoding)
        }
    }

    /// The path below the prefix, which the endpoint's own path has.
    private func below(_ path: String) -> String {
        String(path.dropFirst(prefix.count + 1))
    }

    private static func unchanging(type: String, _ body: [UInt8]) -> Answer {
        Answer(type: type, body: body, cacheControl: "public, max-age=604800, immutable")
    }
}
