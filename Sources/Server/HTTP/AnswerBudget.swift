internal import Synchronization

/// The octets of long answers that clients have not taken yet, over all connections (reliability R-26, section 4.11).
///
/// An answer is in memory until its client has read it. When there are too many octets, the answers that have waited
/// longest are given up: a client that reads is done within moments, so they belong to clients that do not.
final class AnswerBudget: Sendable {
    /// The longest answer in octets that is not counted: as many such answers as there may be connections and streams
    /// are part of what each of those may take.
    static let freeByteCount = 32 * 1024

    /// An answer that is counted; remove it exactly once.
    struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Held {
        let byteCount: Int
        let giveUp: @Sendable (Ticket) -> Void
    }

    private struct State {
        var held: [UInt64: Held] = [:]
        var oldest: UInt64 = 0
        var next: UInt64 = 0
        var byteCount = 0

        mutating func remove(_ number: UInt64) -> Held? {
            guard let removed = held.removeValue(forKey: number) else { return nil }
            byteCount -= removed.byteCount
            return removed
        }
    }

    /// The most octets that are kept.
    let maximumByteCount: Int

    private let state = Mutex(State())

    /// A budget of so many octets.
    init(maximumByteCount: Int = 64 << 20) {
        self.maximumByteCount = maximumByteCount
    }

    /// The octets that are kept now.
    var byteCount: Int { state.withLock { $0.byteCount } }

    /// Counts an answer of so many octets; `giveUp` is called with its ticket,
    /// from anywhere, when it has to make room for later ones.
    func add(_ byteCount: Int, giveUp: @escaping @Sendable (Ticket) -> Void) -> Ticket {
        let (ticket, late) = state.withLock { state in
            let number = state.next
            state.next += 1
            state.held[number] = Held(byteCount: byteCount, giveUp: giveUp)
            state.byteCount += byteCount
            var late: [(Ticket, Held)] = []
            while state.byteCount > maximumByteCount, state.oldest < state.next {
                if let removed = state.remove(state.oldest) { late.append((Ticket(number: state.oldest), removed)) }
                state.oldest += 1
            }
            return (Ticket(number: number), late)
        }
        for (ticket, one) in late { one.giveUp(ticket) }
        return ticket
    }

    /// Forgets an answer that was taken, or whose connection has ended.
    func remove(_ ticket: Ticket) {
        state.withLock { state in
            _ = state.remove(ticket.number)
            while state.oldest < state.next, state.held[state.oldest] == nil { state.oldest += 1 }
        }
    }
}
