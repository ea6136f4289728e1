internal import CertificateTransparency
internal import Issuance
package import OpenSSL
package import TransparencyLog

/// The order to close a shard, for a server that has it open.
package struct ShardClosing: Sendable {
    private let directory: DataDirectory
    private let shard: String?
    private let logGuard: String?

    /// An order for a shard, which must be named when there are several.
    ///
    /// `logGuard` is what the operator says of the first shard's guard file.
    package init(_ directory: DataDirectory, shard: String?, logGuard: String? = nil) {
        (self.directory, self.shard, self.logGuard) = (directory, shard, logGuard)
    }

    /// Writes the order into the settings and waits until the server has carried it out; answers with its record.
    ///
    /// Throws without an order when the shard is closed already or frozen, and when no other takes the certificates
    /// that are made now. When the server has not closed the shard in time, the order is taken back and it throws too.
    package func give(
        actor: String, reason: String, within limit: Duration, now: Timestamp
    ) async throws -> StoreOperation {
        let log = try StoredLog(directory, shard: shard)
        switch try await log.operating(logGuard: logGuard).condition() {
        case .closed: throw StoreRefusal.notInState("the log is closed for good")
        case .frozen: throw StoreRefusal.notInState("the log is frozen: stop the server, then close it")
        case .starting, .serving, .readOnlyTemporarily: break
        }
        let order = ShardSettings.Closing(actor: actor, reason: reason)
        let name = try write(order, now: now)
        let end = ContinuousClock.now + limit
        do {
            while ContinuousClock.now < end {
                if let done = try await Self.record(of: log) { return done }
                try await Task.sleep(for: .milliseconds(200))
            }
        } catch {
            try takeBack(order)
            throw error
        }
        try takeBack(order)
        // The server may have been faster than the withdrawal.
        if let done = try await Self.record(of: log) { return done }
        throw ConfigurationMistakes([
            "the server has not closed the shard \(name) in time; the order was taken back out of "
                + "\(directory.settings), but a server that has begun will end it"
        ])
    }

    private func takeBack(_ order: ShardSettings.Closing) throws {
        do { _ = try withdraw(only: order) } catch {
            throw ConfigurationMistakes([
                "the server has not closed the shard yet, and the order still stands in \(directory.settings): \(error)"
            ])
        }
    }

    /// Takes an order back that stands in the settings, and answers with it; nil when there is none, or another one
    /// than the `expected` one.
    package func withdraw(only expected: ShardSettings.Closing? = nil) throws -> ShardSettings.Closing? {
        let standing = try OwnLog.settings(directory).shard(shard)
        guard standing.closing != nil else { return nil }
        let lock = try DirectoryLock(directory, for: .changing)
        var settings = try OwnLog.settings(directory)
        guard let order = try settings.shard(standing.shard).closing, order == expected ?? order else { return nil }
        settings.close(standing.shard, nil)
        try replace(settings)
        _ = consume lock
        return order
    }

    /// Writes an order down again that was taken back.
    package func restore(_ order: ShardSettings.Closing) throws {
        let lock = try DirectoryLock(directory, for: .changing)
        var settings = try OwnLog.settings(directory)
        settings.close(try settings.shard(shard).shard, order)
        try replace(settings)
        _ = consume lock
    }

    private static func record(of log: StoredLog) async throws -> StoreOperation? {
        try await log.operating().history().last { $0.kind == .close }
    }

    private func write(_ order: ShardSettings.Closing, now: Timestamp) throws -> String {
        let lock = try DirectoryLock(directory, for: .changing)
        var settings = try OwnLog.settings(directory)
        let chosen = try settings.shard(shard).shard
        let end = now.adding(milliseconds: CertificateProfile.lifetimeInMilliseconds)
        let takers = settings.shards.filter { $0.closing == nil && ($0.windowStart..<$0.windowEnd).contains(end) }
        guard takers.map(\.shard) != [chosen] else {
            throw ConfigurationMistakes([
                "no shard but \(chosen) takes the certificates that are made now: make the next one first "
                    + "(mintmark log rotate), or stop the server"
            ])
        }
        settings.close(chosen, order)
        try replace(settings)
        _ = consume lock
        return chosen
    }

    private func replace(_ settings: DataDirectorySettings) throws {
        try PrivateFile.replace(directory.settings, Array(try settings.readableYAML().utf8))
    }
}
