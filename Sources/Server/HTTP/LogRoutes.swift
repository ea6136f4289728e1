internal import CertificateTransparency
internal import HTTPTypes
internal import Logging
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// The log's read endpoints below its submission prefix (RFC 6962 §4, transparency-log 1.3, 2.1.1).
struct LogRoutes: Sendable {
    /// The path of the submission prefix, without a trailing slash.
    private let prefix: String
    private let answers: MonitoringAnswers
    private let limits: RequestLimits

    init(log: LocalLog, prefix: String, limits: RequestLimits) {
        self.prefix = prefix
        self.limits = limits
        answers = MonitoringAnswers(log)
    }

    /// The endpoints by their path.
    var endpoints: [String: Endpoint] {
        let reads: [(String, ConcurrencyLimit?, @Sendable (EndpointRequest) async -> Answer)] = [
            ("ct/v1/get-sth", nil, { _ in Self.json(answers.signedTreeHead, cacheControl: "no-store") }),
            ("ct/v1/get-proof-by-hash", limits.proofs, { await inclusionProof($0) }),
            ("ct/v1/get-entries", limits.pages, { await entries($0) }),
            ("ct/v1/get-roots", nil, { _ in Self.json(answers.acceptedRoots, cacheControl: "public, max-age=3600") }),
            ("checkpoint", nil, { _ in checkpoint }),
        ]
        let pairs = reads.map { path, limit, read in
            (
                "\(prefix)/\(path)",
                Endpoint(.get, wrongMethod: .methodNotAllowed, limit: limit) { Self.shared(await read($0)) }
            )
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private var checkpoint: Answer {
        Answer(type: "text/plain; charset=utf-8", body: answers.checkpoint, cacheControl: "no-store")
    }

    private func inclusionProof(_ request: EndpointRequest) async -> Answer {
        do {
            let query = try QueryParameters(request.query)
            // A plus sign that nobody escaped arrives as itself; one that was taken for a blank is meant as a plus.
            let text = try query.text("hash").map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }
            let size = try query.number("tree_size")
            guard let hash = Base64.decodeStandard(text).flatMap({ SHA256Digest($0) }) else {
                throw QueryParameters.Malformed(name: "hash", expected: "the base64 of 32 octets")
            }
            return Self.json(
                try await answers.inclusionProof(ofLeafHash: hash, treeSize: size),
                cacheControl: "public, max-age=86400")
        } catch {
            return failure(error, request)
        }
    }

    private func entries(_ request: EndpointRequest) async -> Answer {
        do {
            let query = try QueryParameters(request.query)
            let (start, end) = (try query.number("start"), try query.number("end"))
            let page = try await answers.entries(from: start, through: end)
            let count = UInt64(page["entries"]?.elements?.count ?? 0)
            // What was cut at the end of the tree grows within seconds; a full range never changes.
            let isWhole = end - start < count
            return Self.json(page, cacheControl: isWhole ? "public, max-age=86400" : "public, max-age=5")
        } catch {
            return failure(error, request)
        }
    }

    private func failure(_ error: any Error, _ request: EndpointRequest) -> Answer {
        switch error {
        case let malformed as QueryParameters.Malformed:
            return .text(.badRequest, "\(malformed)")
        case LogReader.Refusal.treeSizeIsZero:
            return .text(.badRequest, "tree_size must be at least 1")
        case LogReader.Refusal.startAfterEnd:
            return .text(.badRequest, "start is after end")
        case LogReader.Refusal.startBeyondHead:
            return .text(.badRequest, "start is at or beyond the published tree size")
        case LogReader.Refusal.treeSizeBeyondHead:
            return .text(.notFound, "tree_size is beyond the published tree size")
        case LogReader.Refusal.unknownLeafHash:
            return .text(.notFound, "no leaf below tree_size has this hash")
        default:
            request.logger.error("log read failed", metadata: ["path": "\(request.path)", "cause": "\(error)"])
            return .text(.internalServerError, "internal error")
        }
    }

    private static func json(_ value: JSONValue, cacheControl: String) -> Answer {
        Answer(json: JSONText(value), cacheControl: cacheControl)
    }

    /// Reads are for everybody, browsers included (transparency-log 1.3.1).
    private static func shared(_ answer: Answer) -> Answer {
        var answer = answer
        answer.headers[.accessControlAllowOrigin] = "*"
        return answer
    }
}
