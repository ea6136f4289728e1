internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import StrictJSON

/// The answer of an endpoint, before it becomes a message of the HTTP library.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: [UInt8]

    /// An answer whose body has a type.
    init(_ status: HTTPResponse.Status = .ok, type: String, body: [UInt8], cacheControl: String? = nil) {
        self.status = status
        self.body = body
        headers = [.contentType: type]
        if let cacheControl { headers[.cacheControl] = cacheControl }
    }

    /// An answer without a body.
    init(_ status: HTTPResponse.Status) {
        self.status = status
        body = []
        headers = [:]
    }

    /// A JSON answer.
    init(_ status: HTTPResponse.Status = .ok, json: JSONText, cacheControl: String? = nil) {
        self.init(status, type: "application/json", body: json.bytes, cacheControl: cacheControl)
    }

    /// The answer for a refusal or failure of the CA's API.
    init(_ status: APIStatus) {
        self.init(status.httpStatus, json: status.json)
        if let seconds = status.retryAfter { headers[.retryAfter] = String(seconds) }
    }

    /// The same answer, telling the client that the connection ends with it.
    var endingConnection: Answer {
        var answer = self
        answer.headers[.connection] = "close"
        return answer
    }

    /// A text answer, as the log's API words its errors (RFC 6962 §4).
    static func text(_ status: HTTPResponse.Status, _ message: String) -> Answer {
        Answer(status, type: "text/plain; charset=utf-8", body: Array("\(message)\n".utf8), cacheControl: "no-store")
    }

    /// The message for the HTTP library; a HEAD request gets the length without the body.
    func response(isHead: Bool) -> Response {
        var fields = headers
        if status != .noContent { fields[.contentLength] = String(body.count) }
        fields[.xContentTypeOptions] = "nosniff"
        return Response(
            status: status, headers: fields,
            body: isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
