import OpenSSL
import Synchronization
import Testing

@testable import TransparencyLog

@Suite struct SubmissionQueueTests {
    private func failure(
        _ queue: SubmissionQueue, _ number: Int, byteCount: Int = 8, from source: SubmissionSource = .ownAuthority
    ) -> SubmissionFailure? {
        do throws(SubmissionFailure) {
            try queue.add(.test(number, byteCount: byteCount), from: source, waiter: Waiter())
            return nil
        } catch {
            return error
        }
    }

    private func isFull(_ failure: SubmissionFailure?) -> Bool {
        if case .queueFull(let seconds) = failure { (1...30).contains(seconds) } else { false }
    }

    @Test func `a queue takes as many submissions as it has places, and more once some are taken`() {
        let queue = SubmissionQueue(limits: .init(entryCount: 8))
        for number in 0..<8 { #expect(failure(queue, number) == nil) }
        #expect(isFull(failure(queue, 8)))
        #expect(queue.takeBatch().count == 8)
        #expect(failure(queue, 8) == nil)
    }

    @Test func `a queue takes as many bytes as it has room for, and more once some are taken`() {
        let queue = SubmissionQueue(limits: .init(byteCount: 4000))
        #expect(failure(queue, 1, byteCount: 1500) == nil)
        #expect(failure(queue, 2, byteCount: 1500) == nil)
        #expect(isFull(failure(queue, 3, byteCount: 1500)))
        #expect(queue.takeBatch().count == 2)
        #expect(failure(queue, 3, byteCount: 1500) == nil)
    }

    @Test func `R-26 strangers get half of the places, and the own authority the rest`() {
        let queue = SubmissionQueue(limits: .init(entryCount: 8))
        for number in 0..<4 { #expect(failure(queue, number, from: .stranger) == nil) }
        #expect(queue.isFullForStrangers)
        #expect(isFull(failure(queue, 4, from: .stranger)))
        // An equal one still joins: it takes no place.
        #expect(failure(queue, 0, from: .stranger) == nil)
        for number in 4..<8 { #expect(failure(queue, number) == nil) }
        #expect(isFull(failure(queue, 8)))
        #expect(queue.takeBatch().count == 8)
        #expect(!queue.isFullForStrangers)
        #expect(failure(queue, 9, from: .stranger) == nil)
    }

    @Test func `R-26 strangers get half of the bytes, and none that the own authority has taken`() {
        let queue = SubmissionQueue(limits: .init(byteCount: 4000))
        #expect(failure(queue, 1, byteCount: 1500, from: .stranger) == nil)
        #expect(isFull(failure(queue, 2, byteCount: 1500, from: .stranger)))
        #expect(failure(queue, 3, byteCount: 1500) == nil)
        #expect(queue.takeBatch().count == 2)
        #expect(failure(queue, 2, byteCount: 1500, from: .stranger) == nil)
        let busy = SubmissionQueue(limits: .init(entryCount: 4))
        for number in 0..<4 { #expect(failure(busy, number) == nil) }
        #expect(isFull(failure(busy, 5, from: .stranger)))
        #expect(busy.isFullForStrangers)
    }

    @Test func `the limits are those of the specification`() {
        let limits = SubmissionQueue.Limits()
        #expect(limits.entryCount == 4096 && limits.byteCount == 32 << 20)
        #expect(limits.batchEntryCount == 1024 && limits.batchByteCount == 4 << 20)
    }

    @Test func `a batch is cut by number and by bytes, keeps the order and is never empty for one long entry`() {
        let byNumber = SubmissionQueue(limits: .init(batchEntryCount: 3))
        for number in 0..<7 { _ = failure(byNumber, number) }
        let batches = (0..<4).map { _ in byNumber.takeBatch().map(\.key) }
        #expect(batches.map(\.count) == [3, 3, 1, 0])
        #expect(batches.flatMap(\.self) == (0..<7).map { Submission.test($0).key })
        let byBytes = SubmissionQueue(limits: .init(batchByteCount: 1000))
        for number in 0..<3 { _ = failure(byBytes, number, byteCount: number == 1 ? 5000 : 400) }
        #expect((0..<4).map { _ in byBytes.takeBatch().count } == [1, 1, 1, 0])
    }

    @Test func `W4 nobody waits for more than what makes a full batch`() {
        let byNumber = SubmissionQueue(limits: .init(batchEntryCount: 3))
        for number in 0..<3 {
            #expect(byNumber.incompleteCount == number)
            _ = failure(byNumber, number)
        }
        #expect(byNumber.incompleteCount == nil)
        _ = byNumber.takeBatch()
        #expect(byNumber.incompleteCount == 0)
        let byBytes = SubmissionQueue(limits: .init(batchByteCount: 1000))
        _ = failure(byBytes, 0, byteCount: 400)
        #expect(byBytes.incompleteCount == 1)
        _ = failure(byBytes, 1, byteCount: 600)
        #expect(byBytes.incompleteCount == nil)
    }

    @Test func `an equal submission joins, takes no place, and too many joins are refused`() {
        let queue = SubmissionQueue(limits: .init(entryCount: 2, waiterCount: 3))
        for _ in 0..<3 { #expect(failure(queue, 1) == nil) }
        #expect(queue.count == 1)
        #expect(isFull(failure(queue, 1)))
        // Also while the first is in a commit.
        #expect(queue.takeBatch().count == 1)
        #expect(isFull(failure(queue, 1)))
        #expect(queue.takeBatch().isEmpty)
    }

    @Test func `a closed queue is drained and a stopped one is empty`() {
        let queue = SubmissionQueue()
        #expect(failure(queue, 1) == nil)
        queue.close()
        #expect(failure(queue, 2) == .stopped)
        #expect(!queue.isDrained)
        #expect(queue.takeBatch().count == 1)
        #expect(queue.isDrained)
        queue.stop()
        queue.close()
        #expect(failure(queue, 3) == .stopped)
    }
}

extension SubmissionQueue {
    /// How many submissions wait to be taken.
    var count: Int { state.withLock { $0.order.count } }
}
