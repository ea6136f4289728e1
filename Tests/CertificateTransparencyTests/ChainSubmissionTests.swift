import CertificateTransparency
import OpenSSL
import StrictJSON
import Testing

@Suite struct ChainSubmissionTests {
    private static func body(_ texts: [String]) -> [UInt8] {
        JSONText(["more": [1], "chain": .array(texts.map { .string($0) })]).bytes
    }

    private static func refusal(_ body: [UInt8]) -> LogRefusal? {
        do throws(LogRefusal) {
            _ = try ChainSubmission(parsing: body)
            return nil
        } catch {
            return error
        }
    }

    @Test func `TL-42 a body gives its certificates in their order, whatever else it has`() throws {
        let authority = try TestAuthority()
        let links = [try authority.precertificate()] + authority.chain
        let submission = try ChainSubmission(parsing: Self.body(links.map { Base64.encode($0.der) }))
        #expect([submission.submitted] + submission.chain == links)
    }

    @Test func `TL-41 bodies that are none are refused by their position`() throws {
        let authority = try TestAuthority()
        let good = Base64.encode(authority.root.der)
        for text in [
            "", "null", "[]", "{}", "{\"chain\":[]}", "{\"chain\":{}}", "{\"chain\":[1]}", "{\"chain\":null}",
            "{\"chain\":[\"\(good)\"],\"chain\":[]}", "{\"chain\":[\"\(good)\"]} {}", "{\"chain\":[\"\(good)\"]",
        ] {
            #expect(Self.refusal(Array(text.utf8)) == .noChain, "\(text.prefix(40))")
        }
        for bad in [
            "", "!", good + "=", good.replacing("=", with: ""), Base64.encode(authority.root.der + [0]),
            Base64.encode(Array(authority.root.der.dropLast())),
        ] where bad != good {
            #expect(Self.refusal(Self.body([good, bad])) == .unreadableCertificate(position: 1), "\(bad.prefix(20))")
        }
        #expect(Self.refusal(Self.body([String](repeating: good, count: 11))) == .chainIsTooLong)
        #expect(Self.refusal(Self.body([String](repeating: good, count: 10))) == nil)
        #expect(
            Self.refusal(Self.body([String](repeating: "A", count: 44_000).joined().split(by: 44_000)))
                == .certificateIsTooLarge)
        #expect(ChainSubmission.maximumByteCount == 128 << 10)
    }
}

extension String {
    /// The text in pieces of so many characters.
    fileprivate func split(by count: Int) -> [String] {
        stride(from: 0, to: self.count, by: count).map { String(self.dropFirst($0).prefix(count)) }
    }
}
