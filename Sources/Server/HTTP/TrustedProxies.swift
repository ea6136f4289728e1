internal import HTTPTypes
package import Identity

/// The proxies in front whose word about the client's address counts (transparency-log 4.4.2, reliability R-27).
package struct TrustedProxies: Hashable, Sendable {
    /// The longest header that is looked at, in octets: more is what a client made up.
    private static let maximumByteCount = 4096

    private let networks: [IPNetwork]

    /// The proxies of some networks; none by default, so that no header counts.
    package init(_ networks: [IPNetwork] = []) {
        self.networks = networks
    }

    /// The address of the client: the right-most of `X-Forwarded-For` that is not a trusted proxy's own.
    ///
    /// Each proxy appends whom it talked to, so everything further left may be made up. `connection` is the other end
    /// of the connection, and the answer whenever that is no trusted proxy. `Forwarded` is not read. What is no address
    /// ends the search at the proxy that sent it.
    func client(of connection: String?, _ fields: HTTPFields) -> String? {
        guard !networks.isEmpty, let connection, isTrusted(connection) else { return connection }
        guard let name = HTTPField.Name("x-forwarded-for") else { return connection }
        let values = fields[values: name]
        guard values.reduce(0, { $0 + $1.utf8.count }) <= Self.maximumByteCount else { return connection }
        var client = connection
        for text in values.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }).reversed() {
            guard let address = Self.address(String(text)) else { return client }
            client = address.text
            if !isTrusted(client) { return client }
        }
        return client
    }

    /// Whether an address without a port is that of a proxy.
    func isTrusted(_ text: String) -> Bool {
        guard let address = IPAddress(text: text)?.unmapped else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// An address with blanks around it, and with a port or brackets as some proxies write them.
    private static func address(_ text: String) -> IPAddress? {
        var rest = text[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        if rest.first == "[", let end = rest.firstIndex(of: "]") {
            rest = rest[rest.index(after: rest.startIndex)..<end]
        } else if let colon = rest.firstIndex(of: ":"), rest.contains("."), rest[..<colon].contains(".") {
            rest = rest[..<colon]
        }
        return IPAddress(text: String(rest))?.unmapped
    }
}
