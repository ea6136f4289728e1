"""Who may ask the log for how much, who may submit, and what a closed or frozen log answers to whom."""

import base64
import concurrent.futures

import pytest
import requests

import audit
import merkle
from auditor import Auditor
from client import Client, good_body
from conftest import ADDRESS
from issuer import Issuer
from log_commands import operate
from ports import free_port
from program import House, eventually, run
from submitter import OpenLog, Submission, post
from tiled_log import tile_path, widths

TOKEN = "a-token-of-more-than-32-characters-0123456789"


def statuses(log: OpenLog, path: str, count: int, headers: dict | None = None) -> list[requests.Response]:
    session = requests.Session()
    session.trust_env = False
    return [session.get(f"{log.url}/{path}", headers=headers, timeout=30) for _ in range(count)]


def test_whole_pages_end_at_multiples_where_that_is_asked_for(tmp_path):
    """TL-34 TL-35: whoever asks for a page or more gets up to the next multiple of 1000; small ranges stay whole."""
    with OpenLog(tmp_path, "--log-align-entries") as log:
        log.fill(1015)
        auditor = Auditor(log.house)
        leaves = [entry["leaf_input"] for entry in auditor.entries(1015)]

        def page(start: int, end: int) -> list[str]:
            answer = auditor.get("ct/v1/get-entries", start=start, end=end).json()
            return [entry["leaf_input"] for entry in answer["entries"]]

        assert page(990, 2500) == leaves[990:1000], "ten more make the multiple"
        assert page(990, 1014) == leaves[990:], "fewer than a page are given whole"
        assert page(1000, 999_999_999) == leaves[1000:]
        assert page(7, 7) == leaves[7:8]
        long = page(3, 1500)
        # A page of many octets ends earlier; it never goes beyond the multiple.
        assert long == leaves[3 : 3 + len(long)] and len(long) <= 997
        assert merkle.root_of([merkle.leaf_hash(base64.b64decode(leaf)) for leaf in leaves]) == auditor.head().root


def test_pages_and_proofs_are_limited_by_address_and_nothing_else(tmp_path):
    """R-26: 429 with a whole number of seconds beyond the burst; heads, roots and tiles are always answered."""
    with OpenLog(tmp_path, "--log-read-limit", "1", "--trusted-proxies", "127.0.0.1") as log:
        log.fill(3)
        proof = "ct/v1/get-sth-consistency?first=1&second=3"
        for number, path in enumerate((proof, "ct/v1/get-entries?start=0&end=2",
                                       "ct/v1/get-entry-and-proof?leaf_index=0&tree_size=3")):  # fmt: skip
            answers = statuses(log, path, 12, {"X-Forwarded-For": f"192.0.2.{number}"})
            assert answers[0].status_code == answers[1].status_code == 200, path
            refused = [answer for answer in answers if answer.status_code == 429]
            assert len(refused) >= 5 and {answer.status_code for answer in answers} == {200, 429}
            assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
            assert all(answer.headers["Access-Control-Allow-Origin"] == "*" for answer in refused)
        for path in ("ct/v1/get-sth", "checkpoint", "ct/v1/get-roots", tile_path(0, 0, 3), tile_path("data", 0, 3)):
            answers = statuses(log, path, 40, {"X-Forwarded-For": "192.0.2.0"})
            assert {answer.status_code for answer in answers} == {200}, path
        # What a client writes itself stands further left than what the proxy saw, and does not help it.
        pretended = [statuses(log, proof, 1, {"X-Forwarded-For": f"198.51.100.{n}, 192.0.2.0"})[0] for n in range(12)]
        assert 429 in {answer.status_code for answer in pretended}
        # A network of 64 bits is one client, and another address is another.
        network = [statuses(log, proof, 1, {"X-Forwarded-For": f"2001:db8::{n:x}"})[0] for n in range(12)]
        assert 429 in {answer.status_code for answer in network}
        mail = {"X-Forwarded-For": "192.0.2.77", "User-Agent": "monitor/1.0 (jane@example.com)"}
        assert 429 in {answer.status_code for answer in statuses(log, proof, 12, mail)}, "an address in a name is no pass"
        assert statuses(log, proof, 1, {"X-Forwarded-For": "192.0.2.200"})[0].status_code == 200


