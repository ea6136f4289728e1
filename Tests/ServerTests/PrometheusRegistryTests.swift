import CoreMetrics
import Issuance
import Metrics
@testable import Server
import Testing

@Suite struct PrometheusRegistryTests {
    @Test("OPS-07: a counter is there from the start, and histograms are in seconds")
    func exposition() {
        let registry = PrometheusRegistry()
        let metrics = CAMetrics(factory: registry, version: "1")
        #expect(registry.exposition().contains("# TYPE fulcio_new_certs counter\nfulcio_new_certs 0\n"))
        metrics.issued(issuer: "https://a")
        metrics.answered(status: 201, method: "POST", duration: .milliseconds(30))
        metrics.answered(status: 200, method: "BREW", duration: .seconds(60))
        metrics.sequencing(shard: "a")(.milliseconds(300))
        let text = registry.exposition()
        #expect(text.contains("fulcio_new_certs 1\n"))
        #expect(text.contains("mintmark_issuances_total{issuer=\"https://a\"} 1\n"))
        #expect(text.contains("# TYPE fulcio_api_latency histogram\n"))
        #expect(text.contains("fulcio_api_latency_bucket{code=\"201\",method=\"post\",le=\"0.025\"} 0\n"))
        #expect(text.contains("fulcio_api_latency_bucket{code=\"201\",method=\"post\",le=\"0.05\"} 1\n"))
        #expect(text.contains("fulcio_api_latency_count{code=\"200\",method=\"other\"} 1\n"))
        #expect(text.contains("mintmark_log_sequencing_seconds_bucket{shard=\"a\",le=\"0.25\"} 0\n"))
        #expect(text.contains("mintmark_log_sequencing_seconds_bucket{shard=\"a\",le=\"0.5\"} 1\n"))
        #expect(text.contains("le=\"+Inf\"} 1\n"))
    }

    @Test("R-55: refusals and failures are counted by their class, never by what a request says")
    func refusals() {
        let registry = PrometheusRegistry()
        let metrics = CAMetrics(factory: registry, version: "1")
        metrics.refused(IssuanceRefusal.keyInsecure("a value of the request").category, issuer: nil)
        metrics.refused(
            IssuanceRefusal.signatureAlgorithmNotRecognized("a value of the request").category, issuer: "https://a")
        metrics.failed(IssuanceFailure.backend(cause: "a path of ours").category)
        let text = registry.exposition()
        #expect(text.contains("mintmark_refusals_total{issuer=\"unknown\",reason=\"key-insecure\"} 1\n"))
        #expect(
            text.contains(
                "mintmark_refusals_total{issuer=\"https://a\",reason=\"signature-algorithm-not-recognized\"} 1\n"))
        #expect(text.contains("mintmark_failures_total{reason=\"backend\"} 1\n"))
        #expect(!text.contains("a value of the request"))
        #expect(!text.contains("a path of ours"))
    }

    @Test("R-56: series beyond the maximum are counted, not kept")
    func bounded() {
        let registry = PrometheusRegistry()
        for number in 0..<PrometheusRegistry.maximumSeries + 500 {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        registry.replace("late", .gauge, [([], 1)])
        let lines = registry.exposition().split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("c{") } == PrometheusRegistry.maximumSeries)
        // Once when each was made, once when it was counted, and the one that came last.
        #expect(lines.contains("mintmark_metrics_dropped_total 1001"))
        #expect(!lines.contains { $0.hasPrefix("late") })
    }

    @Test("R-56: what replaces series takes their room, and gives it back")
    func replaced() {
        let registry = PrometheusRegistry()
        for round in 0..<3 {
            let values = (0..<PrometheusRegistry.maximumSeries).map { number in
                (labels: [("n", "\(round)-\(number)")], value: Double(number))
            }
            registry.replace("g", .gauge, values)
        }
        registry.replace("g", .gauge, [])
        registry.replace("h", .counter, [([("issuer", "a")], 2.5)])
        #expect(
            registry.exposition() == """
                # TYPE h counter
                h{issuer="a"} 2.5
                # HELP mintmark_metrics_dropped_total Changes of series beyond the most that are kept.
                # TYPE mintmark_metrics_dropped_total counter
                mintmark_metrics_dropped_total 0

                """)
    }

    @Test("label values cannot break a line")
    func escaping() {
        let registry = PrometheusRegistry()
        Counter(label: "c", dimensions: [("n", "a\"b\\c\nd\r\ne")], factory: registry).increment()
        #expect(registry.exposition().contains("c{n=\"a\\\"b\\\\c\\nd\r\\ne\"} 1"))
    }
}
