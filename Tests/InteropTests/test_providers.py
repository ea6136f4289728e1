"""Identity providers that are down, slow, hostile or in the middle of a key change (certificate-authority §2.4)."""

import gzip
import threading
import time

import pytest

from client import TOKEN, Client, good_body
from conftest import ADDRESS
from issuer import ALGORITHMS, DISCOVERY, Issuer, TokenKey, compact, respond
from program import House, eventually

MEBIBYTE = 1024 * 1024


def body_for(issuer: Issuer, **options) -> dict:
    return good_body(issuer.token(issuer.email(ADDRESS), **options), ADDRESS)


def padded(value: dict, size: int) -> bytes:
    return compact({**value, "padding": "x" * size})


def redirect(target: str, status: int = 302):
    return lambda handler: respond(handler, b"", status, Location=target)


def gzipped(value) -> callable:
    """The right answer under a content encoding nobody asked for."""
    return lambda handler: respond(handler, gzip.compress(compact(value())), Content_Encoding="gzip")


def endless(handler) -> None:
    """A body without end, so far as the reader lets it go; at most 64 MiB."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(1024):
        handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        handler.server_issuer.sent += 0x10000


class Hostile(Issuer):
    """A provider with one bad habit. What it serves would do if the habit were overlooked."""

    def __init__(self, habit):
        super().__init__()
        self.sent = 0
        self.other: Issuer | None = None
        habit(self)


def discovery_of_two_mebibytes(i):
    i.answers[DISCOVERY] = lambda h: respond(h, padded(i.discovery(), 2 * MEBIBYTE))


def keys_of_two_mebibytes(i):
    i.answers["/keys"] = lambda h: respond(h, padded(i.key_set(), 2 * MEBIBYTE))


def a_slash_too_many(i):
    i.answers[DISCOVERY] = lambda h: respond(h, compact({**i.discovery(), "issuer": i.url + "/"}))


def another_name(i):
    i.answers[DISCOVERY] = lambda h: respond(h, compact({**i.discovery(), "issuer": "http://127.0.0.1:1"}))


def no_name(i):
    i.answers[DISCOVERY] = lambda h: respond(h, compact({"jwks_uri": i.url + "/keys"}))


def repeated_member(i):
    text = compact(i.discovery())
    i.answers[DISCOVERY] = lambda h: respond(h, b'{"jwks_uri":"' + i.url.encode() + b'/none",' + text[1:])


def gzip_discovery(i):
    i.answers[DISCOVERY] = gzipped(i.discovery)


def gzip_keys(i):
    i.answers["/keys"] = gzipped(i.key_set)


def status_of_discovery(i):
    i.answers[DISCOVERY] = lambda h: respond(h, compact(i.discovery()), 203)


def status_of_keys(i):
    i.answers["/keys"] = lambda h: respond(h, compact(i.key_set()), 500)


def discovery_moved_to_another_port(i):
    i.other = Issuer().start()
    i.other.answers[DISCOVERY] = lambda h: respond(h, compact(i.discovery()))
    i.answers[DISCOVERY] = redirect(i.other.url + DISCOVERY)


def keys_moved_to_another_port(i):
    i.other = Issuer().start()
    i.other.answers["/keys"] = lambda h: respond(h, compact(i.key_set()))
    i.answers["/keys"] = redirect(i.other.url + "/keys", 307)


def keys_moved_to_another_host(i):
    i.other = i
    i.answers["/keys"] = redirect(f"http://localhost:{i.port}/moved")
    i.answers["/moved"] = lambda h: respond(h, compact(i.key_set()))


def redirects_without_end(i):
    i.answers["/keys"] = redirect(i.url + "/keys")


def garbage(i):
    i.answers["/keys"] = lambda h: respond(h, bytes(range(256)) * 16, content_type="text/html")


def truncated_keys(i):
    i.answers["/keys"] = lambda h: respond(h, compact(i.key_set())[:-2])


def no_keys(i):
    i.answers["/keys"] = lambda h: respond(h, b'{"keys":[]}')


def too_many_keys(i):
    many = [TokenKey("ES256", f"k{n}", i.keys["ES256"].private).jwk() for n in range(3000)]
    i.answers["/keys"] = lambda h: respond(h, compact({"keys": many + i.key_set()["keys"]}))


def deep_keys(i):
    nest = b"[" * 5000 + b"]" * 5000
    i.answers["/keys"] = lambda h: respond(h, compact(i.key_set())[:-1] + b',"x":' + nest + b"}")


def private_key_published(i):
    i.answers["/keys"] = lambda h: respond(h, compact({"keys": [i.keys["ES256"].jwk(d="AAAA")]}))


def endless_keys(i):
    def answer(handler) -> None:
        handler.server_issuer = i
        endless(handler)

    i.answers["/keys"] = answer


HABITS = {
    "TOK-06 its document names it with a slash": a_slash_too_many,
    "TOK-06 its document names another": another_name,
    "TOK-06 its document names nobody": no_name,
    "R-24 its document has a member twice": repeated_member,
    "SEC-02 R-34 its document has two mebibytes": discovery_of_two_mebibytes,
    "SEC-02 R-34 its key set has two mebibytes": keys_of_two_mebibytes,
    "SEC-02 R-34 its key set never ends": endless_keys,
    "R-34 its document is compressed": gzip_discovery,
    "R-34 its key set is compressed": gzip_keys,
    "CA 2.4 its document has another status": status_of_discovery,
    "CA 2.4 its key set has another status": status_of_keys,
    "TOK-07 its document moved to another port": discovery_moved_to_another_port,
    "TOK-07 its key set moved to another port": keys_moved_to_another_port,
    "TOK-07 its key set moved to another host name": keys_moved_to_another_host,
    "R-34 its redirects never end": redirects_without_end,
    "R-32 its key set is garbage": garbage,
    "R-32 its key set is cut off": truncated_keys,
    "R-32 its key set is empty": no_keys,
    "R-34 its key set has three thousand keys": too_many_keys,
    "R-23 its key set is nested deeply": deep_keys,
    "R-34 its key set gives the private key away": private_key_published,
}


class Street:
    """One server that trusts all the hostile providers and some honest ones."""

    def __init__(self, directory):
        self.hostile = {name: Hostile(habit) for name, habit in HABITS.items()}
        self.honest, self.late, self.rotating = Issuer(), Issuer(), Issuer(ALGORITHMS[:1] + ["ES256"])
        self.hanging, self.twin, self.unknown = Issuer(), Issuer(), Issuer()
        self.release = threading.Event()
        self.hanging.answers[DISCOVERY] = lambda handler: self.release.wait(120)
        self.moved = Issuer()  # redirects that may be followed, and keys on another port
        self.moved.answers[DISCOVERY] = redirect(self.moved.url + "/elsewhere")
        self.moved.answers["/elsewhere"] = lambda h: respond(h, compact(self.moved.discovery()))
        self.moved.jwks_uri = self.honest.url + "/for-a-neighbour"
        self.honest.answers["/for-a-neighbour"] = lambda h: respond(h, compact(self.moved.key_set()))
        honest = [self.honest, self.rotating, self.hanging, self.twin, self.unknown, self.moved]
        started = [*self.hostile.values(), *honest]
        for issuer in started:
            issuer.start()
        self.issuers = [*started, self.late]
        self.house = House(directory)
        self.house.init()
        self.house.trust({issuer.url: {} for issuer in self.issuers if issuer is not self.unknown})
        self.server = self.house.serve()
        self.client = Client(self.house.url)

    def close(self) -> None:
        self.release.set()
        self.server.__exit__(None)
        for issuer in self.issuers:
            issuer.stop()
            if getattr(issuer, "other", None) not in (None, issuer):
                issuer.other.stop()

    def accepts(self, body: dict) -> bool:
        return self.client.post(body).status_code == 200


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    street = Street(tmp_path_factory.mktemp("street"))
    yield street
    alive = street.server.process.poll() is None
    street.close()
    assert alive


def test_the_server_starts_although_one_provider_hangs_and_one_is_down(street):
    """TOK-09 R-30 R-45: it answered /healthz while the hanging provider still held its request."""
    assert not street.release.is_set()
    street.client.issue(body_for(street.honest))


@pytest.mark.parametrize("name", HABITS)
def test_a_provider_with_a_bad_habit_is_not_believed(street, name):
    issuer = street.hostile[name]
    street.client.refuse(body_for(issuer), TOKEN)
    assert issuer.hits[DISCOVERY] >= 1
    if "its key set" in name:
        assert issuer.hits["/keys"] >= 1
    if issuer.other:
        assert issuer.other.hits["/moved" if issuer.other is issuer else DISCOVERY] == 0
        assert issuer.other.hits["/keys"] == (issuer.hits["/keys"] if issuer.other is issuer else 0)
    assert issuer.hits["/keys"] <= 25 and issuer.sent < 32 * MEBIBYTE
    street.client.issue(body_for(street.honest))


def test_redirects_at_home_and_foreign_key_sets_are_followed(street):
    """TOK-07 §2.4: a redirect within the host is followed; `jwks_uri` may name another place."""
    street.client.issue(body_for(street.moved))
    assert street.moved.hits["/elsewhere"] >= 1 and street.honest.hits["/for-a-neighbour"] >= 1


def test_a_late_provider_works_without_a_restart(street):
    """TOK-09: refused while it is down, accepted soon after it came up."""
    street.client.refuse(body_for(street.late), TOKEN)
    street.late.start()
    eventually(lambda: street.accepts(body_for(street.late)), 60, "the late provider is used")


def test_a_key_change_works_and_unknown_keys_cost_few_fetches(street):
    """TOK-08 R-32: one fetch for a new key; forty unknown identifiers cause at most one in ten seconds."""
    issuer = street.rotating
    street.client.issue(body_for(issuer))
    before = issuer.hits["/keys"]
    old = body_for(issuer)
    issuer.rotate()
    street.client.issue(body_for(issuer))
    assert issuer.hits["/keys"] == before + 1
    street.client.refuse(old, TOKEN)
    begin, before = time.monotonic(), issuer.hits["/keys"]
    for number in range(40):
        street.client.refuse(body_for(issuer, header={"kid": f"unknown-{number}"}), TOKEN)
    intervals = int((time.monotonic() - begin) // 10)
    assert issuer.hits["/keys"] - before <= 1 + intervals
    street.client.issue(body_for(issuer))
    issuer.rotate()
    eventually(lambda: street.accepts(body_for(issuer)), 60, "the second new key is used")


def test_many_waiters_share_one_fetch(street):
    """CA 2.4: twenty tokens under one new key, all at once, cause one fetch."""
    issuer = street.twin
    street.client.issue(body_for(issuer))
    issuer.rotate()
    before, go_on = issuer.hits["/keys"], threading.Event()

    def slow(handler) -> None:
        go_on.wait(5)
        respond(handler, compact(issuer.key_set()))

    issuer.answers["/keys"] = slow
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(post(street, body_for(issuer)))) for _ in range(20)]
    for thread in threads:
        thread.start()
    eventually(lambda: issuer.hits["/keys"] > before, 30, "the fetch begins")
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert statuses == [200] * 20 and issuer.hits["/keys"] == before + 1


def post(street, body: dict) -> int:
    return Client(street.house.url).post(body).status_code


def test_keys_of_one_provider_never_serve_another(street):
    """R-31: the same key identifier at two providers, tokens exchanged."""
    first, second = street.honest, street.moved
    assert first.keys["ES256"].kid == second.keys["ES256"].kid
    for owner, forger in ((first, second), (second, first)):
        token = owner.token(owner.email(ADDRESS), key=forger.keys["ES256"])
        street.client.refuse(good_body(token, ADDRESS), TOKEN)
        street.client.issue(body_for(owner))


def test_a_hanging_provider_does_not_slow_another(street):
    """R-30: with thirty requests waiting for one provider, thirty of another are served before any of them ends."""
    finished = []
    waiting = [
        threading.Thread(target=lambda: finished.append(post(street, body_for(street.hanging))), daemon=True)
        for _ in range(30)
    ]
    for thread in waiting:
        thread.start()
    eventually(lambda: street.hanging.hits[DISCOVERY] >= 1, 30, "the provider that hangs was asked")
    begin = time.monotonic()
    for _ in range(30):
        street.client.issue(body_for(street.honest))
    assert time.monotonic() - begin < 20
    for thread in waiting:
        thread.join(60)
    assert finished == [400] * 30 or set(finished) <= {400, 503}, finished


def unknown_names(street) -> list[str]:
    url, port = street.unknown.url, street.unknown.port
    known = street.honest.url
    return [
        url, f"{url}/", f"http://localhost:{port}", f"{known}@127.0.0.1:{port}", f"{url}/?{known}", f"{url}#{known}",
        f"http://{known.removeprefix('http://')}@127.0.0.1:{port}", f"{url}/r/{known}", f"{known}\n",
        f" {known}", f"{known}/", known.replace("127.0.0.1", "127.0.0.01"), known.upper(), "",
    ]  # fmt: skip


def test_nobody_is_asked_who_is_not_configured(street):
    """SEC-01 R-25 R-35: no request goes out for an issuer string that is not configured to the letter."""
    before = sum(street.honest.hits.values())
    for name in unknown_names(street):
        token = street.unknown.token(street.unknown.email(ADDRESS, iss=name))
        street.client.refuse(good_body(token, ADDRESS), TOKEN)
    assert not street.unknown.hits
    assert sum(street.honest.hits.values()) == before


def test_fetches_say_that_they_want_no_compression(street):
    """R-34: `Accept-Encoding` is identity or absent, and no credentials go along."""
    street.client.issue(body_for(street.honest))
    assert street.honest.headers
    for headers in street.honest.headers:
        lower = {name.lower(): value for name, value in headers.items()}
        assert lower.get("accept-encoding", "identity") == "identity"
        assert "authorization" not in lower and "cookie" not in lower
