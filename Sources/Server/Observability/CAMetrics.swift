internal import CoreMetrics
internal import Metrics
internal import OpenSSL
internal import TransparencyLog

/// The metrics of the CA under Fulcio's names (CA specification 8.3); label values come from closed sets.
struct CAMetrics: Sendable {
    private let factory: PrometheusRegistry
    private let newCertificates: Counter

    /// Metrics that are kept in `factory`.
    init(factory: PrometheusRegistry, version: String) {
        self.factory = factory
        newCertificates = Counter(label: "fulcio_new_certs", dimensions: [], factory: factory)
        let build = [("version", version), ("revision", ""), ("build_date", ""), ("goversion", "")]
        Gauge(label: "fulcio_build_info", dimensions: build, factory: factory).record(1)
    }

    /// Counts a certificate that reached its client's answer.
    func issued() {
        newCertificates.increment()
    }

    /// Counts a refusal by its class.
    func refused(_ reason: String) {
        Counter(label: "mintmark_refusals_total", dimensions: [("reason", reason)], factory: factory).increment()
    }

    /// Counts a failure of ours by its class.
    func failed(_ reason: String) {
        Counter(label: "mintmark_failures_total", dimensions: [("reason", reason)], factory: factory).increment()
    }

    /// Counts an answer and the time it took.
    func answered(status: Int, method: String, duration: Duration) {
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        let labels = [("code", String(status)), ("method", known.contains(method) ? method.lowercased() : "other")]
        Counter(label: "http_requests_total", dimensions: labels, factory: factory).increment()
        Timer(label: "fulcio_api_latency", dimensions: labels, factory: factory).record(duration: duration)
    }

    /// States the size of the log's published tree.
    func published(treeSize: UInt64) {
        Gauge(label: "mintmark_log_tree_size", dimensions: [], factory: factory).record(Int64(clamping: treeSize))
    }

    /// States what the log does and how far the recomputation of what it has stored has come.
    func stated(condition: LogCondition, scrub: ScrubStatus) {
        for name in ["starting", "serving", "readonly-temporary", "frozen", "closed"] {
            Gauge(label: "mintmark_log_state", dimensions: [("state", name)], factory: factory)
                .record(condition.name == name ? 1 : 0)
        }
        Gauge(label: "mintmark_log_scrub_position", dimensions: [], factory: factory)
            .record(Int64(clamping: scrub.position))
        Gauge(label: "mintmark_log_scrub_size", dimensions: [], factory: factory).record(Int64(clamping: scrub.size))
        Gauge(label: "mintmark_log_scrub_completed_seconds", dimensions: [], factory: factory)
            .record(Int64(clamping: scrub.completed?.seconds ?? 0))
        Gauge(label: "mintmark_log_scrub_findings", dimensions: [], factory: factory)
            .record(scrub.finding == nil ? 0 : 1)
    }
}
