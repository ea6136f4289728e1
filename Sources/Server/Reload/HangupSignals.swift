internal import Dispatch
internal import Glibc

/// SIGHUP as a request to read files again; from the moment that this is made it does not end the process.
final class HangupSignals: @unchecked Sendable {  // the source is thread-safe, and only cancelled after init
    /// One element for the signals that came since the last one was taken.
    let signals: AsyncStream<Void>
    private let source: any DispatchSourceSignal

    /// Takes the signal over for the rest of the process's life.
    init() {
        let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.signals = signals
        // The source is registered later, and a signal before that would end the process.
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler { continuation.yield() }
        source.resume()
    }

    deinit {
        source.cancel()
    }
}
