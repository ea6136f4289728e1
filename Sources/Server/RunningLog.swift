internal import CertificateTransparency
internal import ServiceLifecycle

/// One shard of our log with everything that works for it while the server runs.
struct RunningLog: Sendable {
    /// The log itself.
    let log: LocalLog

    /// What is served of it.
    let endpoints: LogEndpoints

    /// What sequences it.
    let service: LogService

    /// What reads along or asks others about it; stopped before the log, and never in the way of the writer.
    let companions: [any Service]

    /// All services in the order in which they start.
    var services: [any Service] { [service] + companions }
}
