"""One server with several issuers for most tests; tests that damage something make their own."""

import json
import pathlib
import subprocess
import sys

import pytest
import requests

import program
from auditor import Auditor
from client import Client, good_body
from issuer import ALGORITHMS, Issuer, TokenKey
from ports import free_port

ADDRESS = "jane@example.com"


def pytest_configure(config):
    if not pathlib.Path(program.binary()).exists():
        pytest.exit(f"the program is not built: {program.binary()} (set MINTMARK)", returncode=2)


class World:
    """The shared server and everything around it."""

    def __init__(self, directory: pathlib.Path):
        self.email = Issuer(algorithms=ALGORITHMS)
        self.github = Issuer()
        self.other_audience = Issuer()
        self.lenient = Issuer()  # skip-email-verification
        self.narrow = Issuer(algorithms=["ES256", "RS256"], advertise=["ES256"])
        self.silent = Issuer(algorithms=["ES256", "RS256"], advertise=False)
        self.listed = Issuer(algorithms=["ES256", "RS256"], advertise=["none", "HS256", "ES256"])
        self.unknown = Issuer()  # listens, but is not configured
        self.weak_keys()
        self.issuers = [v for v in vars(self).values() if isinstance(v, Issuer)]
        self.house = program.House(directory)
        self.house.init()
        configured = {i.url: {} for i in self.issuers if i is not self.unknown}
        configured[self.github.url] = {"type": "github-workflow"}
        configured[self.other_audience.url] = {"client-id": "somebody-else"}
        configured[self.lenient.url] = {"skip-email-verification": True}
        self.processes = [Mock(), DevelopmentIssuer()]
        self.mock, self.development = self.processes
        configured.update({process.url: {} for process in self.processes})
        self.configured = configured
        self.house.trust(configured)
        for issuer in self.issuers:
            issuer.start()
        for process in self.processes:
            process.wait_until_ready()
        self.server, self.deaths = self.house.serve(), []
        self.client = Client(self.house.url)
        self.auditor = Auditor(self.house)

    def weak_keys(self) -> None:
        """Entries of the main issuer's key set that must be skipped, each with its signing key for a forger."""
        self.p384_as_es256 = TokenKey("ES384", "p384-as-es256")
        self.encryption = TokenKey("ES256", "for-encryption")
        self.mislabelled = TokenKey("ES256", "mislabelled")
        self.email.extra_jwks = [
            {"kty": "future", "kid": "unknown-type", "use": "sig"},
            {"kty": "oct", "kid": "symmetric", "k": "c2VjcmV0"},
            self.encryption.jwk(use="enc"),
            self.mislabelled.jwk(alg="ES384"),
            self.p384_as_es256.jwk(alg="ES256"),
        ]

    def revive(self) -> None:
        """Starts the server again if a test killed it, so that the other tests can still tell something."""
        if self.server.process.poll() is not None:
            self.deaths.append(self.server.process.returncode)
            self.server = self.house.serve()

    def token(self, **changes) -> str:
        return self.email.token(self.email.email(ADDRESS, **changes))

    def good_body(self, key=None) -> dict:
        return good_body(self.token(), ADDRESS, key)

    def stop(self) -> None:
        self.server.__exit__(None)
        for process in self.processes:
            process.stop()
        for issuer in self.issuers:
            issuer.stop()


class Provider:
    """An OIDC provider in a process of its own."""

    def start(self, command: list[str], url: str) -> None:
        self.url = url
        self.process = subprocess.Popen(
            command, env=program.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def answers(self) -> bool:
        assert self.process.poll() is None, f"the provider at {self.url} ended with {self.process.returncode}"
        try:
            return requests.get(self.url + "/.well-known/openid-configuration", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def wait_until_ready(self) -> None:
        program.eventually(self.answers, 60, f"the provider at {self.url} answers")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)


class Mock(Provider):
    """oidc-provider-mock, an independent provider: RS256, no `kid` in its tokens, `aud` as a list."""

    def __init__(self):
        port = free_port()
        claims = {"sub": ADDRESS, "email": ADDRESS, "email_verified": True}
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
        self.start([*command, "--user-claims", json.dumps(claims)], f"http://127.0.0.1:{port}")

    def token(self) -> str:
        """An ID token by way of the authorization code flow."""
        redirect = "http://localhost/callback"
        query = {"client_id": "sigstore", "redirect_uri": redirect, "response_type": "code", "scope": "openid email"}
        answer = requests.post(
            self.url + "/oauth2/authorize", params=query, data={"sub": ADDRESS}, allow_redirects=False, timeout=30
        )
        code = requests.compat.urlparse(answer.headers["Location"]).query.removeprefix("code=").split("&")[0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        form |= {"client_id": "sigstore", "client_secret": "any"}
        answer = requests.post(self.url + "/oauth2/token", data=form, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["id_token"]


class DevelopmentIssuer(Provider):
    """The project's own development provider."""

    def __init__(self):
        port = free_port()
        self.start([program.binary(), "development-issuer", "--port", str(port)], f"http://127.0.0.1:{port}")

    def token(self, algorithm: str | None = None, **claims) -> str:
        usual = {"sub": "dev-subject", "email": ADDRESS, "email_verified": True}
        query = {"alg": algorithm} if algorithm else None
        answer = requests.post(self.url + "/token", params=query, json={**usual, **claims}, timeout=30)
        assert answer.status_code == 200, answer.text
        assert answer.json()["token_type"] == "Bearer" and answer.json()["expires_in"] > 0
        return answer.json()["id_token"]


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Starts everything once. The server must still be running at the end and must end with status 0."""
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.revive()
    status = world.server.stop()
    world.stop()
    assert not world.deaths, f"the shared server died with {world.deaths}"
    assert status == 0, f"the shared server ended with {status}:\n" + "\n".join(world.server.lines[-50:])


@pytest.fixture(autouse=True)
def living(request):
    """Every test that uses the shared server begins with one that runs."""
    if "world" in request.fixturenames:
        request.getfixturevalue("world").revive()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the end of the shared server's log to the report of a failed test."""
    report = (yield).get_result()
    world = getattr(item, "funcargs", {}).get("world")
    if report.when == "call" and report.failed and world:
        report.sections.append(("server log", "\n".join(world.server.lines[-12:])))


@pytest.fixture
def house(tmp_path):
    """A fresh data directory that trusts one email issuer, both with a life of one test."""
    house = program.House(tmp_path)
    house.init()
    return house


@pytest.fixture
def issuer():
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def trusting(house, issuer):
    """The fresh data directory, whose server takes the tokens of that issuer."""
    house.trust({issuer.url: {}})
    return house


@pytest.fixture
def body(issuer):
    """A good request for a certificate."""
    return good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
