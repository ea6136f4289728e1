"""Certificates of every kind of issuer, compared with the specification's tables (certificate-authority §4)."""

import json

import pytest

import der
from client import SIGNATURE, TOKEN, Client, assert_error, good_body, key_body
from issuer import Issuer
from program import House
import keys

ARC = "1.3.6.1.4.1.57264.1."
SAN = "2.5.29.17"
GITLAB = {
    "sub": "project_path:g/p:ref_type:branch:ref:main", "project_path": "g/p", "pipeline_source": "push",
    "pipeline_id": "1", "ci_config_ref_uri": "gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main", "job_id": "5",
    "ref": "main", "ref_type": "branch", "namespace_path": "g", "namespace_id": "7", "project_id": "8",
    "sha": "d" * 40, "runner_environment": "gitlab-hosted", "runner_id": 9, "ci_config_sha": "e" * 40,
    "project_visibility": "public",
}  # fmt: skip
CODEFRESH = {
    "sub": "account:a:pipeline:p", "account_id": "aid", "pipeline_id": "pid", "workflow_id": "wid",
    "account_name": "acme", "pipeline_name": "prj/pipe", "scm_repo_url": "https://github.com/o/r", "scm_ref": "main",
    "runner_environment": "hybrid",
}  # fmt: skip
CI = """
ci-issuer-metadata:
  ours:
    default-template-values: {url: 'https://ci.example.com'}
    subject-alternative-name-template: '{{ .url }}/{{ .project }}'
    extension-templates:
      build-trigger: trigger
      source-repository-ref: 'refs/{{ if eq .ref_type "branch" }}heads/{{ else }}tags/{{ end }}{{ .ref }}'
      deployment-environment: '{{ index . "absent" }}'
"""

# Kind: settings, claims, expected name, expected extensions beside 1, 8 and 24.
KINDS = {
    "username": ({"subject-domain": "127.0.0.1"}, {"sub": "user"}, None, {}),
    "uri": ({"subject-domain": "http://127.0.0.1"}, {"sub": "http://127.0.0.1/u/1"}, "http://127.0.0.1/u/1", {}),
    "spiffe": (
        {"spiffe-trust-domain": "example.com"},
        {"sub": "spiffe://example.com/ns/a"},
        "spiffe://example.com/ns/a",
        {},
    ),
    "kubernetes": (
        {},
        {"sub": "system:serviceaccount:ns:sa", "kubernetes.io": {"namespace": "ns", "serviceaccount": {"name": "sa"}}},
        "https://kubernetes.io/namespaces/ns/serviceaccounts/sa",
        {},
    ),
    "buildkite-job": (
        {},
        {"sub": "organization:o:pipeline:p", "organization_slug": "o", "pipeline_slug": "p"},
        "https://buildkite.com/o/p",
        {},
    ),
    "gitlab-pipeline": (
        {},
        GITLAB,
        "https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main",
        {
            9: "https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main", 10: "e" * 40, 11: "gitlab-hosted",
            12: "https://gitlab.com/g/p", 13: "d" * 40, 14: "refs/heads/main", 15: "8", 16: "https://gitlab.com/g",
            17: "7", 18: "https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main", 19: "e" * 40, 20: "push",
            21: "https://gitlab.com/g/p/-/jobs/5", 22: "public",
        },
    ),  # fmt: skip
    "codefresh-workflow": (
        {},
        CODEFRESH,
        "https://g.codefresh.io/acme/prj/pipe:aid/pid",
        {
            9: "https://g.codefresh.io/build/wid", 11: "hybrid", 12: "https://github.com/o/r", 14: "main",
            18: "https://g.codefresh.io/api/pipelines/pid", 21: "https://g.codefresh.io/build/wid",
        },
    ),  # fmt: skip
    "chainguard-identity": ({}, {"sub": "abc/def"}, "{iss}/abc/def", {}),
    "ci-provider": (
        {"ci-provider": "ours"},
        {"sub": "s", "project": "p", "trigger": "push", "ref": "1.0.0", "ref_type": "tag"},
        "https://ci.example.com/p",
        {14: "refs/tags/1.0.0", 20: "push"},
    ),
}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """One server that trusts one issuer of each kind."""
    house = House(tmp_path_factory.mktemp("kinds"))
    house.init()
    issuers = {kind: Issuer().start() for kind in KINDS}
    entries = {
        issuers[kind].url: {"issuer-url": issuers[kind].url, "client-id": "sigstore", "type": kind, **settings}
        for kind, (settings, *_) in KINDS.items()
    }
    house.configuration.write_text(f"oidc-issuers: {json.dumps(entries)}\n{CI}")
    with house.serve():
        yield Client(house.url), issuers
    for issuer in issuers.values():
        issuer.stop()


