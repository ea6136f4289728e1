internal import HTTPTypes

/// Access from pages of other origins (CA specification 1.8; Fetch, "CORS protocol").
///
/// The API may be read and called by any page, without credentials: a token goes into the body.
enum CrossOrigin {
    private static let allowedHeaders = ["accept", "content-type", "x-requested-with"]
    private static let allowedMethods = ["GET", "HEAD", "POST"]

    /// The answer to a preflight; nil when the request is none.
    ///
    /// Preflights are answered for every path. What is not allowed gets the same answer without permission.
    static func preflight(_ method: HTTPRequest.Method, _ headers: HTTPFields) -> Answer? {
        guard method == .options, let requested = headers[.accessControlRequestMethod] else { return nil }
        var answer = Answer(.noContent)
        answer.headers[.vary] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        let names = headers[.accessControlRequestHeaders] ?? ""
        guard headers[.origin] != nil, allowedMethods.contains(requested), isAllowed(names) else { return answer }
        answer.headers[.accessControlAllowOrigin] = "*"
        answer.headers[.accessControlAllowMethods] = requested
        if !names.isEmpty { answer.headers[.accessControlAllowHeaders] = names }
        return answer
    }

    /// Marks an answer as one for every origin.
    static func marked(_ answer: Answer, hasOrigin: Bool) -> Answer {
        var answer = answer
        if answer.headers[.vary] == nil { answer.headers[.vary] = "Origin" }
        if hasOrigin { answer.headers[.accessControlAllowOrigin] = "*" }
        return answer
    }

    /// Takes every permission for other origins off an answer.
    static func closed(_ answer: Answer) -> Answer {
        var answer = answer
        for name in [
            HTTPField.Name.accessControlAllowOrigin, .accessControlAllowMethods, .accessControlAllowHeaders,
        ] {
            answer.headers[name] = nil
        }
        return answer
    }

    /// Whether a list names allowed fields alone, in lower case and in the order of the alphabet, as browsers write it.
    private static func isAllowed(_ list: String) -> Bool {
        let names = list.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed() }
            .map { String($0) }.filter { !$0.isEmpty }
        return names.allSatisfy(allowedHeaders.contains) && zip(names, names.dropFirst()).allSatisfy(<)
    }
}
