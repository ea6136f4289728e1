internal import HTTPTypes
internal import Hummingbird
internal import Synchronization

/// Answers every path of the metrics port with the exposition (CA specification 8.3).
final class MetricsResponder: HTTPResponder {
    typealias Context = EndpointContext

    private let registry: PrometheusRegistry
    private let state: StateMetrics
    private let inFlight = Atomic<Int>(0)
    private let answered = Atomic<Int>(0)

    /// Answers with what is kept in `registry`, after `state` was brought up to date.
    init(registry: PrometheusRegistry, state: StateMetrics) {
        self.registry = registry
        self.state = state
    }

    func respond(to request: Request, context: EndpointContext) async throws -> Response {
        let scrapes = inFlight.add(1, ordering: .relaxed).newValue
        defer { inFlight.subtract(1, ordering: .relaxed) }
        state.update(registry)
        registry.replace("promhttp_metric_handler_requests_in_flight", .gauge, [([], Double(scrapes))])
        let total = Double(answered.load(ordering: .relaxed))
        // No scrape has ever failed, which the other two series say.
        registry.replace(
            "promhttp_metric_handler_requests_total", .counter,
            [([("code", "200")], total), ([("code", "500")], 0), ([("code", "503")], 0)])
        let body = Array(registry.exposition().utf8)
        answered.add(1, ordering: .relaxed)
        return Answer(type: "text/plain; version=0.0.4; charset=utf-8", body: body)
            .response(isHead: request.method == .head)
    }
}
