import StrictJSON
import TestVectors
import Testing

@Suite struct JSONValueTests {
    private static let limits = JSONLimits(byteCount: 1 << 20)

    private static func parse(_ text: String, trailing: TrailingBytes = .refused) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8), limits: limits, trailing: trailing)
    }

    @Test func `every kind of value is read and members keep their order`() throws {
        let text = #" {"z":"\u00fc\n","a":[1,-2,1.5,1e3,true,false,null],"m":{},"":9223372036854775807} "#
        let value = try Self.parse(text)
        #expect(value.members?.map(\.name) == ["z", "a", "m", ""])
        #expect(value["z"]?.string == "ü\n")
        #expect(value["a"] == [1, -2, .real(1.5), .real(1000), true, false, .null])
        #expect(value["m"]?.members == [])
        #expect(value[""]?.integer == .max)
        #expect(value["missing"] == nil)
    }

    @Test(
        "R-24 what jansson must refuse is refused",
        arguments: [
            (#"{"iss":1,"iss":1}"#, JSONError.Reason.duplicateName),
            (#"{"iss":1,"\u0069ss":2}"#, .duplicateName),
            (#"[{"a":{"b":1,"b":2}}]"#, .duplicateName),
            (#"["\u0000"]"#, .nulCharacter),
            (#"{"a\u0000b":1}"#, .nulCharacter),
            (#"["\ud800"]"#, .invalidSyntax),
            ("[NaN]", .invalidSyntax),
            ("[1e400]", .numberOutOfRange),
            ("[9223372036854775808]", .numberOutOfRange),
            ("[01]", .invalidSyntax),
            ("[1,]", .invalidSyntax),
            ("[\"a\nb\"]", .invalidSyntax),
            ("{]", .invalidSyntax),
            ("[}", .invalidSyntax),
            ("{'a':1}", .invalidSyntax),
            ("[1]x", .trailingBytes),
        ])
    func refused(text: String, reason: JSONError.Reason) {
        let error = #expect(throws: JSONError.self) { try Self.parse(text) }
        #expect(error?.reason == reason)
    }

    @Test(
        "R-24 invalid and overlong UTF-8 is refused",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
        ] as [[UInt8]])
    func invalidText(bytes: [UInt8]) {
        let text = Array("[\"".utf8) + bytes + Array("\"]".utf8)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text, limits: Self.limits) }
        #expect(error?.reason == .invalidText)
    }

    @Test func `a member name of 256 bytes is read and a longer one is refused`() throws {
        let object = { (count: Int) in "{\"" + String(repeating: "n", count: count) + "\":1}" }
        #expect(try Self.parse(object(256)).members?.count == 1)
        #expect(throws: JSONError(.nameTooLong, at: 0)) { try Self.parse(object(257)) }
    }

    @Test func `names are compared by bytes`() throws {
        let value = try Self.parse(#"{"\u212A":1,"ISS":2}"#)
        #expect("\u{212A}" == "K")
        #expect(value["K"] == nil)
        #expect(value["iss"] == nil)
        #expect(value["ISS"] == 2)
    }

    @Test func `an error names a place and never a value`() {
        let error = #expect(throws: JSONError.self) { try Self.parse(#"{"token":sekret}"#) }
        #expect(error?.description.contains("sekret") == false)
        #expect(error.map { (8...15).contains($0.offset) } == true)
    }

    @Test("R-22 arbitrary changes to a text end in a value or an error")
    func mutations() {
        let original = Array(#"{"a":["\u00fc",1.5e3,{"b":null,"c":-7}],"d":"\\\"","e":true}"#.utf8)
        var generator = SplitMix(state: 0x5EED)
        var accepted = 0
        for _ in 0..<5_000 {
            var text = original
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                let place = Int.random(in: 0..<text.count, using: &generator)
                text[place] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let value = try? JSONValue(parsing: text, limits: Self.limits) else { continue }
            accepted += 1
            #expect((try? JSONValue(parsing: JSONText(value).bytes, limits: Self.limits)) == value)
        }
        #expect(accepted > 0)
    }
}
