package import CoreMetrics
internal import Synchronization

/// Metrics of this process in Prometheus' text exposition format, version 0.0.4, behind swift-metrics.
///
/// Timers become histograms in seconds, recorders and meters become gauges. At most `maximumSeries` combinations of
/// name and labels are kept; what comes after them is counted in `mintmark_metrics_dropped_total` and nowhere else.
package final class PrometheusRegistry: MetricsFactory {
    /// The upper bounds of histogram buckets, in seconds.
    static let buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private static let maximumSeries = 1000

    private let families = Mutex<[String: Family]>([:])

    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Series(registry: self, name: label, labels: dimensions, kind: .counter)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Series(registry: self, name: label, labels: dimensions, kind: .gauge)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Series(registry: self, name: label, labels: dimensions, kind: .histogram)
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// Everything recorded so far, families and series in the order of their names.
    package func exposition() -> String {
        let families = families.withLock { $0 }
        return families.sorted { $0.key < $1.key }.map { name, family in
            let series = family.series.sorted { $0.key < $1.key }.map { $0.value.lines(name: name, labels: $0.key) }
            return (["# TYPE \(name) \(family.kind.rawValue)"] + series.joined()).joined(separator: "\n") + "\n"
        }
        .joined()
    }

    fileprivate func update(_ name: String, _ kind: Kind, _ labels: String, _ change: (inout Sample) -> Void) {
        families.withLock { families in
            let count = families.values.reduce(0) { $0 + $1.series.count }
            let isKnown = families[name]?.series[labels] != nil
            guard isKnown || count < Self.maximumSeries else {
                let dropped = "mintmark_metrics_dropped_total"
                families[dropped, default: Family(kind: .counter)].series["", default: Sample()].value += 1
                return
            }
            change(&families[name, default: Family(kind: kind)].series[labels, default: Sample()])
        }
    }
}

/// The types of the exposition format that we use.
private enum Kind: String {
    case counter
    case gauge
    case histogram
}

private struct Family {
    let kind: Kind
    var series: [String: Sample] = [:]
}

/// The state of one combination of name and labels.
private struct Sample {
    var value: Double = 0
    var histogram: Histogram?

    func lines(name: String, labels: String) -> [String] {
        guard let histogram else { return ["\(name)\(Self.braced(labels)) \(Self.text(value))"] }
        var total = 0
        let bounds = PrometheusRegistry.buckets.map(Self.text) + ["+Inf"]
        let buckets = zip(bounds, histogram.counts).map { bound, count in
            total += count
            let all = (labels.isEmpty ? [] : [labels]) + ["le=\"\(bound)\""]
            return "\(name)_bucket\(Self.braced(all.joined(separator: ","))) \(total)"
        }
        return buckets + [
            "\(name)_sum\(Self.braced(labels)) \(Self.text(histogram.sum))",
            "\(name)_count\(Self.braced(labels)) \(total)",
        ]
    }

    private static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}

private struct Histogram {
    /// One count a bucket, the last without bound.
    var counts = [Int](repeating: 0, count: PrometheusRegistry.buckets.count + 1)
    var sum: Double = 0

    mutating func record(_ seconds: Double) {
        counts[PrometheusRegistry.buckets.firstIndex { seconds <= $0 } ?? PrometheusRegistry.buckets.count] += 1
        sum += seconds
    }
}

/// One handle of swift-metrics: a name and labels in a registry.
private final class Series: CounterHandler, RecorderHandler, TimerHandler {
    private let registry: PrometheusRegistry
    private let name: String
    private let labels: String
    private let kind: Kind

    init(registry: PrometheusRegistry, name: String, labels: [(String, String)], kind: Kind) {
        self.registry = registry
        self.name = name
        self.labels = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        self.kind = kind
        // A series is there from the moment that it is made: a counter that never counted reads 0, not nothing.
        registry.update(name, kind, self.labels) {
            if kind == .histogram { $0.histogram = $0.histogram ?? Histogram() }
        }
    }

    func increment(by amount: Int64) { update { $0.value += Double(amount) } }

    func reset() { update { $0.value = 0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) { update { $0.value = value } }

    func recordNanoseconds(_ duration: Int64) {
        update { $0.histogram?.record(Double(duration) / 1e9) }
    }

    private func update(_ change: (inout Sample) -> Void) { registry.update(name, kind, labels, change) }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
