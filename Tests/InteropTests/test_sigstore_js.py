"""sigstore-js, unmodified, as npm brings it along: it signs with our certificates and verifies them (spec clients §6)."""

import base64
import functools
import json
import pathlib
import shutil
import subprocess

import pytest
from cryptography import x509

import keys
import merkle
import trust
from conftest import ADDRESS

SCRIPT = pathlib.Path(__file__).with_name("sigstore_client.js")


@functools.cache
def modules() -> pathlib.Path | None:
    """The folder of the modules that npm itself needs; None without node, npm or these modules in it."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None
    root = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, timeout=60).stdout.strip()
    found = pathlib.Path(root) / "npm" / "node_modules"
    return found if (found / "@sigstore" / "verify").is_dir() else None


pytestmark = pytest.mark.skipif(modules() is None, reason="node with npm's own sigstore modules is not here")


def run(world, token: str, **task) -> dict:
    whole = {"modules": str(modules()), "url": world.house.url, "token": token, **task}
    done = subprocess.run(["node", SCRIPT], input=json.dumps(whole), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def token_of_a_workflow(world) -> tuple[str, str]:
    """This release signs `sub` for every issuer but two that it knows, so the kind of issuer must ask for `sub`."""
    claims = world.github.github()
    return world.github.token(claims), "https://github.com/" + claims["job_workflow_ref"]


def test_it_gets_a_certificate_and_verifies_it(world):
    """CRT-07 (sigstore-js) SCT-04 TL-32 TRAP-03: token in the body, path, SCT over a re-encoded TBS, name and issuer."""
    token, name = token_of_a_workflow(world)
    root = trust.trusted_root(world.house, world.auditor.key.spki)
    answer = run(world, token, root=root, identity=name, issuer=world.github.url)
    assert "error" not in answer, answer
    certificate = x509.load_der_x509_certificate(base64.b64decode(answer["certificate"]))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [name]


def another_key(world) -> dict:
    return {"root": trust.trusted_root(world.house, merkle.LogKey(keys.make("p256").pem().encode()).spki)}


WRONG = {
    "the log's key": another_key,
    "the name": lambda world: {"identity": "https://github.com/o/other"},
    "the issuer": lambda world: {"issuer": world.github.url + "/"},
}


@pytest.mark.parametrize("name", WRONG)
def test_its_verification_can_fail(world, name):
    """The check above tells right from wrong: with one expectation changed it fails."""
    token, identity = token_of_a_workflow(world)
    task = {"root": trust.trusted_root(world.house, world.auditor.key.spki), "identity": identity}
    answer = run(world, token, **{**task, "issuer": world.github.url, **WRONG[name](world)})
    assert set(answer) == {"error"}, answer


def test_it_shows_our_message_and_does_not_try_again(world):
    """TRAP-16 API-13: the text of a refusal reaches its user, because the content type says JSON."""
    answer = run(world, "e30." + trust.text64(json.dumps({"sub": "x", "iss": "y"}).encode()).rstrip("=") + ".AA")
    assert "There was an error processing the identity token" in answer["error"], answer


def test_private_email_issuers_need_an_equal_subject(world):
    """TRAP-18: it signs `sub` although the server asks for `email`; that is refused, and with both equal it works."""
    refused = run(world, world.token())
    assert "The signature supplied in the request could not be verified" in refused["error"], refused
    assert "certificate" in run(world, world.token(sub=ADDRESS))
