"""More requests than can be served: some are refused at once, and everything else goes on."""

import collections
import concurrent.futures
import json
import threading

import pytest
import requests

import program
from client import Issued, good_body
from conftest import ADDRESS
from crowd import HEAD, Canary, Crowd
from issuer import Issuer
from test_bench import bench
from wire import Wire


@pytest.fixture
def served(house, issuer):
    """Serves with options, for one issuer; answers with the server and a maker of good requests."""
    house.trust({issuer.url: {}})
    return lambda *options: (house.serve(*options), lambda: good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))


def storm(house, body: bytes, clients: int, rounds: int, address: str = "127.0.0.1") -> list[requests.Response]:
    """Good requests of many clients at once, each over a connection of its own; `address` is theirs."""
    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments, **options):
            super().init_poolmanager(*arguments, source_address=(address, 0), **options)

    def client(_):
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", Adapter())
            return [session.post(house.url + "/api/v2/signingCert", data=body, timeout=60) for _ in range(rounds)]

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return [answer for answers in pool.map(client, range(clients)) for answer in answers]


def test_refusals_are_early_and_good_answers_go_on(served, house):
    """R-26: one address has eight requests under way; what is beyond is 429 with Retry-After, nothing else happens."""
    server, body = served("--max-signing-per-address", "8")
    with server, Canary(house, body) as canary:
        before = server.resident_bytes()
        answers = storm(house, json.dumps(body()).encode(), 48, 10)
        statuses = collections.Counter(answer.status_code for answer in answers)
        assert set(statuses) == {200, 429} and statuses[200] >= 48, statuses
        for answer in answers:
            if answer.status_code == 429:
                assert answer.headers["Retry-After"] == "1" and answer.json()["code"] == 8
            else:
                assert Issued(answer).names == [ADDRESS]
        assert server.resident_bytes() < before + 64 * 1024 * 1024
        assert canary.is_well()
        assert server.stop() == 0


def test_one_issuer_has_its_share(served, house, issuer):
    """R-26: the tokens of one issuer take no more than its share; another issuer's are served meanwhile."""
    with Issuer() as other:
        server, body = served("--max-signing-per-issuer", "2", "--max-signing-per-address", "0")
        house.trust({issuer.url: {}, other.url: {}})
        with server:
            server.process.send_signal(1)
            token = other.token(other.email(ADDRESS))
            canary = Canary(house, lambda: good_body(token, ADDRESS))

            def served_other() -> bool:
                canary.failures.clear()
                canary.ask()
                return not canary.failures

            program.eventually(served_other, 30, "the other issuer is known")
            with canary:
                answers = storm(house, json.dumps(body()).encode(), 32, 10)
                assert canary.is_well()
            assert {answer.status_code for answer in answers} == {200, 429}
            assert all("issuer" in answer.json()["message"] for answer in answers if answer.status_code == 429)
            assert server.stop() == 0


def test_health_and_checkpoint_are_answered_under_load(served, house):
    """R-26 TL-69: while hundreds ask for certificates, health and the checkpoint are answered, every time."""
    server, body = served("--max-connections-per-address", "0", "--max-signing-per-address", "4")
    with server:
        over, found = threading.Event(), []

        def watch():
            with requests.Session() as session:
                session.trust_env = False
                while not over.is_set():
                    for path in ("/healthz", f"/log/{house.shard}/checkpoint", f"/log/{house.shard}/ct/v1/get-sth"):
                        found.append(session.get(house.url + path, timeout=60).status_code)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        statuses = collections.Counter(a.status_code for a in storm(house, json.dumps(body()).encode(), 160, 4))
        over.set()
        watcher.join(60)
        assert set(statuses) <= {200, 429, 503} and statuses[200] > 0, statuses
        assert len(found) >= 3 and set(found) == {200}
        assert server.stop() == 0


def test_bodies_of_four_mebibytes(served, house):
    """R-21 R-26: eight of them are in memory at a time; the others are 503, and small requests are served."""
    server, body = served()
    whole = b'{"x": "' + b"y" * (4 * 1024 * 1024 - 9) + b'"}'
    part = HEAD.encode() + f"Content-Length: {len(whole)}\r\n\r\n".encode() + whole[: len(whole) // 2]
    with server, Canary(house, body) as canary:
        before = server.resident_bytes()
        with Crowd(house.port).add(8, part) as crowd:
            def refused() -> bool:
                """Whether eight are in the middle of theirs, so that there is no place for this one."""
                if requests.post(house.url + "/api/v2/signingCert", data=whole, timeout=60).status_code == 503:
                    return True
                crowd.add(1, part)  # this one came so early that it had the place of one of them, which was refused
                return False

            program.eventually(refused, 30, "the ninth large body is refused")
            assert canary.is_well()
            assert server.resident_bytes() < before + 8 * 16 * 1024 * 1024
            crowd.send(whole[len(whole) // 2 :])
            answers = collections.Counter(one.recv(4096)[9:12] for one in crowd.sockets)
            assert answers.pop(b"503", 0) <= len(crowd.sockets) - 8 and answers == {b"400": 8}, answers
        assert canary.is_well()
        assert server.stop() == 0


def test_http2_resets_harm_nobody_else(served, house):
    """R-28 R-26: connections that only begin and reset are ended; a client of another address is served meanwhile."""
    server, body = served()
    with server, Canary(house, body) as canary:
        for _ in range(8):
            with Wire(house.port) as wire:
                wire.settle()
                for _ in range(400):
                    if wire.closed:
                        break
                    stream = wire.headers("/api/v2/signingCert", ("content-type", "application/json"))
                    try:
                        wire.connection.reset_stream(stream)
                    except Exception:
                        break
                    wire.flush()
                assert wire.is_ended()
        assert canary.is_well()
        assert server.stop() == 0


def test_twice_the_saturation_load():
    """R-26: twice of what the server can do: good answers remain, the others are told to come back later."""
    result = bench("issue", "--overload", "--duration", "2", "--rounds", "1", "--requests", "64")
    assert set(result["answers"]) <= {"200", "429", "503"} and result["answers"]["200"] > 0
    total = sum(result["answers"].values())
    assert total - result["answers"]["200"] > total / 20, "hardly anything was refused: that was no overload"
    assert result["good_share_of_peak"]["median"] > 0
