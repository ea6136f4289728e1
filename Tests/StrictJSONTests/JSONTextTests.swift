import StrictJSON
import Testing

@Suite struct JSONTextTests {
    @Test(
        "writes compact text with members in order",
        arguments: [
            ([:], "{}"),
            ([], "[]"),
            (["b": 1, "a": [true, false, .null, -5]], #"{"b":1,"a":[true,false,null,-5]}"#),
            (["details": [], "code": 3, "message": "no"], #"{"details":[],"code":3,"message":"no"}"#),
            ([.real(1.5), .real(.infinity), .real(.nan)], "[1.5,null,null]"),
            ([.integer(.max), .integer(.min)], "[9223372036854775807,-9223372036854775808]"),
        ] as [(JSONValue, String)])
    func text(value: JSONValue, expected: String) {
        #expect(JSONText(value).string == expected)
    }

    @Test func `strings are escaped where JSON demands it and nowhere else`() {
        let text = JSONText(["\u{0}\u{1}\u{8}\t\n\u{B}\u{C}\r\u{1F} \"\\/<>&ü😀\u{7F}"]).string
        #expect(text == #"["\u0000\u0001\b\t\n\u000b\f\r\u001f \"\\/<>&ü😀"# + "\u{7F}\"]")
    }

    @Test func `what is written is read back as the same value`() throws {
        let value: JSONValue = [
            "text": "a\"b\\c\n\u{1F}ü", "list": [1, .real(0.1), .real(1e300), true, .null, ["deep": [:]]], "": "",
        ]
        let bytes = JSONText(value).bytes
        #expect(try JSONValue(parsing: bytes, limits: JSONLimits(byteCount: 1 << 16)) == value)
    }
}
