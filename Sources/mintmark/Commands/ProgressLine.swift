internal import ArgumentParser
internal import Server
internal import StrictJSON
internal import Synchronization
internal import TransparencyLog
internal import Glibc

/// Says on standard error how far a long recomputation is, with rate and time left, at most once a second.
final class ProgressLine: Sendable {
    private struct State {
        let began = ContinuousClock.now
        var lastLine: ContinuousClock.Instant?
        var isUnfinished = false
    }

    private let isWanted: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    /// Says nothing unless standard error is a terminal or it is asked for.
    init(isAskedFor: Bool) {
        isWanted = isAskedFor || isTerminal
    }

    /// Takes note of a step.
    func update(_ progress: SQLiteStoreInspection.Progress) {
        update(progress.position, of: progress.size)
    }

    /// Takes note of how many entries are done, of how many.
    func update(_ position: UInt64, of size: UInt64) {
        guard isWanted else { return }
        let line: String? = state.withLock { state in
            let now = ContinuousClock.now
            let isLast = position >= size
            guard isLast || (state.lastLine ?? state.began).duration(to: now) >= .seconds(1) else { return nil }
            state.lastLine = now
            state.isUnfinished = !isLast
            return Self.text(position, of: size, elapsed: state.began.duration(to: now))
        }
        guard let line else { return }
        guard isTerminal else { return StandardError.write(line) }
        // A carriage return, and what the terminal calls "erase to the end of the line".
        let bytes = Array("\r\(line)\u{1B}[K\(position >= size ? "\n" : "")".utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Begins a new line when the last one was left open by a failure.
    func end() {
        guard isTerminal, state.withLock({ $0.isUnfinished }) else { return }
        StandardError.write("")
    }

    /// The words for a step after some time.
    static func text(_ position: UInt64, of size: UInt64, elapsed: Duration) -> String {
        let rate = Double(position) / max(elapsed.seconds, 0.001)
        let rest = Double(size - min(position, size))
        let left = rate > 0 ? Int((rest / rate).rounded(.up)) : 0
        return "\(position) of \(size) entries, \(Int(rate)) a second, \(left) s left"
    }
}

/// What commands have in common that recompute a log.
struct ProgressOptions: ParsableArguments {
    @Flag(help: "Say on standard error how far it is, also when that is no terminal.")
    var progress = false

    @Flag(help: "Print one JSON object instead of words.")
    var json = false

    /// Runs a command's work and prints what it found, in words or as JSON.
    ///
    /// With `--json` a failure is printed as well, as an object whose `ok` is false, and the status is 1.
    func run(_ work: (ProgressLine) async throws -> (words: String, json: JSONValue)) async throws {
        try await reportingFailure { line in
            let result = try await work(line)
            StandardOutput.write(json ? JSONText(result.json).string : result.words)
        }
    }

    /// Runs the work of a command that prints by itself what it found.
    ///
    /// With `--json` a failure is printed as well, as an object whose `ok` is false, and the status is 1.
    func reportingFailure(_ work: (ProgressLine) async throws -> Void) async throws {
        let line = ProgressLine(isAskedFor: progress)
        do {
            try await work(line)
        } catch {
            line.end()
            guard json else { throw error }
            let lines = (error as? ConfigurationMistakes)?.lines ?? ["\(error)"]
            let value: JSONValue = ["ok": false, "finding": .string(lines.joined(separator: "; "))]
            StandardOutput.write(JSONText(value).string)
            throw ExitCode.failure
        }
    }
}
