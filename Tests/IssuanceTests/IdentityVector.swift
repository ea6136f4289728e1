/// Claims and the octets they become, one entry for each kind of issuer (CA specification B.3).
struct IdentityVector: Sendable {
    let kind: String
    let claims: String
    /// The name first, then the extensions by number.
    let values: [(String, String)]

    static let all: [IdentityVector] = [
        IdentityVector(
            kind: "email",
            claims: """
                {
                 "iss": "http://oidc.example.com/email",
                 "sub": "s1",
                 "email": "jane@example.com",
                 "email_verified": true,
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                ("SAN", "301281106a616e65406578616d706c652e636f6d"),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f656d61696c"),
                ("8", "0c1d687474703a2f2f6f6964632e6578616d706c652e636f6d2f656d61696c"),
                ("24", "0c027331"),
            ]),
        IdentityVector(
            kind: "username",
            claims: """
                {
                 "iss": "http://oidc.example.com/un",
                 "sub": "user",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                ("SAN", "3022a020060a2b0601040183bf300107a0120c1075736572216578616d706c652e636f6d"),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f756e"),
                ("8", "0c1a687474703a2f2f6f6964632e6578616d706c652e636f6d2f756e"),
                ("24", "0c0475736572"),
            ]),
        IdentityVector(
            kind: "uri",
            claims: """
                {
                 "iss": "http://oidc.example.com/uri",
                 "sub": "http://app.example.com/users/1",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                ("SAN", "3020861e687474703a2f2f6170702e6578616d706c652e636f6d2f75736572732f31"),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f757269"),
                ("8", "0c1b687474703a2f2f6f6964632e6578616d706c652e636f6d2f757269"),
                ("24", "0c1e687474703a2f2f6170702e6578616d706c652e636f6d2f75736572732f31"),
            ]),
        IdentityVector(
            kind: "spiffe",
            claims: """
                {
                 "iss": "http://oidc.example.com/spiffe",
                 "sub": "spiffe://example.com/ns/a",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                ("SAN", "301b86197370696666653a2f2f6578616d706c652e636f6d2f6e732f61"),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f737069666665"),
                ("8", "0c1e687474703a2f2f6f6964632e6578616d706c652e636f6d2f737069666665"),
                ("24", "0c197370696666653a2f2f6578616d706c652e636f6d2f6e732f61"),
            ]),
        IdentityVector(
            kind: "kubernetes",
            claims: """
                {
                 "iss": "http://oidc.example.com/k8s",
                 "sub": "system:serviceaccount:ns:sa",
                 "kubernetes.io": {
                  "namespace": "ns",
                  "serviceaccount": {
                   "name": "sa"
                  }
                 },
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                (
                    "SAN",
                    "3038863668747470733a2f2f6b756265726e657465732e696f2f6e616d657370616365732f6e732f73657276"
                        + "6963656163636f756e74732f7361"
                ),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f6b3873"),
                ("8", "0c1b687474703a2f2f6f6964632e6578616d706c652e636f6d2f6b3873"),
                ("24", "0c1b73797374656d3a736572766963656163636f756e743a6e733a7361"),
            ]),
        IdentityVector(
            kind: "chainguard-identity",
            claims: """
                {
                 "iss": "http://oidc.example.com/cg",
                 "sub": "abc/def",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                ("SAN", "30248622687474703a2f2f6f6964632e6578616d706c652e636f6d2f63672f6162632f646566"),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f6367"),
                ("8", "0c1a687474703a2f2f6f6964632e6578616d706c652e636f6d2f6367"),
                ("24", "0c076162632f646566"),
            ]),
        IdentityVector(
            kind: "buildkite-job",
            claims: """
                {
                 "iss": "http://oidc.example.com/bk",
                 "sub": "organization:o:pipeline:p",
                 "organization_slug": "o",
                 "pipeline_slug": "p",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                ("SAN", "301b861968747470733a2f2f6275696c646b6974652e636f6d2f6f2f70"),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f626b"),
                ("8", "0c1a687474703a2f2f6f6964632e6578616d706c652e636f6d2f626b"),
                ("24", "0c196f7267616e697a6174696f6e3a6f3a706970656c696e653a70"),
            ]),
        IdentityVector(
            kind: "codefresh-workflow",
            claims: """
                {
                 "iss": "http://oidc.example.com/cf",
                 "sub": "account:a:pipeline:p",
                 "account_id": "aid",
                 "pipeline_id": "pid",
                 "workflow_id": "wid",
                 "account_name": "acme",
                 "pipeline_name": "prj/pipe",
                 "scm_repo_url": "https://github.com/o/r",
                 "scm_ref": "main",
                 "runner_environment": "hybrid",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                (
                    "SAN",
                    "302e862c68747470733a2f2f672e636f646566726573682e696f2f61636d652f70726a2f706970653a616964"
                        + "2f706964"
                ),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f6366"),
                ("8", "0c1a687474703a2f2f6f6964632e6578616d706c652e636f6d2f6366"),
                ("9", "0c2068747470733a2f2f672e636f646566726573682e696f2f6275696c642f776964"),
                ("11", "0c06687962726964"),
                ("12", "0c1668747470733a2f2f6769746875622e636f6d2f6f2f72"),
                ("14", "0c046d61696e"),
                (
                    "18",
                    "0c2868747470733a2f2f672e636f646566726573682e696f2f6170692f706970656c696e65732f706964"
                ),
                ("21", "0c2068747470733a2f2f672e636f646566726573682e696f2f6275696c642f776964"),
                ("24", "0c146163636f756e743a613a706970656c696e653a70"),
            ]),
        IdentityVector(
            kind: "gitlab-pipeline",
            claims: """
                {
                 "iss": "http://oidc.example.com/gl",
                 "sub": "project_path:g/p:ref_type:branch:ref:main",
                 "project_path": "g/p",
                 "pipeline_source": "push",
                 "pipeline_id": "1",
                 "ci_config_ref_uri": "gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main",
                 "job_id": "5",
                 "ref": "main",
                 "ref_type": "branch",
                 "namespace_path": "g",
                 "namespace_id": "7",
                 "project_id": "8",
                 "sha": "dddddddddddddddddddddddddddddddddddddddd",
                 "runner_environment": "gitlab-hosted",
                 "runner_id": 9,
                 "ci_config_sha": "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
                 "project_visibility": "public",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                (
                    "SAN",
                    "3038863668747470733a2f2f6769746c61622e636f6d2f672f702f2f2e6769746c61622d63692e796d6c4072"
                        + "6566732f68656164732f6d61696e"
                ),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f676c"),
                ("8", "0c1a687474703a2f2f6f6964632e6578616d706c652e636f6d2f676c"),
                (
                    "9",
                    "0c3668747470733a2f2f6769746c61622e636f6d2f672f702f2f2e6769746c61622d63692e796d6c40726566"
                        + "732f68656164732f6d61696e"
                ),
                (
                    "10",
                    "0c2865656565656565656565656565656565656565656565656565656565656565656565656565656565"
                ),
                ("11", "0c0d6769746c61622d686f73746564"),
                ("12", "0c1668747470733a2f2f6769746c61622e636f6d2f672f70"),
                (
                    "13",
                    "0c2864646464646464646464646464646464646464646464646464646464646464646464646464646464"
                ),
                ("14", "0c0f726566732f68656164732f6d61696e"),
                ("15", "0c0138"),
                ("16", "0c1468747470733a2f2f6769746c61622e636f6d2f67"),
                ("17", "0c0137"),
                (
                    "18",
                    "0c3668747470733a2f2f6769746c61622e636f6d2f672f702f2f2e6769746c61622d63692e796d6c40726566"
                        + "732f68656164732f6d61696e"
                ),
                (
                    "19",
                    "0c2865656565656565656565656565656565656565656565656565656565656565656565656565656565"
                ),
                ("20", "0c0470757368"),
                ("21", "0c1f68747470733a2f2f6769746c61622e636f6d2f672f702f2d2f6a6f62732f35"),
                ("22", "0c067075626c6963"),
                (
                    "24",
                    "0c2970726f6a6563745f706174683a672f703a7265665f747970653a6272616e63683a7265663a6d61696e"
                ),
            ]),
        IdentityVector(
            kind: "github-workflow",
            claims: """
                {
                 "iss": "http://oidc.example.com/gh",
                 "sub": "repo:o/r:ref:refs/heads/main",
                 "job_workflow_ref": "o/r/.github/workflows/x.yml@refs/heads/main",
                 "workflow_ref": "o/r/.github/workflows/x.yml@refs/heads/main",
                 "sha": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                 "event_name": "push",
                 "repository": "o/r",
                 "workflow": "build",
                 "ref": "refs/heads/main",
                 "job_workflow_sha": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                 "runner_environment": "github-hosted",
                 "repository_id": "11",
                 "repository_owner": "o",
                 "repository_owner_id": "22",
                 "repository_visibility": "public",
                 "workflow_sha": "cccccccccccccccccccccccccccccccccccccccc",
                 "run_id": "33",
                 "run_attempt": "1",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                (
                    "SAN",
                    "3040863e68747470733a2f2f6769746875622e636f6d2f6f2f722f2e6769746875622f776f726b666c6f7773"
                        + "2f782e796d6c40726566732f68656164732f6d61696e"
                ),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f6768"),
                ("2", "70757368"),
                ("3", "61616161616161616161616161616161616161616161616161616161616161616161616161616161"),
                ("4", "6275696c64"),
                ("5", "6f2f72"),
                ("6", "726566732f68656164732f6d61696e"),
                ("8", "0c1a687474703a2f2f6f6964632e6578616d706c652e636f6d2f6768"),
                (
                    "9",
                    "0c3e68747470733a2f2f6769746875622e636f6d2f6f2f722f2e6769746875622f776f726b666c6f77732f78"
                        + "2e796d6c40726566732f68656164732f6d61696e"
                ),
                (
                    "10",
                    "0c2862626262626262626262626262626262626262626262626262626262626262626262626262626262"
                ),
                ("11", "0c0d6769746875622d686f73746564"),
                ("12", "0c1668747470733a2f2f6769746875622e636f6d2f6f2f72"),
                (
                    "13",
                    "0c2861616161616161616161616161616161616161616161616161616161616161616161616161616161"
                ),
                ("14", "0c0f726566732f68656164732f6d61696e"),
                ("15", "0c023131"),
                ("16", "0c1468747470733a2f2f6769746875622e636f6d2f6f"),
                ("17", "0c023232"),
                (
                    "18",
                    "0c3e68747470733a2f2f6769746875622e636f6d2f6f2f722f2e6769746875622f776f726b666c6f77732f78"
                        + "2e796d6c40726566732f68656164732f6d61696e"
                ),
                (
                    "19",
                    "0c2863636363636363636363636363636363636363636363636363636363636363636363636363636363"
                ),
                ("20", "0c0470757368"),
                (
                    "21",
                    "0c3168747470733a2f2f6769746875622e636f6d2f6f2f722f616374696f6e732f72756e732f33332f617474"
                        + "656d7074732f31"
                ),
                ("22", "0c067075626c6963"),
                ("24", "0c1c7265706f3a6f2f723a7265663a726566732f68656164732f6d61696e"),
            ]),
        IdentityVector(
            kind: "ci-provider",
            claims: """
                {
                 "iss": "http://oidc.example.com/ci",
                 "sub": "repo:o/r:ref:refs/heads/main",
                 "job_workflow_ref": "o/r/.github/workflows/x.yml@refs/heads/main",
                 "workflow_ref": "o/r/.github/workflows/x.yml@refs/heads/main",
                 "sha": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                 "event_name": "push",
                 "repository": "o/r",
                 "workflow": "build",
                 "ref": "refs/heads/main",
                 "job_workflow_sha": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                 "runner_environment": "github-hosted",
                 "repository_id": "11",
                 "repository_owner": "o",
                 "repository_owner_id": "22",
                 "repository_visibility": "public",
                 "workflow_sha": "cccccccccccccccccccccccccccccccccccccccc",
                 "run_id": "33",
                 "run_attempt": "1",
                 "environment": "prod",
                 "aud": "sigstore",
                 "exp": 1800000600
                }
                """,
            values: [
                (
                    "SAN",
                    "3040863e68747470733a2f2f6769746875622e636f6d2f6f2f722f2e6769746875622f776f726b666c6f7773"
                        + "2f782e796d6c40726566732f68656164732f6d61696e"
                ),
                ("1", "687474703a2f2f6f6964632e6578616d706c652e636f6d2f6369"),
                ("2", "70757368"),
                ("3", "61616161616161616161616161616161616161616161616161616161616161616161616161616161"),
                ("4", "6275696c64"),
                ("5", "6f2f72"),
                ("6", "726566732f68656164732f6d61696e"),
                ("8", "0c1a687474703a2f2f6f6964632e6578616d706c652e636f6d2f6369"),
                (
                    "9",
                    "0c3e68747470733a2f2f6769746875622e636f6d2f6f2f722f2e6769746875622f776f726b666c6f77732f78"
                        + "2e796d6c40726566732f68656164732f6d61696e"
                ),
                (
                    "10",
                    "0c2862626262626262626262626262626262626262626262626262626262626262626262626262626262"
                ),
                ("11", "0c0d6769746875622d686f73746564"),
                ("12", "0c1668747470733a2f2f6769746875622e636f6d2f6f2f72"),
                (
                    "13",
                    "0c2861616161616161616161616161616161616161616161616161616161616161616161616161616161"
                ),
                ("14", "0c0f726566732f68656164732f6d61696e"),
                ("15", "0c023131"),
                ("16", "0c1468747470733a2f2f6769746875622e636f6d2f6f"),
                ("17", "0c023232"),
                (
                    "18",
                    "0c3e68747470733a2f2f6769746875622e636f6d2f6f2f722f2e6769746875622f776f726b666c6f77732f78"
                        + "2e796d6c40726566732f68656164732f6d61696e"
                ),
                (
                    "19",
                    "0c2863636363636363636363636363636363636363636363636363636363636363636363636363636363"
                ),
                ("20", "0c0470757368"),
                (
                    "21",
                    "0c3168747470733a2f2f6769746875622e636f6d2f6f2f722f616374696f6e732f72756e732f33332f617474"
                        + "656d7074732f31"
                ),
                ("22", "0c067075626c6963"),
                ("23", "0c0470726f64"),
                ("24", "0c1c7265706f3a6f2f723a7265663a726566732f68656164732f6d61696e"),
            ]),
    ]
}
