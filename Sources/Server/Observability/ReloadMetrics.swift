internal import CoreMetrics
internal import Metrics

/// How reading the identity configuration again went (reliability R-36).
struct ReloadMetrics: Sendable {
    private let success: Gauge
    private let good: Counter
    private let bad: Counter

    /// Metrics that are kept in `factory`, all there from the start.
    init(factory: PrometheusRegistry) {
        let name = "mintmark_configuration_reloads_total"
        good = Counter(label: name, dimensions: [("result", "success")], factory: factory)
        bad = Counter(label: name, dimensions: [("result", "failure")], factory: factory)
        success = Gauge(label: "mintmark_configuration_reload_success", dimensions: [], factory: factory)
        success.record(1)
    }

    /// Counts an attempt; the gauge says whether the file as it is now is in use.
    func reloaded(isGood: Bool) {
        (isGood ? good : bad).increment()
        success.record(isGood ? 1 : 0)
    }
}
