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
        metrics.issued()
        metrics.answered(status: 201, method: "POST", duration: .milliseconds(30))
        metrics.answered(status: 200, method: "BREW", duration: .seconds(60))
        let text = registry.exposition()
        #expect(text.contains("fulcio_new_certs 1\n"))
        #expect(text.contains("# TYPE fulcio_api_latency histogram\n"))
        #expect(text.contains("fulcio_api_latency_bucket{code=\"201\",method=\"post\",le=\"0.025\"} 0\n"))
        #expect(text.contains("fulcio_api_latency_bucket{code=\"201\",method=\"post\",le=\"0.05\"} 1\n"))
        #expect(text.contains("fulcio_api_latency_count{code=\"200\",method=\"other\"} 1\n"))
        #expect(text.contains("le=\"+Inf\"} 1\n"))
    }

    @Test("R-55: refusals and failures are counted by their class, never by what a request says")
    func refusals() {
        let registry = PrometheusRegistry()
        let metrics = CAMetrics(factory: registry, version: "1")
        metrics.refused(IssuanceRefusal.keyInsecure("a value of the request").category)
        metrics.refused(IssuanceRefusal.signatureAlgorithmNotRecognized("a value of the request").category)
        metrics.failed(IssuanceFailure.backend(cause: "a path of ours").category)
        let text = registry.exposition()
        #expect(text.contains("mintmark_refusals_total{reason=\"key-insecure\"} 1\n"))
        #expect(text.contains("mintmark_refusals_total{reason=\"signature-algorithm-not-recognized\"} 1\n"))
        #expect(text.contains("mintmark_failures_total{reason=\"backend\"} 1\n"))
    }

    @Test("R-56: series beyond the maximum are counted, not kept")
    func bounded() {
        let registry = PrometheusRegistry()
        for number in 0..<2000 {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        let lines = registry.exposition().split(separator: "\n")
        #expect(lines.count < 1010)
        #expect(lines.contains { $0.hasPrefix("mintmark_metrics_dropped_total ") })
    }

    @Test("label values cannot break a line")
    func escaping() {
        let registry = PrometheusRegistry()
        Counter(label: "c", dimensions: [("n", "a\"b\\c\nd")], factory: registry).increment()
        #expect(registry.exposition().contains(#"c{n="a\"b\\c\nd"} 1"#))
    }
}
