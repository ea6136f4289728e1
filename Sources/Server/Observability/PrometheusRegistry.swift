package import CoreMetrics
internal import Synchronization

/// Metrics of this process in Prometheus' text exposition format, version 0.0.4, behind swift-metrics.
///
/// Timers become histograms in seconds, recorders and meters become gauges. At most `maximumSeries` combinations of
/// name and labels are kept; what comes after them is counted in `mintmark_metrics_dropped_total` and nowhere else.
package final class PrometheusRegistry: MetricsFactory {
    /// The types of the exposition format that we use.
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    /// The upper bounds of histogram buckets, in seconds.
    static let buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// A hundred issuers with every reason to refuse, and room for all else.
    static let maximumSeries = 10_000

    private struct State {
        var families: [String: Family] = [:]
        var seriesCount = 0
        var droppedCount: Double = 0
    }

    private let state = Mutex(State())

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

    /// Replaces all series of a counter or gauge by values that are kept elsewhere; an empty list removes them.
    func replace(_ name: String, _ kind: Kind, _ values: [(labels: [(String, String)], value: Double)]) {
        state.withLock { state in
            state.seriesCount -= state.families.removeValue(forKey: name)?.series.count ?? 0
            var family = Family(kind: kind)
            for (labels, value) in values {
                guard state.seriesCount + family.series.count < Self.maximumSeries else {
                    state.droppedCount += 1
                    continue
                }
                family.series[Series.text(of: labels)] = Sample(value: value)
            }
            guard !family.series.isEmpty else { return }
            state.seriesCount += family.series.count
            state.families[name] = family
        }
    }

    /// Everything recorded so far, families and series in the order of their names.
    package func exposition() -> String {
        var (families, dropped) = state.withLock { ($0.families, $0.droppedCount) }
        families["mintmark_metrics_dropped_total"] = Family(kind: .counter, series: ["": Sample(value: dropped)])
        return families.sorted { $0.key < $1.key }.map { name, family in
            let series = family.series.sorted { $0.key < $1.key }.map { $0.value.lines(name: name, labels: $0.key) }
            let help = MetricHelp.texts[name].map { ["# HELP \(name) \($0)"] } ?? []
            return (help + ["# TYPE \(name) \(family.kind.rawValue)"] + series.joined()).joined(separator: "\n") + "\n"
        }
        .joined()
    }

    fileprivate func update(_ name: String, _ kind: Kind, _ labels: String, _ change: (inout Sample) -> Void) {
        state.withLock { state in
            if state.families[name]?.series[labels] == nil {
                guard state.seriesCount < Self.maximumSeries else {
                    state.droppedCount += 1
                    return
                }
                state.seriesCount += 1
            }
            change(&state.families[name, default: Family(kind: kind)].series[labels, default: Sample()])
        }
    }
}

private struct Family {
    let kind: PrometheusRegistry.Kind
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
    private let kind: PrometheusRegistry.Kind

    init(registry: PrometheusRegistry, name: String, labels: [(String, String)], kind: PrometheusRegistry.Kind) {
        self.registry = registry
        self.name = name
        self.labels = Self.text(of: labels)
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

    static func text(of labels: [(String, String)]) -> String {
        labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x0A, 0x22, 0x5C].contains($0) }) else { return text }
        // By scalar: as a character, a carriage return with its line feed would be neither of the two.
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
