internal import OpenSSL
internal import TransparencyLog

/// What witnesses and the self-audit say about whether certificates can be issued (transparency-log 3.7.5, 5.4).
extension RunningLog {
    /// How long a witness may fail before somebody should look.
    private static let patience: UInt64 = 60_000

    /// What keeps the log from signing because witnesses have not agreed yet.
    var obstacles: [Readiness.Check] {
        guard let witnessing else { return [] }
        return [{ witnessing.obstacle }]
    }

    /// What somebody should look at.
    func warnings(now: @escaping @Sendable () -> Timestamp) -> [Readiness.Check] {
        var checks: [Readiness.Check] = []
        if let witnessing {
            checks.append {
                let time = now()
                let failing = witnessing.statuses.filter { status in
                    status.failingSince.map { $0.adding(milliseconds: Self.patience) < time } ?? false
                }
                guard !failing.isEmpty else { return nil }
                return "no cosignature for more than a minute from: " + failing.map(\.name).joined(separator: ", ")
            }
        }
        if let selfAudit {
            checks.append {
                selfAudit.lastFinding == .good
                    ? nil : "the log's public URL does not serve what the log has published"
            }
        }
        return checks
    }
}
