internal import CoreMetrics
internal import Logging
internal import Metrics

/// The metrics of the CA under Fulcio's names (CA specification 8.3); label values come from closed sets.
struct CAMetrics: Sendable {
    /// The issuer of requests whose token matched no configured one.
    static let unknownIssuer = "unknown"

    private let factory: PrometheusRegistry
    private let newCertificates: Counter
    private let issuances = KeptHandles<String, Counter>()
    private let answers = KeptHandles<AnswerClass, (count: Counter, latency: Timer)>()

    /// What answers are counted by.
    private struct AnswerClass: Hashable {
        let status: Int
        let method: String
    }

    /// Metrics that are kept in `factory`.
    init(factory: PrometheusRegistry, version: String) {
        self.factory = factory
        newCertificates = Counter(label: "fulcio_new_certs", dimensions: [], factory: factory)
        let build = [
            ("version", version), ("revision", ""), ("build_date", ""), ("goversion", "swift\(ServerVersion.compiler)"),
        ]
        Gauge(label: "fulcio_build_info", dimensions: build, factory: factory).record(1)
    }

    /// Counts a certificate that reached its client's answer; `issuer` is configured.
    func issued(issuer: String) {
        newCertificates.increment()
        let counter = issuances.handle(for: issuer) {
            Counter(label: "mintmark_issuances_total", dimensions: [("issuer", issuer)], factory: factory)
        }
        counter.increment()
    }

    /// Counts a refusal by its class; `issuer` is configured, or nil when none matched.
    func refused(_ reason: String, issuer: String?) {
        count("mintmark_refusals_total", [("issuer", issuer ?? Self.unknownIssuer), ("reason", reason)])
    }

    /// Counts a failure of ours by its class.
    func failed(_ reason: String) {
        count("mintmark_failures_total", [("reason", reason)])
    }

    /// Counts and logs a request whose time was over before it was done, over any transport; returns its status.
    func late(_ logger: Logger) -> APIStatus {
        let failure = RequestFailure(APIStatus.deadlineExceeded)
        failed(failure.reason)
        failure.log(to: logger)
        return failure.status
    }

    /// Counts an answer and the time it took.
    func answered(status: Int, method: String, duration: Duration) {
        let method = Self.knownMethods.contains(method) ? method : "other"
        let handles = answers.handle(for: AnswerClass(status: status, method: method)) {
            let labels = [("code", String(status)), ("method", method.lowercased())]
            return (
                Counter(label: "http_requests_total", dimensions: labels, factory: factory),
                Timer(label: "fulcio_api_latency", dimensions: labels, factory: factory)
            )
        }
        handles.count.increment()
        handles.latency.record(duration: duration)
    }

    /// What records how long each entry of a shard waited for the head that covers it.
    func sequencing(shard: String) -> @Sendable (Duration) -> Void {
        let timer = Timer(label: "mintmark_log_sequencing_seconds", dimensions: [("shard", shard)], factory: factory)
        return { timer.record(duration: $0) }
    }

    private static let knownMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private func count(_ name: String, _ labels: [(String, String)]) {
        Counter(label: name, dimensions: labels, factory: factory).increment()
    }
}
