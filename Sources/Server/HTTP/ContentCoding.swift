internal import Compression
internal import HTTPTypes

/// Which coding an answer's body gets (RFC 9110 §12.5.3).
enum ContentCoding {
    /// Bodies up to this many bytes are not worth it (transparency-log 1.3.11).
    static let smallestByteCount = 1024

    /// The answer with its body compressed, if it is long and the client asked for that.
    static func negotiated(_ answer: Answer, accepted field: String?) -> Answer {
        var answer = answer
        answer.headers[.vary] = "Accept-Encoding"
        guard answer.body.count > smallestByteCount, weight(of: "gzip", in: field) ?? 0 > 0 else { return answer }
        return compressed(answer)
    }

    /// Whether a client wants the bytes of a data tile as they are.
    ///
    /// Everybody who reads them must take gzip unasked (Static CT API, "Log Entries"); so only those who name
    /// `identity` without it, or refuse it by name, get anything else.
    static func demandsIdentity(_ field: String?) -> Bool {
        guard let field else { return false }
        if let gzip = weight(of: "gzip", in: field) { return gzip == 0 }
        return weight(of: "identity", in: field).map { $0 > 0 } ?? false
    }

    /// The answer with its body compressed.
    static func compressed(_ answer: Answer) -> Answer {
        // Without memory for a smaller body the one that is there still does.
        guard let body = try? Gzip.compress(answer.body) else { return answer }
        var answer = answer
        answer.body = body
        answer.headers[.contentEncoding] = "gzip"
        return answer
    }

    /// The weight of a coding from 0 to 1, by its own name or else by `*`; nil when neither is there.
    private static func weight(of coding: String, in field: String?) -> Double? {
        var any: Double?
        for item in (field ?? "").split(separator: ",").prefix(32) {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let name = parts.first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if name == coding { return weight }
            if name == "*" { any = weight }
        }
        return coding == "identity" ? nil : any
    }
}
