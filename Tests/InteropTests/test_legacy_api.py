"""The first version of the HTTP API, as cosign 1 and 2 and sigstore-rs speak it (certificate-authority §1.3, B.1 21, 22)."""

import json
import subprocess

import pytest
from cryptography import x509

import client
import keys
from client import PUBLIC_KEY, REQUEST, SIGNATURE, TOKEN, assert_error, text64
from conftest import ADDRESS

PATH = "/api/v1/signingCert"
CHAIN = "application/pem-certificate-chain"


def legacy_body(key: keys.Key, content: bytes | None = None, **changes) -> dict:
    """What the Go client of the first version sends: unused members are null."""
    body = {
        "publicKey": {"algorithm": "anything", "content": text64(content or key.pem().encode())},
        "signedEmailAddress": text64(key.sign(ADDRESS.encode())),
        "certificateSigningRequest": None,
    }
    return {**body, **changes}


def bearer(world) -> dict:
    return {"Authorization": f"Bearer {world.token()}"}


def accepted(world, body) -> list[x509.Certificate]:
    answer = world.client.post(body, bearer(world), PATH)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"] == CHAIN and "SCT" not in answer.headers
    assert answer.text == answer.text.strip() and "\n\n" not in answer.text
    return x509.load_pem_x509_certificates(answer.content)


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "ed25519"])
def test_a_valid_request_is_created_with_its_chain(world, kind):
    """API-02 API-07 API-11: 201, the chain in PEM, trimmed, no SCT header, nulls are absent."""
    key = keys.shared(kind)
    chain = accepted(world, legacy_body(key))
    assert chain[0].public_key().public_bytes(keys.DER, keys.SPKI) == key.spki()
    bundle = world.client.get("/api/v2/trustBundle").json()["chains"][0]["certificates"]
    assert [c.public_bytes(keys.PEM).decode() for c in chain[1:]] == bundle


def test_the_key_may_be_der(world):
    """POP-08: sigstore-rs sends the DER of the key."""
    key = keys.shared("p256")
    accepted(world, legacy_body(key, content=key.spki()))


def test_a_request_that_is_not_empty_wins_over_the_key(world):
    """POP-12."""
    key, other = keys.shared("p256"), keys.shared("p384")
    request = text64(keys.pem(other.csr(), "CERTIFICATE REQUEST").encode())
    chain = accepted(world, legacy_body(key, certificateSigningRequest=request))
    assert chain[0].public_key().public_bytes(keys.DER, keys.SPKI) == other.spki()
    chain = accepted(world, legacy_body(key, certificateSigningRequest=""))
    assert chain[0].public_key().public_bytes(keys.DER, keys.SPKI) == key.spki()


def test_refusals_are_those_of_the_second_version(world):
    """API-14: token before key before proof, and a canary at the end."""
    key = keys.shared("p256")
    good, headers = legacy_body(key), bearer(world)
    for body, used, message in [
        (good, {}, TOKEN),
        ({**good, "credentials": {"oidcIdentityToken": world.token()}}, {}, TOKEN),
        ({**good, "publicKey": None}, headers, PUBLIC_KEY),
        ({}, headers, PUBLIC_KEY),
        ({**good, "certificateSigningRequest": text64(b"nonsense")}, headers, REQUEST),
        ({**good, "signedEmailAddress": text64(key.sign(b"another"))}, headers, SIGNATURE),
        ({**good, "publicKey": {"content": "!!!"}}, headers, None),
        ({**good, "publicKey": 5}, headers, None),
    ]:
        assert_error(world.client.post(body, used, PATH), 400, 3, message)
    accepted(world, good)


def test_the_root_bundle_is_the_chain_with_blank_lines(world):
    """API-20."""
    answer = world.client.get("/api/v1/rootCert")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == CHAIN
    bundle = world.client.get("/api/v2/trustBundle").json()["chains"][0]["certificates"]
    assert answer.text == "\n".join(bundle).strip()


@pytest.mark.parametrize("path", ["/api/v1/rootCert", "/api/v1/signingCert"])
def test_wrong_methods_are_not_implemented(world, path):
    """API-15."""
    wrong = world.client.session.delete(world.client.url + path, timeout=30)
    client.assert_error(wrong, 501, 12, "Method Not Allowed")


def curl(world, path: str, *options: str, data: str = "") -> tuple[str, dict[str, str], str]:
    """Status line, header fields in lower case, and body, as curl wrote them down."""
    command = ["curl", "--silent", "--show-error", "--include", "--max-time", "30", *options, world.house.url + path]
    done = subprocess.run(command, input=data, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    status, *fields = head.split("\n")
    return status, {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}, body


def test_curl_transcripts(world):
    """API-02 API-20: B.1 rows 21 and 22 by curl: status line, type, and PEM with its exact separators."""
    sent = json.dumps(legacy_body(keys.shared("p256")))
    token = f"Authorization: Bearer {world.token()}"
    status, fields, body = curl(world, PATH, "--data-binary", "@-", "--header", token, data=sent)
    assert status == "HTTP/1.1 201 Created" and fields["content-type"] == CHAIN and "sct" not in fields
    assert body.count("-----BEGIN CERTIFICATE-----") == 3 and not body.endswith("\n")
    assert body.count("-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----") == 2
    status, fields, body = curl(world, "/api/v1/rootCert")
    assert status == "HTTP/1.1 200 OK" and fields["content-type"] == CHAIN
    assert body.count("-----END CERTIFICATE-----\n\n-----BEGIN CERTIFICATE-----") == 1 and not body.endswith("\n")
    status, fields, body = curl(world, PATH, "--data-binary", "@-", data=sent)
    assert status == "HTTP/1.1 400 Bad Request" and json.loads(body)["message"] == TOKEN
