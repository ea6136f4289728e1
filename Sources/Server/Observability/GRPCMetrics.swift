internal import Metrics

/// The metrics of gRPC under the names of the original (CA specification 8.3); every series is there from the start.
struct GRPCMetrics: Sendable {
    private struct Counters {
        let started: Counter
        let received: Counter
        let sent: Counter
        let handled: [APIStatus.Code?: Counter]
    }

    private let counters: [String: Counters]

    /// Counters for each method that are kept in `factory` and begin with 0.
    init(factory: PrometheusRegistry, methods: [GRPCMethod]) {
        let pairs = methods.map { method in
            let labels = [
                ("grpc_type", method.kind.rawValue), ("grpc_service", method.service), ("grpc_method", method.name),
            ]
            func counter(_ name: String, _ more: [(String, String)] = []) -> Counter {
                Counter(label: "grpc_server_\(name)_total", dimensions: more + labels, factory: factory)
            }
            var handled: [APIStatus.Code?: Counter] = [:]
            for (number, name) in APIStatus.Code.names.enumerated() {
                // Dashboards expect the series of codes that we never answer with too.
                let counter = counter("handled", [("grpc_code", name)])
                let code = APIStatus.Code(rawValue: Int64(number))
                if code != nil || number == 0 { handled[code] = counter }
            }
            let counters = Counters(
                started: counter("started"), received: counter("msg_received"), sent: counter("msg_sent"),
                handled: handled)
            return (method.path, counters)
        }
        counters = Dictionary(pairs) { first, _ in first }
    }

    /// Counts a call that began.
    func started(_ method: GRPCMethod) {
        counters[method.path]?.started.increment()
    }

    /// Counts a message that was read.
    func received(_ method: GRPCMethod) {
        counters[method.path]?.received.increment()
    }

    /// Counts the message of a call that succeeded, and the call.
    func sent(_ method: GRPCMethod) {
        counters[method.path]?.sent.increment()
        handled(method, nil)
    }

    /// Counts a call by its status; nil is success.
    func handled(_ method: GRPCMethod, _ code: APIStatus.Code?) {
        counters[method.path]?.handled[code]?.increment()
    }
}
