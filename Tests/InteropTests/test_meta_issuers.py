"""Patterns of issuers under load: whoever matches a pattern cannot take the server's connections or memory."""

import concurrent.futures
import json
import secrets
import threading

import pytest

from client import Client, good_body
from conftest import ADDRESS
from issuer import Issuer, compact, respond
from program import House

REQUESTS, AT_ONCE = 1000, 100
FETCHES = 32  # the most that may be under way for all issuers of patterns


class Everywhere(dict):
    """Answers every path with one function."""

    def __init__(self, answer):
        self.answer = answer

    def get(self, path: str, default=None):
        return self.answer


class Tenants(Issuer):
    """One server with an issuer under every path, each of which takes a moment to answer."""

    def __init__(self):
        super().__init__()
        self.answers = Everywhere(self.answer)
        self.lock, self.open, self.most, self.asked = threading.Lock(), 0, 0, set()

    def answer(self, handler) -> None:
        name, _, rest = handler.path.removeprefix("/").partition("/")
        with self.lock:
            self.open += 1
            self.most = max(self.most, self.open)
            self.asked.add(name)
        threading.Event().wait(0.05)
        url = f"{self.url}/{name}"
        document = {"issuer": url, "jwks_uri": url + "/keys", "id_token_signing_alg_values_supported": ["ES256"]}
        respond(handler, compact(self.key_set() if rest == "keys" else document))
        with self.lock:
            self.open -= 1


@pytest.fixture
def tenants():
    with Tenants() as tenants:
        yield tenants


def body(tenants: Tenants, name: str) -> dict:
    return good_body(tenants.token(tenants.email(ADDRESS, iss=f"{tenants.url}/{name}")), ADDRESS)


def test_a_thousand_tenants_at_once_exhaust_nothing(house, issuer, tenants):
    """SEC-03 R-26 R-31 R-34: connections to the tenants and memory stay within bounds; a fixed issuer is served."""
    fixed = {issuer.url: {"issuer-url": issuer.url, "client-id": "sigstore", "type": "email"}}
    meta = {tenants.url + "/*": {"client-id": "sigstore", "type": "email"}}
    house.configuration.write_text(json.dumps({"oidc-issuers": fixed, "meta-issuers": meta}))
    with house.serve() as server:
        client = Client(house.url)
        client.issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        client.issue(body(tenants, "known"))
        before = server.resident_bytes()
        local = threading.local()

        def send(_) -> int:
            if not hasattr(local, "client"):
                local.client = Client(house.url)
            return local.client.post(body(tenants, secrets.token_hex(8))).status_code

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            running = pool.map(send, range(REQUESTS))
            for _ in range(20):
                client.issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
            statuses = list(running)
        assert set(statuses) <= {200, 400, 503} and len(statuses) == REQUESTS
        assert len(tenants.asked) > 2 and 2 <= tenants.most <= FETCHES
        assert 503 in statuses  # a hundred at once are more than may be asked about
        assert server.resident_bytes() < before + (64 << 20)
        client.issue(body(tenants, "known"))
        client.issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
