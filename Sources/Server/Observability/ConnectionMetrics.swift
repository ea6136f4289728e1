internal import Metrics

/// Counts connections that are ended instead of being served.
struct ConnectionMetrics: Sendable {
    /// Why such a connection was not served.
    enum Reason: String, CaseIterable, Sendable {
        /// The client began a TLS handshake where clear text is spoken.
        case tlsOnClearTextPort = "tls-on-clear-text-port"

        /// The TLS handshake failed or took too long; clear text on a port for TLS is one way to that.
        case handshakeFailed = "tls-handshake-failed"

        /// One address has all the connections that it may have.
        case tooManyFromAddress = "too-many-from-address"

        /// The head or the body of a request came too slowly.
        case slowRequest = "slow-request"

        /// The client did not take an answer in time.
        case slowReader = "slow-reader"
    }

    private let counters: [Reason: Counter]

    /// Counters that are kept in `factory` and begin with 0.
    init(factory: PrometheusRegistry) {
        let pairs = Reason.allCases.map { reason in
            let labels = [("reason", reason.rawValue)]
            return (reason, Counter(label: "mintmark_connections_refused_total", dimensions: labels, factory: factory))
        }
        counters = Dictionary(pairs) { first, _ in first }
    }

    /// Counts one connection.
    func refused(_ reason: Reason) {
        counters[reason]?.increment()
    }
}
