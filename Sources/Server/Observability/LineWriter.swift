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
        var waiting = 0
        var dropped = 0
    }

    /// Queues a line without its newline.
    func write(_ line: [UInt8]) {
        let dropped: Int? = state.withLock { state in
            guard state.waiting < Self.capacity else {
                state.dropped += 1
                return nil
            }
            state.waiting += 1
            defer { state.dropped = 0 }
            return state.dropped
        }
        guard let dropped else { return }
        queue.async {
            if dropped > 0 {
                let line = "{\"severity\":\"error\",\"message\":\"\(dropped) lines dropped\"}\n"
                _ = DescriptorOutput.write(Array(line.utf8), to: self.descriptor)
            }
            _ = DescriptorOutput.write(line + [0x0A], to: self.descriptor)
            self.state.withLock { $0.waiting -= 1 }
        }
    }

    /// Waits until everything that was queued is written, two seconds at most; for the end of the process.
    ///
    /// A reader that stalls must not keep a process from ending whose log has failed.
    package func flush() {
        let last = DispatchWorkItem {}
        queue.async(execute: last)
        _ = last.wait(timeout: .now() + 2)
    }
}
