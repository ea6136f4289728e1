"""Why requests are refused, for programs: one reason each, documented, without a value of the token."""

import pathlib
import re

import client
import keys
from client import REFUSALS, good_body
from conftest import ADDRESS

SOURCES = pathlib.Path(__file__).parents[2] / "Sources"


def reason(answer) -> tuple[str, dict]:
    client.assert_error(answer, 400, 3, None)
    [detail] = answer.json()["details"]
    return detail["reason"], detail["metadata"]


def test_every_reason_in_the_code_is_documented():
    """R-55: the set is closed."""
    tokens = re.findall(r': "([a-z0-9-]+)"', (SOURCES / "Identity/Tokens/TokenRefusal.swift").read_text())
    others = re.findall(r'case \.\w+: "([a-z0-9-]+)"', (SOURCES / "Issuance/IssuanceRefusal.swift").read_text())
    assert len(tokens) > 20 and len(others) >= 7
    ours = {"too-many-waiters", "cancelled"}  # failures, not refusals: 503, and a client that left
    names = [name if name.startswith("token-") else f"token-{name}" for name in tokens if name not in ours] + others
    missing = [name for name in names if f"`{name.upper().replace('-', '_')}`" not in REFUSALS]
    assert not missing


def test_reasons_say_what_was_expected(world):
    """API-13 SEC-04."""
    issuer = world.email
    for claims, expected, metadata in [
        ({"aud": "other"}, "TOKEN_AUDIENCE_MISSING", {"audienceExpected": "sigstore", "audienceFound": "other"}),
        (
            {"aud": ["other", "x\n\u202ey" + "z" * 300]},
            "TOKEN_AUDIENCE_MISSING",
            {"audienceExpected": "sigstore", "audienceFound": "other xy" + "z" * 248},
        ),
        ({"email_verified": False}, "TOKEN_EMAIL_NOT_VERIFIED", {}),
        ({"email": "no address"}, "TOKEN_EMAIL_NOT_AN_ADDRESS", None),
        ({"iss": "http://127.0.0.1:1"}, "TOKEN_ISSUER_UNKNOWN", {}),
    ]:
        body = good_body(issuer.token({**issuer.email(ADDRESS), **claims}), ADDRESS)
        found, facts = reason(world.client.post(body))
        assert found == expected and (metadata is None or facts == metadata)
    old = good_body(issuer.token({**issuer.email(ADDRESS), "exp": 1_000_000_000}), ADDRESS)
    found, facts = reason(world.client.post(old))
    assert found == "TOKEN_EXPIRED" and int(facts["expiredBySeconds"]) > 500_000_000


def test_the_audience_found_is_told_to_its_sender_alone(house, issuer, tmp_path):
    """API-13 R-48: neither a log line at any level nor the audit stream has it."""
    house.trust({issuer.url: {}})
    path = tmp_path / "audit.jsonl"
    with house.serve("--audit-log", path, "--log_type", "dev") as server:
        body = good_body(issuer.token({**issuer.email(ADDRESS), "aud": "audience-of-mine"}), ADDRESS)
        _, facts = reason(client.Client(house.url).post(body))
        assert facts["audienceFound"] == "audience-of-mine"
        assert server.stop() == 0
    assert "token-audience-missing" in server.output and "token-audience-missing" in path.read_text()
    assert "audience-of-mine" not in server.output and "audience-of-mine" not in path.read_text()


def test_reasons_about_keys_and_proofs(world):
    """API-14: beside the exact message."""
    key = keys.shared("p256")
    body = world.good_body()
    body["publicKeyRequest"]["proofOfPossession"] = client.text64(key.sign(b"another challenge"))
    assert reason(world.client.post(body)) == ("PROOF_DOES_NOT_VERIFY", {})
    body["publicKeyRequest"]["publicKey"]["content"] = "nonsense"
    assert reason(world.client.post(body)) == ("PUBLIC_KEY_NOT_PARSEABLE", {})
