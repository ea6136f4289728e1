internal import CertificateTransparency
internal import OpenSSL
internal import TransparencyLog

/// Metrics of what witnesses and the self-audit see, read when somebody asks.
enum WitnessMetrics {
    /// Brings them up to date for all logs.
    static func update(_ registry: PrometheusRegistry, _ logs: [RunningLog]) {
        typealias Series = [(labels: [(String, String)], value: Double)]
        var (counts, sizes, times, checks, successes) = (Series(), Series(), Series(), Series(), Series())
        for log in logs {
            let shard = ("shard", log.log.parameters.shard)
            for status in log.witnessing?.statuses ?? [] {
                let witness = ("witness", status.name)
                counts += WitnessStatus.Result.allCases.map { result in
                    ([shard, witness, ("result", result.rawValue)], Double(status.counts[result] ?? 0))
                }
                sizes.append(([shard, witness], Double(status.size?.value ?? 0)))
                times.append(([shard, witness], Double(status.lastSuccess?.seconds ?? 0)))
            }
            guard let audit = log.selfAudit else { continue }
            let found = audit.counts
            checks += SelfAudit.Finding.allCases.map { finding in
                ([shard, ("result", finding.rawValue)], Double(found[finding] ?? 0))
            }
            successes.append(([shard], audit.lastFinding == .good ? 1 : 0))
        }
        registry.replace("mintmark_witness_cosignatures_total", .counter, counts)
        registry.replace("mintmark_witness_size", .gauge, sizes)
        registry.replace("mintmark_witness_last_success_timestamp_seconds", .gauge, times)
        registry.replace("mintmark_log_self_audit_checks_total", .counter, checks)
        registry.replace("mintmark_log_self_audit_success", .gauge, successes)
    }
}
