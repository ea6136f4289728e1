internal import CertificateIndex
internal import CertificateTransparency
internal import ServiceLifecycle
internal import TransparencyLog

/// One shard of our log with everything that works for it while the server runs.
struct RunningLog: Sendable {
    /// The log itself.
    let log: LocalLog

    /// What is served of it.
    let endpoints: LogEndpoints

    /// How auditors search it.
    let searchable: SearchableLog

    /// What sequences it.
    let service: LogService

    /// What reads along or asks others about it; stopped before the log, and never in the way of the writer.
    let companions: [any Service]

    /// Who asks its witnesses; nil when it has none.
    let witnessing: Witnessing?

    /// What looks at it through the public URL; nil when nothing does.
    let selfAudit: SelfAudit?

    /// What keeps its index for auditors; nil when there is none.
    let index: IndexFollower?

    /// All services in the order in which they start.
    var services: [any Service] { [service] + companions }
}