def issue(kinds, kind: str, claims: dict):
    client, issuers = kinds
    return client.issue(good_body(issuers[kind].token(issuers[kind].claims(claims)), claims["sub"]))


@pytest.mark.parametrize("kind", KINDS)
def test_name_and_extensions_of_each_kind(kinds, kind):
    """ID-01 ID-02 ID-03 ID-05 ID-06 ID-07 ID-09 ID-10: the proof is over `sub` for all of these."""
    _, claims, name, expected = KINDS[kind]
    issuer = kinds[1][kind]
    issued = issue(kinds, kind, claims)
    found = {e.oid.dotted_string: e.value.value for e in issued.leaf.extensions if e.oid.dotted_string.startswith(ARC)}
    texts = {1: issuer.url.encode(), 8: der.utf8(issuer.url), 24: der.utf8(claims["sub"])}
    texts.update({number: der.utf8(text) for number, text in expected.items()})
    assert found == {f"{ARC}{number}": value for number, value in texts.items()}
    if name is None:
        kind_of_name, text = der.oid("1.3.6.1.4.1.57264.1.7"), der.utf8(f"{claims['sub']}!127.0.0.1")
        assert issued.parsed.value(SAN) == der.sequence(der.tlv(0xA0, kind_of_name, der.tlv(0xA0, text)))
    else:
        assert issued.names == [name.format(iss=issuer.url)]


def test_a_missing_value_is_a_content_error_and_comes_after_the_proof(kinds):
    """ID-10 TOK-21: the order of refusals, with the text of the reference."""
    client, issuers = kinds
    claims = {"sub": "s", "project": "p", "ref": "r", "ref_type": "tag"}
    token, key = issuers["ci-provider"].token(issuers["ci-provider"].claims(claims)), keys.shared("p256")
    wrong = client.post(key_body(token, key.pem(), key.sign(b"another")))
    assert_error(wrong, 400, 3, "The signature supplied in the request could not be verified")
    refused = client.post(good_body(token, "s"))
    assert_error(refused, 400, 3, None)
    assert refused.json()["message"].startswith("value <trigger> not present in either claims or defaults. {")
    [detail] = refused.json()["details"]
    assert detail["reason"] == "TEMPLATE_VALUE_MISSING"
    assert detail["metadata"] == {"claim": "trigger", "extension": "BuildTrigger"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ci-provider"])
def test_an_empty_subject_is_a_token_error(kinds, kind):
    """TOK-22."""
    client, issuers = kinds
    body = good_body(issuers[kind].token(issuers[kind].claims({**KINDS[kind][1], "sub": ""})), "x")
    assert_error(client.post(body), 400, 3, "There was an error processing the identity token")


def test_the_proof_of_a_chainguard_identity_is_over_the_verified_address(kinds):
    """POP-06 ID-08: over the address when the token has one, over `sub` otherwise; the name is `sub` both times."""
    client, issuers = kinds
    issuer, address = issuers["chainguard-identity"], "jane@example.com"
    plain = issuer.claims({"sub": "abc"})
    verified = {**plain, "email": address, "email_verified": True}
    for claims, challenge, other in ((plain, "abc", address), (verified, address, "abc")):
        issued = client.issue(good_body(issuer.token(claims), challenge))
        assert issued.names == [f"{issuer.url}/abc"]
        client.refuse(good_body(issuer.token(claims), other), SIGNATURE)
    unverified = {**verified, "email_verified": False}
    client.refuse(good_body(issuer.token(unverified), "abc"), TOKEN)
    entry = next(i for i in client.get("/api/v2/configuration").json()["issuers"] if i["issuerUrl"] == issuer.url)
    assert entry["challengeClaim"] == "sub"
