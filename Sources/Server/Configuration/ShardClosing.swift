internal import CertificateTransparency
internal import Issuance
package import OpenSSL
package import TransparencyLog

/// The order to close a shard, for a server that has it open.
package struct ShardClosing: Sendable {
    private let directory: DataDirectory
    private let shard: String?

    /// An order for a shard, which must be named when there are several.
    package init(_ directory: DataDirectory, shard: String?) {
        (self.directory, self.shard) = (directory, shard)
    }

    /// Writes the order into the settings and waits until the server has carried it out; answers with its record.
    ///
    /// Throws without an order when the shard is closed already, and when no other takes the certificates that are
    /// made now. When the server has not closed the shard in time it throws too, but the order then stands.
    package func give(
        actor: String, reason: String, within limit: Duration, now: Timestamp
    ) async throws -> StoreOperation {
        let log = try StoredLog(directory, shard: shard)
        if try await Self.record(of: log) != nil { throw StoreRefusal.notInState("the log is closed for good") }
        let name = try write(ShardSettings.Closing(actor: actor, reason: reason), now: now)
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if let done = try await Self.record(of: log) { return done }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw ConfigurationMistakes([
            "the shard \(name) is not closed yet; the order stands in \(directory.settings), and whoever has the log "
                + "open will carry it out"
        ])
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
        try PrivateFile.replace(directory.settings, Array(settings.yaml.utf8))
        _ = consume lock
        return chosen
    }
}
