"""Every refusal over gRPC is the one over HTTP: code, message and reason, row by row of the hostile tables.

API-14 R-22 SEC-05 for gRPC; after each row one good call.
"""

import pytest

import client
import hostile_keys
import hostile_tokens
import rpc
from client import SIGNATURE, TOKEN, good_body
from conftest import ADDRESS


@pytest.fixture(scope="module")
def caller(world):
    with rpc.Caller(world.house.port) as caller:
        yield caller


@pytest.fixture
def canary(world, caller):
    """Nothing was logged for the row, and the next honest call gets a certificate."""
    before = world.auditor.head().size
    yield
    assert world.auditor.head().size == before
    assert caller.issue(world.good_body())


def agree(world, caller, body: dict, message: str | None) -> None:
    """Sends the same request both ways and compares what comes back."""
    answer = world.client.refuse(body, message).json()
    with pytest.raises(rpc.Failure) as caught:
        caller.issue(body)
    failure = caught.value
    assert (failure.code, failure.message) == (answer["code"], answer["message"])
    assert failure.details == answer["details"] and failure.details
    client.assert_details(failure.details)


@pytest.mark.parametrize("name", hostile_tokens.TOKENS)
def test_bad_tokens(world, caller, canary, name):
    token = hostile_tokens.TOKENS[name](world)
    agree(world, caller, good_body(token, ADDRESS), TOKEN)


@pytest.mark.parametrize("name", hostile_keys.KEYS)
def test_bad_keys(world, caller, canary, name):
    make, message = hostile_keys.KEYS[name]
    agree(world, caller, make(world), message)


@pytest.mark.parametrize("name", hostile_keys.PROOFS)
def test_bad_proofs(world, caller, canary, name):
    agree(world, caller, hostile_keys.PROOFS[name](world), SIGNATURE)


@pytest.mark.parametrize("name", hostile_keys.REQUESTS)
def test_bad_requests(world, caller, canary, name):
    make, message = hostile_keys.REQUESTS[name]
    agree(world, caller, make(world), message)


LEGACY = {name: row for name, row in hostile_keys.KEYS.items() if name.startswith(("POP-07", "CA 3.4"))}


@pytest.mark.parametrize("name", LEGACY)
def test_bad_keys_in_the_first_version(world, caller, canary, name):
    """The same keys in the first version, whose fields are others."""
    make, message = LEGACY[name]
    body = make(world)
    token = body["credentials"]["oidcIdentityToken"]
    key = body.get("publicKeyRequest", {})
    content = key.get("publicKey", {}).get("content", "").encode()
    request = rpc.kind("dev.sigstore.fulcio.v1beta.CreateSigningCertificateRequest")()
    request.publicKey.content = content
    request.signedEmailAddress = client.base64.b64decode(key.get("proofOfPossession", ""))
    with pytest.raises(rpc.Failure) as caught:
        caller.call(rpc.V1, "CreateSigningCertificate", request, [("oidcidentitytoken", token)])
    assert caught.value.code == 3 and (message is None or caught.value.message == message)
