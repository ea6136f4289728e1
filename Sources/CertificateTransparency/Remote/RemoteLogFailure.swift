/// Why another log gave no usable timestamp, for our log alone.
package struct RemoteLogFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    package enum Cause: Error, Hashable, Sendable {
        /// No connection, or it ended before the answer did; the words of the network.
        case unreachable(String)
        /// No answer within the time that one attempt may take.
        case timedOut
        /// An HTTP status other than 200.
        case status(UInt)
        /// The answer has a content encoding that was not asked for.
        case contentEncoded
        /// The answer is longer than what is read (SEC-02).
        case tooLong(limit: Int)
        /// The answer is not the JSON of a timestamp.
        case notReadable(String)
        /// The answer is a timestamp that must not be used.
        case notAcceptable(String)
        /// The log wants to be left alone for longer than the request can wait.
        case resting
    }

    /// What went wrong.
    package let cause: Cause

    /// The log, by its name.
    package let log: String

    /// The beginning of what the log answered, at most 256 printable characters; nil when there is nothing to show.
    package let answer: String?

    /// The log and the cause in words.
    package var description: String { "\(log): \(cause.words)" }

    /// The most characters of an answer that are kept.
    private static let maximumAnswerCount = 256

    init(_ cause: Cause, log: String, answer: [UInt8]? = nil) {
        self.cause = cause
        self.log = log
        self.answer = answer.flatMap { $0.isEmpty ? nil : String($0.escapedText.prefix(Self.maximumAnswerCount)) }
    }
}

extension RemoteLogFailure.Cause: CustomStringConvertible {
    package var description: String { words }
    /// Whether the same submission may succeed a little later (CA specification 6.2).
    var isWorthAnotherTry: Bool {
        switch self {
        case .unreachable, .notReadable, .status(408), .status(429), .status(503): true
        case .timedOut, .status, .contentEncoded, .tooLong, .notAcceptable, .resting: false
        }
    }

    fileprivate var words: String {
        switch self {
        case .unreachable(let reason): "the connection failed: \(reason)"
        case .timedOut: "the answer took too long"
        case .status(let code) where (300..<400).contains(code): "the answer is a redirect, status \(code)"
        case .status(let code): "the answer has status \(code)"
        case .contentEncoded: "the answer is encoded in a way that was not asked for"
        case .tooLong(let limit): "the answer is longer than \(limit) bytes"
        case .notReadable(let reason): "the answer cannot be read: \(reason)"
        case .notAcceptable(let reason): "the answer cannot be used: \(reason)"
        case .resting: "the log asked to be left alone for longer than a request waits"
        }
    }
}

extension Collection<UInt8> {
    /// The octets as printable ASCII: a backslash and what is not printable are written `\xNN`.
    package var escapedText: String {
        let backslash = UInt8(ascii: "\\")
        return reduce(into: "") { text, octet in
            if (0x20...0x7E).contains(octet), octet != backslash {
                text.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                text += (octet < 0x10 ? "\\x0" : "\\x") + String(octet, radix: 16)
            }
        }
    }
}
