internal import CertificateIndex
internal import CertificateTransparency
internal import Identity
internal import Issuance
internal import OpenSSL
internal import TransparencyLog

/// Metrics of how things are, read when somebody asks (CA specification 8.3, reliability R-55).
struct StateMetrics: Sendable {
    let authority: CertificateAuthority
    let limits: RequestLimits
    let audit: AuditStream?
    let clock: ClockAlarm
    let selfTest: SelfTest
    let readiness: Readiness
    /// The most memory that the limits allow.
    let ceiling: MemoryCeiling
    let now: @Sendable () -> Timestamp
    /// The shards of our own log, oldest first; none when certificates are logged elsewhere.
    let running: @Sendable () -> [RunningLog]

    /// Brings everything in `registry` up to date.
    func update(_ registry: PrometheusRegistry) {
        func gauge(_ name: String, _ value: Double) { registry.replace(name, .gauge, [([], value)]) }
        gauge("mintmark_ready", readiness.reasons.isEmpty ? 1 : 0)
        gauge("mintmark_clock_alarm", clock.isRaised ? 1 : 0)
        gauge("mintmark_self_test_success", selfTest.isPassed ? 1 : 0)
        gauge("mintmark_signing_requests_in_flight", Double(limits.signing.used))
        gauge("mintmark_memory_ceiling_bytes", Double(ceiling.byteCount))
        updateChain(registry)
        updateIssuers(registry)
        let running = running()
        updateLogs(registry, running.map(\.log))
        WitnessMetrics.update(registry, running)
        updateIndex(registry, running)
        updateAudit(registry)
        updateProcess(registry)
    }

    private func updateChain(_ registry: PrometheusRegistry) {
        let chain = authority.issuing.chain
        let places = chain.enumerated().map { (Self.place($0, of: chain.count), $1.notAfter) }
        registry.replace(
            "mintmark_ca_certificate_not_after_timestamp_seconds", .gauge,
            places.map { ([("place", $0)], Double($1.seconds)) })
        let today = Double(now().seconds)
        registry.replace(
            "mintmark_ca_certificate_days_left", .gauge,
            places.map { ([("place", $0)], ((Double($1.seconds) - today) / 86_400).rounded(.down)) })
    }

    /// The place of a certificate in a chain: `root` is last, `issuing` first unless it is the root.
    static func place(_ index: Int, of count: Int) -> String {
        if index == count - 1 { return "root" }
        return index == 0 ? "issuing" : "intermediate-\(index)"
    }

    private func updateIssuers(_ registry: PrometheusRegistry) {
        let states = authority.issuers.keyStates
        registry.replace(
            "mintmark_issuer_key_age_seconds", .gauge,
            states.compactMap { state in state.age.map { ([("issuer", state.name)], $0.seconds) } })
        registry.replace(
            "mintmark_issuer_key_fetch_failures_total", .counter,
            states.map { ([("issuer", $0.name)], Double($0.failureCount)) })
    }

    private func updateLogs(_ registry: PrometheusRegistry, _ logs: [LocalLog]) {
        func gauges(_ name: String, _ value: (LocalLog) -> Double?) {
            let values = logs.compactMap { log in value(log).map { ([("shard", log.parameters.shard)], $0) } }
            registry.replace("mintmark_log_\(name)", .gauge, values)
        }
        let time = now()
        gauges("window_end_timestamp_seconds") { Double($0.parameters.window.upperBound.seconds) }
        gauges("tree_size") { Double($0.reader.checkpoint.signedTreeHead.head.size.value) }
        gauges("checkpoint_age_seconds") { log in
            let head = log.reader.checkpoint.signedTreeHead.head
            let age = time > head.timestamp ? time.milliseconds - head.timestamp.milliseconds : 0
            return Double(age) / 1000
        }
        func counters(_ name: String, _ value: (StoreCounts) -> UInt64) {
            let values = logs.map { ([("shard", $0.parameters.shard)], Double(value($0.storeCounts))) }
            registry.replace("mintmark_log_\(name)", .counter, values)
        }
        counters("commits_total", \.commits)
        counters("syncs_total", \.syncs)
        gauges("queue_entries") { Double($0.load.queuedCount) }
        gauges("waiting_certificates") { Double($0.load.waitingCount) }
        gauges("scrub_position") { Double($0.scrubStatus.position) }
        gauges("scrub_size") { Double($0.scrubStatus.size) }
        gauges("scrub_completed_seconds") { Double($0.scrubStatus.completed?.seconds ?? 0) }
        gauges("scrub_findings") { $0.scrubStatus.finding == nil ? 0 : 1 }
        gauges("volume_free_bytes") { ($0.reader.space?.freeByteCount).map { Double($0) } }
        gauges("volume_reserve_bytes") { ($0.reader.space?.reserveByteCount).map { Double($0) } }
        let states = ["starting", "serving", "readonly-temporary", "frozen", "closed"]
        let values = logs.flatMap { log in
            let name = log.condition.name
            return states.map { ([("shard", log.parameters.shard), ("state", $0)], name == $0 ? 1.0 : 0.0) }
        }
        registry.replace("mintmark_log_state", .gauge, values)
    }

    private func updateIndex(_ registry: PrometheusRegistry, _ running: [RunningLog]) {
        func update(_ name: String, _ kind: PrometheusRegistry.Kind, _ value: (IndexFollower) -> UInt64) {
            let values = running.compactMap { log in
                log.index.map { ([("shard", log.log.parameters.shard)], Double(value($0))) }
            }
            registry.replace("mintmark_index_\(name)", kind, values)
        }
        update("entries", .gauge, \.status.size)
        update("lag_entries", .gauge, \.lag)
        update("rebuilds_total", .counter, \.status.rebuildCount)
    }

    private func updateAudit(_ registry: PrometheusRegistry) {
        guard let audit else { return }
        let counts = audit.counts
        registry.replace("mintmark_audit_records_total", .counter, [([], Double(counts.written))])
        registry.replace("mintmark_audit_records_lost_total", .counter, [([], Double(counts.lost))])
        registry.replace("mintmark_audit_writable", .gauge, [([], audit.isFailing ? 0 : 1)])
    }

    private func updateProcess(_ registry: PrometheusRegistry) {
        guard let process = ProcessStatistics(now: now(), bootTime: BootClock.now()) else { return }
        registry.replace("process_cpu_seconds_total", .counter, [([], process.processorSeconds)])
        registry.replace("process_start_time_seconds", .gauge, [([], process.startSeconds)])
        registry.replace("process_virtual_memory_bytes", .gauge, [([], process.virtualByteCount)])
        registry.replace("process_resident_memory_bytes", .gauge, [([], process.residentByteCount)])
        if let count = process.openFileCount { registry.replace("process_open_fds", .gauge, [([], Double(count))]) }
        if let count = process.maximumFileCount { registry.replace("process_max_fds", .gauge, [([], count)]) }
    }
}
