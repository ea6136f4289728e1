import OpenSSL
import Testing

@Suite struct DistinguishedNameTests {
    @Test func `names are read back in words`() throws {
        let name = try #require(DistinguishedName(commonName: "root", organization: "Example"))
        #expect(DistinguishedName.description(of: name.der) == "O=Example, CN=root")
        #expect(DistinguishedName(commonName: "a\u{7}", organization: "b") == nil)
        #expect(DistinguishedName(commonName: "", organization: "b") == nil)
    }
}
