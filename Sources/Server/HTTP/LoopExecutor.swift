internal import NIOCore

/// Runs the tasks of a connection on the connection's own event loop.
///
/// What a request waits for then wakes no other thread: neither reading nor answering changes threads. While one
/// request computes, the other connections of the same loop wait, as they would for a thread of the common pool.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    /// An executor on one event loop.
    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
