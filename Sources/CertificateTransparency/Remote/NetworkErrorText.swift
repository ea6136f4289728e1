internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import OpenSSL
internal import Glibc

/// An error of the network in words for a person.
package enum NetworkErrorText {
    /// The most characters of an error that we have no words for.
    private static let maximumCount = 256

    /// One printable line; `url` is what was asked for, and names the server where the error does not.
    ///
    /// When there was no connection the line is `cannot connect to HOST:PORT: REASON`.
    package static func describing(_ error: any Error, url: String) -> String {
        let words =
            if let failure = error as? NIOConnectionError {
                "cannot connect to \(failure.host):\(failure.port): \(reason(failure))"
            } else if let failure = error as? IOError, isUnconnected(failure.errnoCode) {
                "cannot connect to \(server(of: url)): \(reason(failure.errnoCode))"
            } else if let failure = error as? IOError {
                "the connection to \(server(of: url)) broke off: \(reason(failure.errnoCode))"
            } else if let failure = error as? HTTPClientError, failure == .connectTimeout {
                "cannot connect to \(server(of: url)): no answer in time"
            } else {
                "\(error)"
            }
        return String(words.utf8.escapedText.prefix(maximumCount))
    }

    private static func reason(_ failure: NIOConnectionError) -> String {
        guard let first = failure.connectionErrors.first?.error else { return "no such host" }
        if let failure = first as? IOError { return reason(failure.errnoCode) }
        if let failure = first as? ChannelError, case .connectTimeout = failure { return "no answer in time" }
        return "\(first)"
    }

    /// The operating system's words, as part of a sentence.
    private static func reason(_ number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0).lowercased() } ?? "error \(number)"
    }

    private static func isUnconnected(_ number: Int32) -> Bool {
        [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, EACCES].contains(number)
    }

    /// Host and port of a URL.
    private static func server(of url: String) -> String {
        let rest = url.split(separator: "://", maxSplits: 1).last ?? ""
        let server = rest.prefix { $0 != "/" && $0 != "?" }
        let hasPort = server.split(separator: ":").last.flatMap { UInt16($0) } != nil && server.contains(":")
        return hasPort ? String(server) : "\(server):\(url.hasPrefix("https") ? 443 : 80)"
    }
}
