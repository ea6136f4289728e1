import StrictJSON

@testable import Identity

extension FuzzEntry {
    /// A template of the configuration, and what it makes of claims.
    static let template = FuzzEntry(
        "template",
        seeds: {
            [
                "{{ .base }}/{{ .repository }}",
                #"refs/{{if eq .ref_type "branch"}}heads/{{ else }}tags/{{end}}{{ .ref }}"#,
                #"{{ .aud }}/{{(index . "with.dot.and/slash")}}"#, "job_workflow_ref", "a {{- .ref -}} b",
                #"{{if and .ref (or (eq .aud "sigstore") (not .x))}}a{{else if .ref}}b{{else}}c{{end}}{{/* c */}}"#,
            ].map { Array($0.utf8) }
        }
    ) { bytes in
        let template = try ClaimTemplate(String(decoding: bytes, as: UTF8.self))
        let text = try template.text(from: values, extensionName: "x", issuer: "https://i.example.com")
        guard text.utf8.count <= 8192 else { return "a text above 8 KiB" }
        return CertificateText.isClean(text) ? nil : "a text that no certificate may hold"
    }

    private static let values = ClaimValues(
        claims: [
            "repository": "o/r", "ref_type": "tag", "ref": "1.0.0", "aud": "sigstore", "with.dot.and/slash": "cat",
            "job_workflow_ref": "o/r/x", "n": 9_007_199_254_740_993, "r": .real(1.5e-7), "t": true, "x": "",
            "long": .string(String(repeating: "l", count: 5000)), "list": [1], "nothing": .null,
        ],
        defaults: ["base": "https://github.com", "empty": ""])
}
