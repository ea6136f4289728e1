internal import Dispatch
internal import Synchronization
import Glibc

/// Writes lines to standard error or standard output from a thread of its own.
///
/// Whoever logs never waits: a reader that stalls would otherwise stop issuance. What does not fit into the queue is
/// dropped and counted, and the count is written when there is room again.
package final class LineWriter: Sendable {
    /// The writer to standard error.
    package static let standardError = LineWriter(STDERR_FILENO)

    /// The writer to standard output.
    package static let standardOutput = LineWriter(STDOUT_FILENO)

    /// Lines that may wait to be written.
    private static let capacity = 4096

    /// How long a line waits for others, because each call that writes wakes a thread.
    private static let collection = DispatchTimeInterval.milliseconds(2)

    private let descriptor: Int32
    private let queue: DispatchQueue
    private let state = Mutex(State())

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        queue = DispatchQueue(label: "lines to descriptor \(descriptor)")
    }

    /// Waits until everything that was queued anywhere is written, two seconds at most for each place.
    package static func flushAll() {
        standardOutput.flush()
        standardError.flush()
    }

    private struct State {
        /// What nobody has begun to write, each with its newline.
        var text: [UInt8] = []
        var waiting = 0
        var dropped = 0
        var isScheduled = false
    }

    /// Queues a line without its newline.
    func write(_ line: [UInt8]) {
        let isFirst = state.withLock { state in
            guard state.waiting < Self.capacity else {
                state.dropped += 1
                return false
            }
            if state.dropped > 0 {
                state.text += Array("{\"severity\":\"error\",\"message\":\"\(state.dropped) lines dropped\"}\n".utf8)
                state.dropped = 0
            }
            state.waiting += 1
            state.text += line
            state.text.append(0x0A)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { queue.asyncAfter(deadline: .now() + Self.collection) { self.drain() } }
    }

    /// Writes all lines that wait, with one call for all of them.
    private func drain() {
        let (text, count) = state.withLock { state in
            defer {
                state.text = []
                state.isScheduled = false
            }
            return (state.text, state.waiting)
        }
        _ = DescriptorOutput.write(text, to: descriptor)
        // Until they are written they count, so that a reader that stalls fills the queue and not the memory.
        state.withLock { $0.waiting -= count }
    }

    /// Waits until everything that was queued is written, two seconds at most; for the end of the process.
    ///
    /// A reader that stalls must not keep a process from ending whose log has failed.
    package func flush() {
        let last = DispatchWorkItem { self.drain() }
        queue.async(execute: last)
        _ = last.wait(timeout: .now() + 2)
    }
}
