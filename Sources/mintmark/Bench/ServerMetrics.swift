internal import AsyncHTTPClient

/// What a server says of itself in the text format of Prometheus.
enum ServerMetrics {
    /// How often the log has made the kernel wait for its disk; nil when that cannot be had.
    static func syncCount(_ url: String?) async -> Double? {
        guard let url, let text = try? await JSONClient(.shared).get(url) else { return nil }
        return total(of: "mintmark_log_syncs_total", in: String(decoding: text, as: UTF8.self))
    }

    /// The sum of a metric over its labels; nil when there is none of that name.
    static func total(of name: String, in text: String) -> Double? {
        let values = text.split(separator: "\n").filter { line in
            line.hasPrefix(name) && [" ", "{"].contains(line.dropFirst(name.count).first)
        }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        return values.isEmpty ? nil : values.reduce(0, +)
    }
}
