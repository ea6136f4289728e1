internal import Dispatch
internal import Synchronization
import Glibc

/// Writes lines to one descriptor from a thread of its own.
///
/// Whoever logs never waits: a reader that stalls would otherwise stop issuance. What does not fit into the queue is
/// dropped and counted, and the count is written when there is room again.
package final class LineWriter: Sendable {
    /// The writer to standard error.
    package static let standardError = LineWriter(STDERR_FILENO, "standard error")

    /// The writer to standard output.
    package static let standardOutput = LineWriter(STDOUT_FILENO, "standard output")

    /// Lines that may wait to be written.
    private static let capacity = 4096

    private let descriptor: Int32
    private let queue: DispatchQueue
    private let state = Mutex(State())

    private init(_ descriptor: Int32, _ name: String) {
        self.descriptor = descriptor
        queue = DispatchQueue(label: name)
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
                self.writeAll(Array("{\"severity\":\"error\",\"message\":\"\(dropped) lines dropped\"}\n".utf8))
            }
            self.writeAll(line + [0x0A])
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

    private func writeAll(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
