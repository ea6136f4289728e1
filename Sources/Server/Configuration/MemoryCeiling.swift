internal import Identity
package import StrictJSON
internal import TransparencyLog

/// The most memory that one run may take, computed from its limits (reliability R-26).
///
/// Every part is a number of things that a limit bounds, times the most that one of them takes. The number is exact;
/// the octets of one thing are its greatest size with what is kept beside it, estimated on the high side. A server
/// under ordinary load stays far below. What grows with the log itself is read from disk.
package struct MemoryCeiling: Hashable, Sendable {
    /// What takes a part of it.
    package struct Part: Hashable, Sendable {
        /// What there are so many of.
        package let name: String
        /// How many there can be.
        package let count: Int
        /// The most octets that one of them takes.
        package let byteCount: Int

        /// The octets of all of them.
        package var totalByteCount: Int { count * byteCount }
    }

    /// The parts, in the order in which they are listed.
    package let parts: [Part]

    /// The sum of the parts, in octets.
    package var byteCount: Int { parts.reduce(0) { $0 + $1.totalByteCount } }

    /// The sum in MiB, rounded up.
    package var mebibyteCount: Int { (byteCount + (1 << 20) - 1) >> 20 }

    /// The ceiling of a run with these options, so many shards of an own log, and these issuers.
    init(_ options: ServerOptions, shards: Int, issuers: [ConfiguredIssuer]) {
        let (kibibyte, mebibyte) = (1 << 10, 1 << 20)
        let (limits, settings) = (RequestLimits(), IssuerPoolSettings())
        // Those of HTTP and of the metrics are always there.
        let more = [options.logMonitoring != nil, options.auditListener != nil, options.grpc != options.http]
        let listeners = 2 + more.count { $0 }
        let patterns = issuers.count { if case .meta = $0 { true } else { false } }
        let known = issuers.count - patterns + (patterns > 0 ? settings.matchedIssuerLimit : 0)
        var parts = [
            // Measured at rest: code, libraries, threads, connections to the stores.
            Part(name: "program", count: 1, byteCount: 96 * mebibyte),
            // Heads as they arrive, what is read at once, and the handlers; answers that are not counted, up to the
            // mark from which no more are written, and those once more for TLS.
            Part(
                name: "connections", count: options.shares.connections * listeners,
                byteCount: ListenerLimits.headerListSize + 112 * kibibyte
                    + 2 * (64 * kibibyte + AnswerBudget.freeByteCount)),
            // The decoded head, a window of its body, an answer that is not counted, and the handlers.
            Part(
                name: "streams", count: limits.streams.maximum,
                byteCount: ListenerLimits.headerListSize + 64 * kibibyte + AnswerBudget.freeByteCount + 32 * kibibyte),
            // A body below the limit of large ones, in a buffer that grows by doubling.
            Part(name: "bodies", count: limits.bodies.maximum, byteCount: 2 * 64 * kibibyte),
            Part(name: "large bodies", count: limits.largeBodies.maximum, byteCount: 16 * mebibyte),
            // The token, its claims, certificate, entry and answer.
            Part(name: "signing requests", count: limits.signing.maximum, byteCount: 512 * kibibyte),
            // The page as it is stored and as it is told.
            Part(name: "pages", count: limits.pages.maximum, byteCount: 32 * mebibyte),
            Part(name: "proofs", count: limits.proofs.maximum, byteCount: 256 * kibibyte),
            Part(
                name: "searches", count: options.auditListener == nil ? 0 : limits.searches.maximum,
                byteCount: 16 * mebibyte),
            Part(name: "answers", count: 1, byteCount: AnswerBudget().maximumByteCount),
            // The queue, a batch in four forms, tiles, and the pages of six connections to the store.
            Part(name: "shards", count: shards, byteCount: (32 + 4 * 4 + 16 + 6 * 2) * mebibyte),
            // As many keys as are read from one, each the largest there may be.
            Part(name: "issuers", count: known, byteCount: JSONWebKeySet.keyLimit * 3 * kibibyte),
            // The document as it arrives and as it is read.
            Part(
                name: "fetches", count: issuers.count - patterns + (patterns > 0 ? settings.matchedFetchLimit : 0),
                byteCount: 3 * mebibyte),
            Part(name: "log lines", count: 4096, byteCount: LineLogHandler.maximumLineByteCount),
            Part(name: "series of metrics", count: PrometheusRegistry.maximumSeries, byteCount: 2 * kibibyte),
        ]
        if options.auditFile != nil {
            parts.append(Part(name: "audit records", count: 4096, byteCount: 10 * AuditRecord.maximumTextByteCount))
        }
        parts = parts.filter { $0.count > 0 }
        // What an allocator keeps for itself between pieces of many sizes.
        let sum = parts.reduce(0) { $0 + $1.totalByteCount }
        self.parts = parts + [Part(name: "allocator", count: 1, byteCount: sum / 4)]
    }

    /// For programs: octets, and the parts with their numbers.
    package var json: JSONValue {
        [
            "bytes": .integer(Int64(byteCount)),
            "parts": .array(
                parts.map { part in
                    [
                        "name": .string(part.name), "count": .integer(Int64(part.count)),
                        "bytes": .integer(Int64(part.byteCount)),
                    ]
                }),
        ]
    }
}
