internal import CertificateTransparency
internal import Logging
internal import OpenSSL
internal import ServiceLifecycle
internal import Synchronization
internal import TransparencyLog

/// All shards of our log with everything that works for them; a shard can be added while the server runs.
///
/// Each runs in a group of its own, which stops in the reverse order of its start. When any log fails, so does this.
final class RunningLogs: Service {
    /// How long after the end of its window a shard is closed: 7 days, in milliseconds (transparency-log 3.5).
    static let graceInMilliseconds: UInt64 = 7 * 86_400_000

    /// How old the newest head of a log may be when it is opened, by a clock that is believed: a day, in milliseconds.
    ///
    /// A server signs heads all the time, so a clock that is years ahead at a start leaves a gap of years.
    static let confirmingAgeInMilliseconds: UInt64 = 86_400_000

    /// The shards as the one log that certificates go to.
    let sharded: ShardedLog

    /// The endpoints on the port of the API, of all shards and of the CA.
    let mainPort: EndpointTable

    /// The endpoints on the port for monitors, if there is one.
    let monitoringPort = EndpointTable([:])

    private let state: Mutex<State>
    private let additions = AsyncStream<RunningLog>.makeStream()
    private let failures = AsyncStream<any Error>.makeStream()
    private let now: @Sendable () -> Timestamp
    private let isClockTrusted: @Sendable () -> Bool
    private let closed: @Sendable (_ log: LocalLog) -> Void
    private let logger: Logger

    private struct State {
        var running: [RunningLog] = []
        var orders: [String: ShardSettings.Closing] = [:]
        /// Log IDs of the shards that were open in this process and whose end was not told yet.
        var open: Set<SHA256Digest> = []
        /// Log IDs of the shards whose heads did not bear the clock out when they were added.
        var unconfirmed: Set<SHA256Digest> = []
        /// Log IDs of those of them whose end by the clock was told.
        var doubted: Set<SHA256Digest> = []
    }

    /// No shards yet; `closed` is told of each one that is closed while the server runs.
    ///
    /// Without trust in the clock no shard is closed because its window is over: that cannot be taken back. The clock
    /// is not trusted either for a shard whose newest head, when it was added, was from before the end of its window
    /// and older than a day.
    init(
        _ sharded: ShardedLog, mainPort: EndpointTable, now: @escaping @Sendable () -> Timestamp,
        isClockTrusted: @escaping @Sendable () -> Bool, logger: Logger, closed: @escaping @Sendable (LocalLog) -> Void
    ) {
        (self.sharded, self.mainPort, self.now, self.isClockTrusted) = (sharded, mainPort, now, isClockTrusted)
        (self.closed, self.logger) = (closed, logger)
        state = Mutex(State())
    }

    /// The shards, oldest first.
    var all: [RunningLog] { state.withLock { $0.running } }

    /// The shard of this name; nil when there is none.
    func shard(_ name: String) -> RunningLog? { all.first { $0.log.parameters.shard == name } }

    /// Serves a shard and sequences it from now on; certificates go to it only when `sharded` has it too.
    func add(_ running: RunningLog) {
        state.withLock { state in
            state.running.append(running)
            if running.log.isOpen { state.open.insert(running.log.parameters.logID) }
            if !isClockConfirmed(by: running.log) { state.unconfirmed.insert(running.log.parameters.logID) }
        }
        mainPort.add(running.endpoints.onMainPort)
        monitoringPort.add(running.endpoints.onMonitoringPort)
        additions.continuation.yield(running)
    }

    /// Replaces the orders to close shards, by their names; each is carried out as soon as it can be.
    func order(_ orders: [String: ShardSettings.Closing]) {
        state.withLock { $0.orders = orders }
    }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { await self.closeWhatIsDue() }
                group.addTask {
                    try await withThrowingDiscardingTaskGroup { logs in
                        for await running in self.additions.stream { logs.addTask { try await self.run(running) } }
                    }
                }
                // The first to end says how: an error of a log, or all of them in order.
                try await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.additions.continuation.finish()
        }
    }

    /// Waits until a log fails and answers with the reason; throws when the wait is cancelled.
    func failure() async throws -> any Error {
        for await failure in failures.stream { return failure }
        throw CancellationError()
    }

    private func run(_ running: RunningLog) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask { [logger] in
                let services = running.services.map {
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
                }
                try await ServiceGroup(
                    configuration: ServiceGroupConfiguration(services: services, logger: logger)
                ).run()
                return true
            }
            tasks.addTask { [failures] in
                failures.continuation.yield(try await running.service.failure())
                return false
            }
            while let isOver = try await tasks.next(), !isOver {}
        }
    }

    /// Looks once a second which shards are to be closed, and which have been, until the task is cancelled.
    private func closeWhatIsDue() async {
        while !Task.isCancelled {
            closeDueShards()
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Gives every shard its order to close that has one, or whose window and grace are over; tells of those closed.
    func closeDueShards() {
        let (running, orders) = state.withLock { ($0.running, $0.orders) }
        for log in running.map(\.log) where log.isOpen {
            if let order = orders[log.parameters.shard] {
                log.closeForGood(because: order.reason, by: order.actor)
            } else if isClockTrusted(), isOver(log) {
                closeOrDoubt(log)
            }
        }
        for log in running.map(\.log) {
            guard case .closed = log.condition,
                state.withLock({ $0.open.remove(log.parameters.logID) }) != nil
            else { continue }
            closed(log)
        }
    }

    /// Closes a shard whose window is over, or says once why not.
    private func closeOrDoubt(_ log: LocalLog) {
        let logID = log.parameters.logID
        let (isConfirmed, isNew) = state.withLock { state in
            guard state.unconfirmed.contains(logID) else { return (true, false) }
            return (false, state.doubted.insert(logID).inserted)
        }
        if isConfirmed {
            log.closeForGood(because: "its window is over", by: "mintmark serve")
        } else if isNew {
            logger.warning(
                """
                not closed although its window is over by the clock: its newest head at the start was too old to bear \
                the clock out; check the clock, then restart or run mintmark log close
                """,
                metadata: ["shard": "\(log.parameters.shard)", "until": "\(log.parameters.window.upperBound.rfc3339)"])
        }
    }

    /// Whether the newest head that a log was opened with makes the clock credible.
    private func isClockConfirmed(by log: LocalLog) -> Bool {
        let head = log.reader.newestCommitted.signedTreeHead.head.timestamp
        return head >= log.parameters.window.upperBound
            || head.adding(milliseconds: Self.confirmingAgeInMilliseconds) > now()
    }

    private func isOver(_ log: LocalLog) -> Bool {
        log.parameters.window.upperBound.adding(milliseconds: Self.graceInMilliseconds) <= now()
    }
}
