internal import CertificateTransparency
internal import HTTPTypes
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// The log's read endpoints of RFC 6962 §4, below its submission prefix (transparency-log 1.3).
struct LogRoutes: Sendable {
    /// The path of the submission prefix, without a trailing slash.
    private let prefix: String
    private let answers: MonitoringAnswers
    private let limits: RequestLimits
    private let rates: SourceRates?

    /// The endpoints of a log, whose proofs and pages each address may ask for at some rate; nil for no rate.
    init(log: LocalLog, prefix: String, limits: RequestLimits, rates: SourceRates? = nil) {
        self.prefix = prefix
        self.limits = limits
        self.rates = rates
        answers = MonitoringAnswers(log)
    }

    /// The endpoints by their path.
    var endpoints: [String: Endpoint] {
        let reads: [(String, ConcurrencyLimit?, @Sendable (EndpointRequest) async throws -> Answer)] = [
            ("get-sth", nil, { _ in Self.json(answers.signedTreeHead, cacheControl: "no-store") }),
            ("get-sth-consistency", limits.proofs, { try await consistencyProof($0) }),
            ("get-proof-by-hash", limits.proofs, { try await inclusionProof($0) }),
            ("get-entries", limits.pages, { try await entries($0) }),
            ("get-roots", nil, { _ in Self.json(answers.acceptedRoots, cacheControl: "public, max-age=3600") }),
            ("get-entry-and-proof", limits.proofs, { try await entryAndProof($0) }),
        ]
        let pairs = reads.map { name, limit, read in
            (
                "\(prefix)/ct/v1/\(name)",
                // What has a limit of its own costs something: such reads are rated by address too (4.4.2).
                Endpoint.logRead(limit: limit, rates: limit == nil ? nil : rates) { request in
                    ContentCoding.negotiated(try await read(request), accepted: request.acceptEncoding)
                }
            )
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private func consistencyProof(_ request: EndpointRequest) async throws -> Answer {
        let query = try QueryParameters(request.query)
        let (first, second) = (try query.number("first"), try query.number("second"))
        do {
            let proof = try await answers.consistencyProof(from: first, to: second)
            return Self.json(proof, cacheControl: Self.unchanging)
        } catch LogReader.Refusal.treeSizeBeyondHead {
            return .text(.badRequest, "second is beyond the published tree size")
        }
    }

    private func inclusionProof(_ request: EndpointRequest) async throws -> Answer {
        let query = try QueryParameters(request.query)
        // A plus sign that nobody escaped arrives as itself; one that was taken for a blank is meant as a plus.
        let text = try query.text("hash").map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }
        let size = try query.number("tree_size")
        guard let hash = Base64.decodeStandard(text).flatMap({ SHA256Digest($0) }) else {
            throw QueryParameters.Malformed(name: "hash", expected: "the base64 of 32 octets")
        }
        return Self.json(
            try await answers.inclusionProof(ofLeafHash: hash, treeSize: size), cacheControl: Self.unchanging)
    }

    private func entries(_ request: EndpointRequest) async throws -> Answer {
        let query = try QueryParameters(request.query)
        let (start, end) = (try query.number("start"), try query.number("end"))
        let page = try await answers.entries(from: start, through: end)
        let count = UInt64(page["entries"]?.elements?.count ?? 0)
        // What was cut at the end of the tree grows within seconds; a full range never changes.
        let isWhole = end - start < count
        return Self.json(page, cacheControl: isWhole ? Self.unchanging : "public, max-age=5")
    }

    private func entryAndProof(_ request: EndpointRequest) async throws -> Answer {
        let query = try QueryParameters(request.query)
        let (index, size) = (try query.number("leaf_index"), try query.number("tree_size"))
        return Self.json(
            try await answers.entryAndProof(at: index, treeSize: size), cacheControl: Self.unchanging)
    }

    private static let unchanging = "public, max-age=86400"

    private static func json(_ value: JSONValue, cacheControl: String) -> Answer {
        Answer(json: JSONText(value), cacheControl: cacheControl)
    }
}

extension Endpoint {
    /// A read of the log: for everybody, browsers included (transparency-log 1.3.1).
    static func logRead(
        limit: ConcurrencyLimit? = nil, rates: SourceRates? = nil,
        _ read: @escaping @Sendable (EndpointRequest) async throws -> Answer
    ) -> Endpoint {
        Endpoint(.get, wrongMethod: .methodNotAllowed, limit: limit) { request in
            var answer: Answer
            if let seconds = rates?.take(for: request.origin.address) {
                answer = LogFailures.tooMany("requests", retryAfter: seconds)
            } else {
                do { answer = try await read(request) } catch { answer = LogFailures.answer(error, request) }
            }
            answer.headers[.accessControlAllowOrigin] = "*"
            return answer
        }
    }
}
