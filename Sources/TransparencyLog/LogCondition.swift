internal import Synchronization

/// What a log does at the moment (transparency-log 3.5, "States").
package enum LogCondition: Hashable, Sendable {
    /// It was opened and has not committed a head yet.
    case starting
    /// It reads and writes.
    case serving
    /// It reads; it will write again by itself when the reason has gone.
    case readOnlyTemporarily(reason: String)
    /// It reads what verifies and never writes, until an operator has looked.
    case frozen(reason: String)
    /// Its time is over: it reads for ever and never writes.
    case closed(reason: String)

    /// The state's name as the specification has it.
    package var name: String {
        switch self {
        case .starting: "starting"
        case .serving: "serving"
        case .readOnlyTemporarily: "readonly-temporary"
        case .frozen: "frozen"
        case .closed: "closed"
        }
    }

    /// Why the log does not write; nil when it does or is about to.
    package var reason: String? {
        switch self {
        case .starting, .serving: nil
        case .readOnlyTemporarily(let reason), .frozen(let reason), .closed(let reason): reason
        }
    }

    /// Whether only an operator's command ends it.
    package var isFinal: Bool {
        switch self {
        case .frozen, .closed: true
        case .starting, .serving, .readOnlyTemporarily: false
        }
    }

    /// State and reason in one sentence, for whoever asks whether the log can write; nil when it can.
    package var obstacle: String? {
        reason.map { "the log is \(name): \($0)" }
    }

    /// What a submission is answered with in this state; nil when it may be tried.
    var submissionFailure: SubmissionFailure? {
        switch self {
        case .starting, .serving, .readOnlyTemporarily: nil
        case .frozen: .frozen
        case .closed: .closed
        }
    }
}

/// The state of a log that runs, shared by the sequencer and everyone who asks.
package final class CurrentCondition: Sendable {
    private let current: Mutex<LogCondition>

    /// A log that was opened in this state.
    package init(_ condition: LogCondition) {
        current = Mutex(condition)
    }

    /// The state now.
    package var value: LogCondition {
        current.withLock { $0 }
    }

    /// Moves on, unless only an operator may; answers whether the state is another one than before.
    func move(to next: LogCondition) -> Bool {
        current.withLock { current in
            guard !current.isFinal, current != next else { return false }
            current = next
            return true
        }
    }
}
