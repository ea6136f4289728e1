package import OpenSSL
package import StrictJSON
internal import TransparencyLog

/// Takes chains from whoever sends them over HTTP (RFC 6962 §4.1, §4.2; transparency-log 4.3).
package struct PublicSubmissions: Sendable {
    /// Which endpoint a chain came to.
    package enum Kind: Hashable, Sendable {
        /// `add-chain`.
        case certificate
        /// `add-pre-chain`.
        case precertificate
    }

    /// Whose chains are taken.
    package let acceptance: LogAcceptance
    private let log: LocalLog
    private let admission: ChainAdmission
    private let authenticatedAdmission: ChainAdmission
    private let now: @Sendable () -> Timestamp

    /// The entrance to a log whose own CA has these roots; `now` is the wall clock.
    package init(
        _ log: LocalLog, acceptance: LogAcceptance, ownRoots: [Certificate], now: @escaping @Sendable () -> Timestamp
    ) {
        let roots = acceptance == .anyWithLimit ? log.roots : log.roots.filter { !ownRoots.contains($0) }
        admission = ChainAdmission(roots: roots, window: log.parameters.window)
        authenticatedAdmission = ChainAdmission(roots: log.roots, window: log.parameters.window)
        (self.log, self.acceptance, self.now) = (log, acceptance, now)
    }

    /// Throws when no chain would be taken now, whatever it says; asked before a body is read.
    ///
    /// Callers who proved who they are may submit whatever the acceptance is. `LogRefusal.onlyOwnAuthority`,
    /// `LogRefusal.windowIsOver`, or `LogFailure` when there is no room.
    package func requireOpen(isAuthenticated: Bool = false) throws {
        guard log.isOpen else { throw LogFailure.notSequenced(.closed) }
        guard isAuthenticated || acceptance != .own else { throw LogRefusal.onlyOwnAuthority }
        guard now() < log.parameters.window.upperBound else { throw LogRefusal.windowIsOver }
        try log.requireRoomForStrangers()
    }

    /// Logs the chain of a body, or finds its entry, and answers with the body of the answer.
    ///
    /// Callers who proved who they are may submit chains to every accepted root; half of the queue stays reserved for
    /// our own CA all the same. Throws `LogRefusal`, `LogFailure`, or `CancellationError` when the caller is cancelled:
    /// the entry may then be logged nevertheless.
    package func add(_ body: [UInt8], as kind: Kind, isAuthenticated: Bool = false) async throws -> JSONText {
        let submission = try ChainSubmission(parsing: body)
        let admission = isAuthenticated ? authenticatedAdmission : admission
        let admitted =
            switch kind {
            case .certificate: try admission.admit(certificate: submission.submitted, chain: submission.chain)
            case .precertificate: try admission.admit(submission.submitted, chain: submission.chain)
            }
        return try await log.sequence(admitted, from: .stranger).json
    }
}
