import StrictJSON
import Testing

@testable import Identity

@Suite struct ClaimTemplateTests {
    private static let values = ClaimValues(
        claims: [
            "repository": "o/r", "ref_type": "tag", "ref": "1.0.0", "aud": "sigstore", "with.dot.and/slash": "cat",
            "job_workflow_ref": "o/r/x", "html": "<alert()/>", "truth": true, "falsehood": false, "blank": "",
            "list": ["a"], "object": [:], "nothing": .null, "url": "https://claimed.example.com",
            "unclean": "a\u{202E}",
            "long": .string(String(repeating: "l", count: 5000)),
        ],
        defaults: ["url": "https://default.example.com", "base": "https://github.com", "empty": ""])

    private static func text(_ source: String) throws -> String {
        try ClaimTemplate(source).text(from: values, extensionName: "BuildTrigger", issuer: "https://i.example.com")
    }

    @Test(
        "ID-10 templates and what they make",
        arguments: [
            ("{{ .base }}/{{ .repository }}", "https://github.com/o/r"),
            (#"refs/{{if eq .ref_type "branch"}}heads/{{ else }}tags/{{end}}{{ .ref }}"#, "refs/tags/1.0.0"),
            (#"{{ .aud }}/{{(index . "with.dot.and/slash")}}"#, "sigstore/cat"), ("job_workflow_ref", "o/r/x"),
            ("{{ .html }}", "<alert()/>"), ("{{ .empty }}/123", "/123"), (#"{{ index . "absent" }}x"#, "x"),
            ("{{ .url }}", "https://claimed.example.com"), ("{{ .truth }}{{ .falsehood }}", "truefalse"),
            (#"{{ index . `with.dot.and/slash` }}"#, "cat"), ("a {{- .ref -}} b", "a1.0.0b"),
            ("a {{- /* comment */ -}} b{{/* }} */}}", "ab"), ("{{if .blank}}a{{else if .ref}}b{{else}}c{{end}}", "b"),
            (#"{{if ne .ref "x"}}a{{end}}"#, "a"), (#"{{if eq .ref "x" "1.0.0"}}a{{end}}"#, "a"),
            ("{{if not .blank}}a{{end}}", "a"), (#"{{if and .ref (eq .aud "sigstore")}}a{{end}}"#, "a"),
            (#"{{if or .ref .absent}}a{{end}}"#, "a"), (#"{{if and .blank .absent}}a{{else}}b{{end}}"#, "b"),
            ("{{if .ref}}a{{else}}{{ .absent }}{{end}}", "a"), (#"{{ "}}" }}{{ "a\"b\\" }}"#, #"}}a"b\"#),
            ("{{if .ref}}{{if .blank}}a{{else}}b{{end}}{{end}}", "b"), ("{{ .ref }}}}", "1.0.0}}"),
            ("{{if .falsehood}}a{{end}}", "a"),
        ])
    func made(source: String, text: String) throws {
        #expect(try Self.text(source) == text)
    }

    @Test(
        "ID-10 templates that have no result",
        arguments: [
            "{{ .foo }}", "bar", "{{ .list }}", "{{ .object }}", "{{ .nothing }}", #"{{ index . "list" }}"#, "list",
            "{{if .absent}}a{{end}}", #"{{if eq .absent "a"}}a{{end}}"#, "{{ .unclean }}", "unclean",
            "{{ .long }}{{ .long }}", "{{ .Repository }}",
        ])
    func noResult(source: String) throws {
        let template = try ClaimTemplate(source)
        #expect(throws: CertificateContentRefusal.self) {
            try template.text(from: Self.values, extensionName: "x", issuer: "https://i.example.com")
        }
    }

    @Test(
        "TOK-25 A.3 what is outside the language stops the start",
        arguments: [
            "{{", "{{}}", "{{ }}", "a {{ .a", "{{ .a }", "{{ . }}", #"{{if eq . "a"}}x{{end}}"#, "{{ .a.b }}",
            "{{ .1 }}",
            "{{ .a | upper }}", "{{ upper .a }}", "{{ range .a }}{{end}}", "{{ $x := .a }}", "{{end}}", "{{else}}",
            "{{if .a}}", "{{if}}x{{end}}", "{{if .a}}x{{else}}y{{else}}z{{end}}", "{{if .a}}x{{else}}y", "{{ 1 }}",
            #"{{ "a }}"#, "{{ `a }}", #"{{ "\x41" }}"#, "{{ (.a }}", "{{ .a) }}", "{{ .a .b }}", "{{/* a }}",
            "{{/* a */ b}}", #"{{ index .a "b" }}"#, "{{ index . .b }}", #"{{ eq .a "b" }}"#, "{{ not .a }}",
            "{{if eq .a}}x{{end}}", "{{if ne .a .b .c}}x{{end}}", "{{if not .a .b}}x{{end}}", "{{if and}}x{{end}}",
            "{{if eq (not .a) .b}}x{{end}}", "{{ .\u{E9} }}", "{{ true }}", "{{if .a}}x{{end .b}}",
            "{{if .a}}x{{else .b}}y{{end}}",
            String(repeating: "{{if .a}}", count: 33) + String(repeating: "{{end}}", count: 33),
            "{{ " + String(repeating: "(", count: 40) + ".a" + String(repeating: ")", count: 40) + " }}",
            "{{ .a }}" + String(repeating: "x", count: 16 * 1024),
        ])
    func outside(source: String) {
        #expect(throws: TemplateError.self) { try ClaimTemplate(source) }
    }

    @Test func `TOK-25 the text of an action that does not end`() {
        #expect(throws: TemplateError("unclosed action", line: 1)) { try ClaimTemplate("{{ .a") }
        #expect(TemplateError("unclosed action", line: 1).description == "template: :1: unclosed action")
    }

    @Test func `ID-10 a missing name is told with the extension and the issuer`() throws {
        let template = try ClaimTemplate("val")
        let text =
            "value <val> not present in either claims or defaults. "
            + "{\n\t\"ExtensionName\": \"BuildTrigger\",\n\t\"Issuer\": \"http://oidc.example.com/cit\"\n}"
        #expect(throws: CertificateContentRefusal(text, missingClaim: "val", extensionName: "BuildTrigger")) {
            try template.text(
                from: Self.values, extensionName: "BuildTrigger", issuer: "http://oidc.example.com/cit")
        }
    }

    @Test(
        "ID-10 a refusal names the missing claim and nothing else as missing",
        arguments: [
            ("{{ .absent }}", "absent"), ("x{{if .absent}}a{{end}}", "absent"),
            (#"{{if .ref}}{{ .gone }}{{end}}"#, "gone"), ("gone", "gone"), ("list", nil), ("{{ .unclean }}", nil),
            ("{{ .long }}{{ .long }}", nil),
        ] as [(String, String?)])
    func missing(source: String, claim: String?) throws {
        do {
            _ = try Self.text(source)
            Issue.record("made a text")
        } catch let refusal as CertificateContentRefusal {
            #expect(refusal.missingClaim == claim)
            #expect(refusal.extensionName == (claim == nil ? nil : "BuildTrigger"))
        }
    }

    @Test(
        "ID-12 numbers are written in plain decimal",
        arguments: [
            (.integer(1_000_000), "1000000"), (.integer(9_007_199_254_740_993), "9007199254740993"),
            (.integer(-5), "-5"), (.integer(.max), "9223372036854775807"), (.real(1.4), "1.4"),
            (.real(1e21), "1000000000000000000000"), (.real(1e-7), "0.0000001"), (.real(1.25e-7), "0.000000125"),
            (.real(-2.5e3), "-2500"), (.real(1e6), "1000000"), (.real(1.5e20), "150000000000000000000"),
            (.real(123456.789), "123456.789"), (.real(1.2345e18), "1234500000000000000"), (.real(0), "0"),
        ] as [(JSONValue, String)])
    func numbers(value: JSONValue, text: String) throws {
        #expect(try ClaimValues(claims: ["n": value], defaults: [:]).text(of: "n") == text)
    }
}
