@testable import Server
import Testing

@Suite struct PrefaceDetectorTests {
    private typealias Finding = PrefaceDetector<Int>.Finding

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    @Test func `every beginning of the preface leaves it open`() {
        for count in 0..<Self.preface.count {
            #expect(Finding(Self.preface.prefix(count)) == .undecided)
        }
        #expect(Finding(Self.preface) == .http2)
        #expect(Finding(Self.preface + [0, 0, 0]) == .http2)
    }

    @Test func `one octet of difference is HTTP 1`() {
        for index in Self.preface.indices {
            var octets = Self.preface
            octets[index] ^= 0x20
            #expect(Finding(octets.prefix(index + 1)) == .http1)
        }
        #expect(Finding(Array("POST / HTTP/1.1\r\n".utf8)) == .http1)
        #expect(Finding([0]) == .http1)
    }

    @Test func `a handshake record is TLS`() {
        #expect(Finding([22]) == .tls)
        #expect(Finding([22, 3, 1, 2, 0]) == .tls)
    }
}
