import StrictJSON

/// A SPIFFE ID: a trust domain and a path (SPIFFE-ID §2, CA specification 2.7).
struct SPIFFEID: Hashable, Sendable {
    /// The trust domain, in lower case as every valid one.
    let trustDomain: String
    /// The ID as it was written.
    let text: String

    /// Reads an ID; nil when it breaks a rule.
    ///
    /// Scheme and trust domain in lower case only; no port, user, query or fragment; path segments that are neither
    /// empty nor `.` nor `..`, and no slash at the end.
    init?(_ text: String) {
        let scheme = Array("spiffe://".utf8)
        let bytes = Array(text.utf8)
        guard bytes.starts(with: scheme) else { return nil }
        let parts = bytes[scheme.count...].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let domain = parts.first, Self.isTrustDomain(domain) else { return nil }
        guard parts.dropFirst().allSatisfy(Self.isSegment) else { return nil }
        trustDomain = String(decoding: domain, as: UTF8.self)
        self.text = text
    }

    /// The trust domain that a configuration names, bare or as an ID; nil when it is none.
    static func trustDomain(configured text: String) -> String? {
        if let id = SPIFFEID(text) { return id.trustDomain }
        return isTrustDomain(Array(text.utf8)[...]) ? text : nil
    }

    private static func isTrustDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.count <= 255
            && bytes.allSatisfy { isSegmentByte($0) && !(0x41...0x5A).contains($0) }
    }

    private static func isSegment(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && !bytes.elementsEqual(".".utf8) && !bytes.elementsEqual("..".utf8)
            && bytes.allSatisfy(isSegmentByte)
    }

    private static func isSegmentByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
