import Dispatch
import Glibc
import Synchronization

/// Finds all addresses of a host.
///
/// `getaddrinfo` blocks and cannot be cancelled, so each resolver has one thread of its own: a name server that hangs
/// holds up one issuer and never the cooperative pool (reliability 4.9). A cancelled caller leaves at once.
final class HostResolver: Sendable {
    private let queue = DispatchQueue(label: "mintmark.resolver")

    /// The addresses of a host in the system's order; throws when it has none.
    func addresses(of host: String) async throws(FetchFailure) -> [IPAddress] {
        if let address = IPAddress(text: host) { return [address] }
        let answer = Answer()
        let found = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                answer.wait(continuation)
                queue.async { answer.give(answer.isWanted ? Self.lookUp(host) : []) }
            }
        } onCancel: {
            answer.give([])
        }
        guard !found.isEmpty else { throw Task.isCancelled ? .timedOut : .hostNotFound }
        return found
    }

    private static func lookUp(_ host: String) -> [IPAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        // 0 is success; every other code means that there is no address to use.
        guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var found: [IPAddress] = []
        var entry = unsafe list
        while let current = unsafe entry {
            if let address = unsafe address(in: current.pointee), !found.contains(address) { found.append(address) }
            unsafe entry = unsafe current.pointee.ai_next
        }
        return found
    }

    private static func address(in entry: addrinfo) -> IPAddress? {
        let raw = unsafe UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
        // struct sockaddr_in { u16 family; u16 port; u8 addr[4]; ... }
        // struct sockaddr_in6 { u16 family; u16 port; u32 flowinfo; u8 addr[16]; u32 scope; }
        switch unsafe (entry.ai_family, raw.count) {
        case (AF_INET, 8...): return unsafe IPAddress(bytes: Array(raw[4..<8]))
        case (AF_INET6, 24...): return unsafe IPAddress(bytes: Array(raw[8..<24]))
        default: return nil
        }
    }

    /// The one answer to one question, whoever gives it first.
    private final class Answer: Sendable {
        private enum State {
            case open
            case waiting(CheckedContinuation<[IPAddress], Never>)
            case given([IPAddress])
        }

        private let state = Mutex(State.open)

        var isWanted: Bool {
            state.withLock { if case .given = $0 { false } else { true } }
        }

        func wait(_ continuation: CheckedContinuation<[IPAddress], Never>) {
            let early: [IPAddress]? = state.withLock {
                if case .given(let addresses) = $0 { return addresses }
                $0 = .waiting(continuation)
                return nil
            }
            if let early { continuation.resume(returning: early) }
        }

        func give(_ addresses: [IPAddress]) {
            let waiter: CheckedContinuation<[IPAddress], Never>? = state.withLock { state in
                let before = state
                if case .given = before { return nil }
                state = .given(addresses)
                if case .waiting(let continuation) = before { return continuation }
                return nil
            }
            waiter?.resume(returning: addresses)
        }
    }
}
