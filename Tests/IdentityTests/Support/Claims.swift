import OpenSSL
import StrictJSON

/// Claims that are accepted as they are, to be spoilt one at a time.
enum Claims {
    /// The moment at which the claims below are valid.
    static let now = Timestamp(seconds: 1_800_000_000)
    static let nowSeconds: Int64 = 1_800_000_000

    static func email(issuer: String = "https://issuer.example.com") -> JSONValue {
        [
            "iss": .string(issuer), "sub": "s1", "aud": "sigstore", "iat": .integer(nowSeconds - 10),
            "exp": .integer(nowSeconds + 600), "email": "jane@example.com", "email_verified": true,
        ]
    }

    static func github(issuer: String = "https://issuer.example.com") -> JSONValue {
        [
            "iss": .string(issuer), "sub": "repo:o/r:ref:refs/heads/main", "aud": "sigstore",
            "exp": .integer(nowSeconds + 600), "job_workflow_ref": "o/r/.github/workflows/x.yml@refs/heads/main",
            "sha": .string(String(repeating: "a", count: 40)), "event_name": "push", "repository": "o/r",
            "workflow": "build", "ref": "refs/heads/main",
            "job_workflow_sha": .string(String(repeating: "b", count: 40)), "runner_environment": "github-hosted",
            "repository_id": "11", "repository_owner": "o", "repository_owner_id": "22",
            "repository_visibility": "public", "workflow_ref": "o/r/.github/workflows/x.yml@refs/heads/main",
            "workflow_sha": .string(String(repeating: "c", count: 40)), "run_id": "33", "run_attempt": "1",
        ]
    }
}
