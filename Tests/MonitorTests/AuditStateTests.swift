import Monitor
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct AuditStateTests {
    private let log: MemoryLog

    init() throws {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        log = try MemoryLog(key: key, certificate: TestCertificates().certificate(), size: 300)
    }

    @Test func `a state is read back as it was written`() throws {
        var state = try log.state()
        #expect(try AuditState(parsing: state.json.bytes) == state)
        for number in 0..<20 {
            let found = try log.signed(root: SHA256Digest(hashing: [UInt8(number)]))
            let evidence = AuditState.Evidence(time: log.time, reason: "test", known: state.head, found: found)
            state.keep(evidence)
            state.keep(evidence)
        }
        #expect(state.evidence.count == AuditState.maximumEvidenceCount)
        #expect(try AuditState(parsing: state.json.bytes) == state)
    }

    @Test("a state that somebody touched is none")
    func damage() throws {
        let state = try log.state()
        let bytes = state.json.bytes
        let text = String(decoding: bytes, as: UTF8.self)
        for position in stride(from: 0, to: bytes.count, by: 11) {
            var changed = bytes
            changed[position] ^= 1
            // Only the number of findings and the name are not under the signature.
            if let read = try? AuditState(parsing: changed) { #expect(read.head == state.head) }
        }
        for (part, other) in [
            ("\"version\":1", "\"version\":2"), ("\"tree_size\":300", "\"tree_size\":301"),
            ("\"peaks\":[", "\"peaks\":[\"\","),
            ("\"evidence\":[]", "\"evidence\":[{}]"), ("\"key\":\"M", "\"key\":\"N"),
            ("\"findings\":0", "\"findings\":\"0\""),
        ] {
            let changed = text.replacing(part, with: other)
            #expect(changed != text)
            #expect(throws: AuditStateError.self) { try AuditState(parsing: Array(changed.utf8)) }
        }
        #expect(throws: AuditStateError.self) { try AuditState(parsing: []) }
    }

    @Test("peaks that do not make the root, and another key, make no state")
    func parts() throws {
        let (other, head) = (try PrivateKey.generate(.ellipticCurve(.p256)), try log.signed())
        let peaks = try log.peaks
        func state(_ key: PublicKey, _ peaks: Peaks) -> AuditState? {
            AuditState(origin: log.origin, key: key, head: head, peaks: peaks, findingCount: 0, evidence: [])
        }
        #expect(state(log.key.publicKey, peaks) != nil)
        #expect(state(other.publicKey, peaks) == nil)
        #expect(state(log.key.publicKey, peaks.ofFullTiles) == nil)
    }

    @Test func `the peaks of full tiles are those of the smaller tree`() throws {
        var (peaks, full) = (Peaks(), Peaks())
        for index in 0..<1300 {
            try peaks.append(SHA256Digest(hashing: BigEndian.bytes(UInt64(index))))
            if peaks.size.value.isMultiple(of: 256) { full = peaks }
            #expect(peaks.ofFullTiles == full)
        }
    }
}
