import Issuance
import Testing

@testable import Server

@Suite struct RequestFailureTests {
    @Test("8.4: a client that left is no refusal and no fault of ours, but a warning of code 1")
    func cancelled() {
        let failure = RequestFailure(IssuanceFailure.cancelled)
        #expect(failure.status.code == .cancelled && failure.status.code.isClientCaused)
        #expect(!failure.isRefusal && failure.reason == "cancelled")
    }

    @Test("8.4: a deadline that passed is a failure of its own class")
    func late() {
        let failure = RequestFailure(APIStatus.deadlineExceeded)
        #expect(failure.status == .deadlineExceeded && !failure.status.code.isClientCaused)
        #expect(!failure.isRefusal && failure.reason == "deadline-exceeded")
    }
}