def test_without_a_trusted_proxy_no_header_counts(tmp_path):
    """R-27: whoever names other addresses for itself is limited by its own; 0 means no limit."""
    with OpenLog(tmp_path, "--log-read-limit", "1") as log:
        log.fill(2)
        path = "ct/v1/get-sth-consistency?first=1&second=2"
        answers = [statuses(log, path, 1, {"X-Forwarded-For": f"192.0.2.{n}"})[0] for n in range(12)]
        assert 429 in {answer.status_code for answer in answers}
        log.options[-1] = "0"
        log.restart()
        assert {answer.status_code for answer in statuses(log, path, 200)} == {200}
        log.options[-1] = "75"
        log.restart()
        answers = [answer.status_code for answer in statuses(log, path, 160)]
        assert answers[:150] == [200] * 150, "the default lets twice as many through at once"


def test_a_trusted_proxy_tells_the_audit_stream_who_it_was(house, issuer, tmp_path):
    """R-57 R-27: over HTTP the client's address is recorded; a list with a mistake is refused by name."""
    house.trust({issuer.url: {}})
    path = tmp_path / "audit.jsonl"
    body = good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
    with house.serve("--audit-log", path, "--trusted-proxies", "127.0.0.0/8,::1") as server:
        Client(house.url).issue(body, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"})
        Client(house.url).issue(body)
        assert server.stop() == 0
    sources = [record["source"] for record in audit.records(path) if record["decision"] == "issued"]
    assert sources == ["203.0.113.7", "127.0.0.1"]
    assert "trusted-proxies: 127.0.0.1/8 is no" in house.refuses_to_serve("--trusted-proxies", "127.0.0.1/8")


@pytest.fixture
def tokened(tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    options = ["--log-submit-token-file", str(token), "--max-connections-per-address", "0"]
    with OpenLog(tmp_path / "log", *options, accept="own") as log:
        log.token = token
        yield log


def bearer(token: str) -> dict:
    return {"headers": {"Authorization": f"Bearer {token}"}}


def test_a_bearer_submits_where_strangers_may_not(tokened):
    """TL-49: both endpoints with the token; without it or with another one 401 and the way to do it."""
    submitter = tokened.submitter
    for poison, endpoint in ((True, "add-pre-chain"), (False, "add-chain")):
        chain = submitter.chain(submitter.leaf(poison))
        for options in ({}, bearer(TOKEN[:-1] + "0"), bearer(""), {"headers": {"Authorization": TOKEN}}):
            answer = post(tokened.url, endpoint, chain, **options)
            assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer", answer.text
        answer = post(tokened.url, endpoint, chain, **bearer(TOKEN))
        assert answer.status_code == 200, answer.text
        assert merkle.leaf_index(Submission(answer).extensions) == int(not poison)
    assert post(tokened.url, "add-chain", b"{}", **bearer(TOKEN)).status_code == 400
    assert Auditor(tokened.house).head().size == 2


def test_bearers_are_still_limited(tokened):
    """TL-49: the rate of strangers holds for whoever has the token too."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: post(tokened.url, "add-chain", b"{}", **bearer(TOKEN)), range(500)))
    assert {answer.status_code for answer in answers} == {400, 429}
    assert all(int(a.headers["Retry-After"]) >= 1 for a in answers if a.status_code == 429)


def test_another_token_counts_without_a_restart(tokened):
    """TL-49 R-36: read again on change; a file that is too short leaves the old one in use."""
    def status(token: str) -> int:
        return post(tokened.url, "add-chain", b"{}", **bearer(token)).status_code

    other = TOKEN[::-1]
    tokened.token.write_text(other + "\n")
    eventually(lambda: status(other) == 400, 30, "the new token counts")
    assert status(TOKEN) == 401
    tokened.token.write_text("short\n")
    eventually(lambda: "32 to 1,024" in tokened.server.output, 30, "the short one is refused")
    assert status(other) == 400


def test_a_token_that_anybody_may_read_is_refused(house, tmp_path):
    """TL-49 R-46: before any port opens; also one that is too short or not there, by check as well."""
    house.trust({})
    token = tmp_path / "token"
    assert str(token) in house.refuses_to_serve("--log-submit-token-file", token)
    token.write_text(TOKEN + "\n")
    token.chmod(0o644)
    assert "chmod o=" in house.refuses_to_serve("--log-submit-token-file", token)
    token.chmod(0o600)
    token.write_text("too short\n")
    assert "32 to 1,024" in house.refuses_to_serve("--log-submit-token-file", token)
    assert "32 to 1,024" in run("check", *house.arguments()[1:], "--log-submit-token-file", token).stderr


def test_a_frozen_or_closed_log_to_those_who_want_something_of_it(tmp_path):
    """TL-50 TL-84 R-03: our failure is a 5xx at the CA API; submissions get 503, then 410."""
    with Issuer() as issuer, OpenLog(tmp_path, issuers={issuer.url: {}}) as log:
        log.fill(2)
        client, body = Client(log.house.url), good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
        chain = log.submitter.chain(log.submitter.leaf())
        client.issue(body)
        for kind, status in (("freeze", 503), ("close", 410)):
            assert log.server.stop() == 0
            assert operate(log.house, kind).returncode == 0
            log.server = log.house.serve(*log.options)
            answer = client.post(body)
            assert "CERTIFICATE" not in answer.text, (kind, answer.text)
            # A frozen log may thaw, and after a closed one there may be another shard.
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1, (kind, answer.text)
            submitted = post(log.url, "add-pre-chain", chain)
            assert submitted.status_code == status, (kind, submitted.text)
            assert (kind == "close") == ("Retry-After" not in submitted.headers)
            health = requests.get(log.house.url + "/health", timeout=30)
            assert health.status_code == 503 and health.json()["reasons"], health.text
            head = Auditor(log.house).head()
            assert head.size == 3 and len(Auditor(log.house).entries(3)) == 3


# How ct_monitor asks (transparency-log 5.3)


class Monitor:
    """The calls of rekor-monitor's ct_monitor, one run after the other; not the program itself."""

    def __init__(self, house: House, url: str, origin: str | None = None):
        self.house, self.url, self.key = house, url, merkle.LogKey(house.log_public_key)
        # Without an origin of its own it takes the URL without its scheme, with the slash at the end.
        self.origin = origin or url.split("://", 1)[1]
        self.last: merkle.TreeHead | None = None
        self.seen: list[str] = []

    def get(self, path: str, **query) -> requests.Response:
        return requests.get(self.url + path, params=query, timeout=30)

    def is_rfc(self) -> bool:
        return self.get("ct/v1/get-sth").status_code == 200

    def run(self) -> str:
        return self.run_rfc() if self.is_rfc() else self.run_static()

    def run_rfc(self) -> str:
        """One get-entries from one before the last size to one past the end, never a second page."""
        head = merkle.TreeHead.from_json(self.get("ct/v1/get-sth").json())
        assert head.is_signed_by(self.key)
        if self.last and self.last.size != head.size:
            proof = self.get("ct/v1/get-sth-consistency", first=self.last.size, second=head.size).json()
            path = [base64.b64decode(step) for step in proof["consistency"]]
            assert merkle.is_consistent(self.last.size, head.size, path, self.last.root, head.root)
            start = max(0, self.last.size - 1)
            answer = self.get("ct/v1/get-entries", start=start, end=head.size)
            assert answer.status_code == 200, "asked one past the end, which must be cut and not refused"
            self.seen += [entry["leaf_input"] for entry in answer.json()["entries"]][self.last.size - start :]
        self.last = head
        return "rfc"

    def run_static(self) -> str:
        note = self.get("checkpoint").content
        head = merkle.TreeHead.from_checkpoint(note, self.origin, self.key.log_id)
        assert head.is_signed_by(self.key)
        start = self.last.size if self.last else head.size
        for index, width in enumerate(widths(head.size, 0)):
            if (index + 1) * 256 > start:
                assert self.get(tile_path("data", index, width)).status_code == 200
                assert len(self.get(tile_path(0, index, width)).content) == 32 * width
        self.last = head
        return "static"


def test_the_calls_of_ct_monitor_are_answered(tmp_path):
    """TL-45: its probe, both modes, one past the end; with the origin configured, for its own guess does not match."""
    port = free_port()
    with OpenLog(tmp_path, "--log-monitoring-port", str(port)) as log:
        log.fill(4)
        plain = Monitor(log.house, log.url + "/")
        tiles = f"http://127.0.0.1:{port}/log/{log.house.shard}/"
        static = Monitor(log.house, tiles, log.house.origin)
        for more in (0, 1, 30, 240):
            log.fill(more)
            assert (plain.run(), static.run()) == ("rfc", "static")
            assert plain.last.root == static.last.root and plain.last.size == static.last.size
        expected = [entry["leaf_input"] for entry in Auditor(log.house).entries(275)]
        assert plain.seen == expected[4:]
        assert Monitor(log.house, tiles).origin != log.house.origin, "its own guess: a host, a path and a slash"
        with pytest.raises(AssertionError):
            Monitor(log.house, tiles).run()
