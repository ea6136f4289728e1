"""HTTP/2: the JSON API on it, and the ways to abuse it, each followed by a good issuance on another connection."""

import json
import socket
import struct

import h2.events
import httpx
import pytest

import client
import rpc
from client import assert_error
from conftest import ADDRESS
from rpc import HEALTH
from wire import Wire, frame

PATH = "/api/v2/signingCert"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9


@pytest.fixture(scope="module")
def session(world):
    with httpx.Client(http1=False, http2=True, base_url=world.house.url, timeout=60, trust_env=False) as session:
        yield session


def test_the_json_api(world, session):
    """OPS-05 API-01 API-25: the same answers as over HTTP/1.1, and CORS with them."""
    answer = session.post(PATH, json=world.good_body(), headers={"Origin": "https://x"})
    assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
    assert answer.headers["access-control-allow-origin"] == "*" and answer.headers["vary"] == "Origin"
    assert not [name for name in answer.headers if name.startswith("grpc-")]
    assert client.Issued(answer).names == [ADDRESS]
    for path in ("/api/v2/trustBundle", "/api/v2/configuration", "/api/v1/rootCert", "/healthz", "/livez"):
        found = session.get(path)
        assert (found.status_code, found.content) == (200, world.client.get(path).content)
    assert session.get(f"/log/{world.house.shard}/checkpoint").status_code == 200


def test_refusals(world, session):
    """API-13 API-15 over HTTP/2; no connection header."""
    assert_error(session.post(PATH, json={}), 400, 3, client.TOKEN)
    assert_error(session.get("/nowhere"), 404, 5, "Not Found")
    assert_error(session.get(PATH), 501, 12, "Method Not Allowed")
    assert session.head("/healthz").status_code == 501
    assert "connection" not in session.get("/nowhere").headers
    with Wire(world.house.port) as wire:
        stream = wire.headers(PATH)
        wire.data(stream, b'"' + b"x" * 4_194_304)
        found = wire.answer(stream)
        assert found[":status"] == "400" and b"http: request body too large" in found["body"]
    assert_error(session.post(PATH, json={}, headers={"Grpc-Timeout": "1n"}), 504, 4, "context deadline exceeded")


def test_preflights(world, session):
    """API-24 over HTTP/2."""
    asked = {"Origin": "https://x", "Access-Control-Request-Method": "POST"}
    answer = session.options(PATH, headers={**asked, "Access-Control-Request-Headers": "content-type"})
    assert answer.status_code == 204 and answer.headers["access-control-allow-headers"] == "content-type"
    answer = session.options(PATH, headers={**asked, "Access-Control-Request-Headers": "authorization"})
    assert answer.status_code == 204 and "access-control-allow-origin" not in answer.headers


def test_a_token_of_60_kilobytes_in_a_header(world):
    """Reliability 3: a header list of 96 KiB is taken, once the client knows that."""
    with Wire(world.house.port) as wire:
        wire.settle()
        stream = wire.headers(PATH, ("authorization", "Bearer " + "x" * 60_000), end=True)
        assert wire.answer(stream)[":status"] == "400"


def test_the_rest_of_an_answered_request_is_not_read(world):
    """RFC 9113 8.1: the answer is complete, then the stream is reset without an error."""
    with Wire(world.house.port) as wire:
        stream = wire.headers("/nowhere")
        assert wire.answer(stream)[":status"] == "404"
        wire.until(lambda: any(isinstance(e, h2.events.StreamReset) for e in wire.events))
        [reset] = [e for e in wire.events if isinstance(e, h2.events.StreamReset)]
        assert (reset.stream_id, int(reset.error_code)) == (stream, 0)


def test_an_answer_without_a_body_is_one_frame(world):
    with Wire(world.house.port) as wire:
        stream = wire.headers("/healthz", method="HEAD", end=True)
        assert wire.answer(stream)[":status"] == "501"
        [ended] = [e for e in wire.events if isinstance(e, h2.events.StreamEnded)]
        [head] = [e for e in wire.events if isinstance(e, h2.events.ResponseReceived)]
        assert head.stream_ended is ended


@pytest.fixture
def canary(world):
    """R-28: after each attack a good issuance on a new connection, and memory near where it was."""
    before = world.server.resident_bytes()
    yield
    with rpc.Caller(world.house.port) as caller:
        assert caller.issue(world.good_body())
    assert world.client.issue(world.good_body())
    assert world.server.resident_bytes() < before + 64 * 1024 * 1024


def started(world) -> Wire:
    wire = Wire(world.house.port)
    wire.settle()
    return wire


def ends(wire: Wire) -> None:
    """The server ends the connection: a GOAWAY, or it hangs up."""
    with wire:
        assert wire.is_ended()


def check(wire: Wire) -> int:
    return wire.call(f"/{HEALTH}/Check")


def test_rapid_reset(world, canary):
    """R-28 4.11 CVE-2023-44487."""
    wire = started(world)
    for _ in range(1000):
        if wire.closed:
            break
        stream = check(wire)
        wire.connection.reset_stream(stream, 8)
        wire.flush()
    ends(wire)


def test_resets_that_the_server_is_made_to_send(world, canary):
    """R-28 4.11 CVE-2025-8671: a window update of nothing is an error of its stream."""
    wire = started(world)
    for stream in range(1, 2001, 2):
        wire.send(frame(HEADERS, 4, stream, head(wire)) + frame(WINDOW_UPDATE, 0, stream, bytes(4)))
    ends(wire)


def test_settings_flood(world, canary):
    """R-28 4.11 CVE-2019-9515."""
    wire = started(world)
    wire.send(frame(SETTINGS, 0, 0) * 5000)
    ends(wire)


def test_ping_flood(world, canary):
    """R-28 4.11 CVE-2019-9512."""
    wire = started(world)
    wire.send(frame(PING, 0, 0, bytes(8)) * 5000)
    ends(wire)


def head(wire: Wire) -> bytes:
    fields = [(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", PATH)]
    return wire.connection.encoder.encode(fields)


def test_continuation_flood(world, canary):
    """R-28 4.11: a header block without an end."""
    wire = started(world)
    wire.send(frame(HEADERS, 0, 1, head(wire)))
    for _ in range(2000):
        if wire.closed:
            break
        wire.send(frame(CONTINUATION, 0, 1, b"\0\x01a\x01b") * 10)
    ends(wire)


def test_empty_continuations(world, canary):
    """R-28 4.11 CVE-2019-9516 and its kin."""
    wire = started(world)
    wire.send(frame(HEADERS, 0, 1, head(wire)) + frame(CONTINUATION, 0, 1) * 5000)
    ends(wire)


def test_empty_data(world, canary):
    """R-28 4.11 CVE-2019-9518."""
    wire = started(world)
    stream = check(wire)
    wire.send(frame(DATA, 0, stream) * 5000)
    ends(wire)


def test_a_header_block_that_grows_when_decoded(world, canary):
    """R-28 4.11: one entry of the table named again and again, 4 MB from 4 kB."""
    wire = started(world)
    entry = b"\x40\x01a" + b"\x7f\x81\x1e" + b"v" * 4000  # the length 4000 with a prefix of seven bits
    wire.send(frame(HEADERS, 4 | 1, 1, head(wire) + entry + b"\xbe" * 1000))
    wire.until(lambda: wire.is_over(1))
    wire.close()


def test_header_list_above_the_limit(world, canary):
    """Reliability 3: above 96 KiB nothing is answered with a certificate."""
    wire = started(world)
    wire.connection.remote_settings.max_header_list_size = 2**20
    stream = wire.headers("/healthz", *[(f"x-{n}", "y" * 1000) for n in range(120)], method="GET", end=True)
    found = wire.answer(stream)
    assert found.get(":status", "none") in {"none", "431", "400"}
    wire.close()


def test_unknown_frames_are_ignored(world, canary):
    """4.11: ALTSVC, ORIGIN, PRIORITY and frames of no known type."""
    with started(world) as wire:
        for kind in (10, 12, 0xEE):
            wire.send(frame(kind, 0, 0, bytes(8)))
        stream = check(wire)
        wire.data(stream, struct.pack(">BI", 0, 0))
        assert wire.answer(stream)["grpc-status"] == "0"


@pytest.mark.parametrize(
    "fields",
    [
        [(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "")],
        [(":method", "GET"), (":scheme", "http"), (":authority", "x")],
        [(":scheme", "http"), (":authority", "x"), (":path", "/healthz")],
        [(":method", "GET"), (":method", "GET"), (":scheme", "http"), (":path", "/healthz")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/healthz"), ("connection", "close")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/healthz"), ("Upper", "x")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/healthz"), ("x", "a\r\nb: c")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/healthz"), ("x", "a\0b")],
        [(":method", "GET"), (":scheme", "http"), (":path", "healthz")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/heal\r\nthz")],
    ],
)
def test_improper_fields(world, canary, fields):
    """4.11: never an ordinary answer, and other streams of other connections go on."""
    with started(world) as wire:
        stream = wire.connection.get_next_available_stream_id()
        block = wire.connection.encoder.encode(fields)
        wire.send(frame(HEADERS, 4 | 1, stream, block))
        # The hand-made frame is unknown to the library, so an answer to it would be an error there: read the octets.
        octets = raw_answer(wire)
        assert b"SERVING" not in octets


def raw_answer(wire: Wire) -> bytes:
    """What comes after a frame, until the server has nothing more to say to a ping behind it."""
    wire.send(frame(PING, 0, 0, b"the last"))
    octets = b""
    while b"the last" not in octets:
        try:
            part = wire.socket.recv(65_536)
        except OSError:
            break
        if not part:
            break
        octets += part
    return octets


def test_answers_that_are_never_taken(world, canary):
    """R-28 4.11: windows of nothing hold back answers of a hundred streams; others are served meanwhile."""
    with Wire(world.house.port, window=0) as wire:
        wire.settle()
        for _ in range(100):
            wire.headers("/api/v2/trustBundle", method="GET", end=True)
        assert world.client.get("/healthz").status_code == 200
        # Not after the minute that an answer may take: nothing at all is taken of many.
        assert wire.is_ended()


def test_more_than_a_hundred_streams(world, canary):
    """Reliability 3: the limit is announced, and whoever goes beyond it loses the connection."""
    with started(world) as wire:
        assert wire.connection.remote_settings.max_concurrent_streams == 100
        assert wire.connection.remote_settings.max_header_list_size == 96 * 1024
        for _ in range(100):
            check(wire)
        wire.send(frame(HEADERS, 4 | 1, 201, head(wire)))
        wire.until(lambda: wire.goodbyes or 201 in wire.resets)
        assert (wire.closed or wire.goodbyes) and 201 not in wire.resets


def test_connections_that_say_nothing_are_closed(house, issuer):
    """R-27: an idle connection of either version ends after the idle time, with a GOAWAY where there is one."""
    house.trust({issuer.url: {}})
    with house.serve("--idle-connection-timeout", "1s"):
        with socket.create_connection(("127.0.0.1", house.port), timeout=30) as silent:
            assert silent.recv(1) == b""
        with socket.create_connection(("127.0.0.1", house.port), timeout=30) as half:
            half.sendall(b"PRI * HT")
            assert half.recv(1) == b""
        with Wire(house.port) as wire:
            wire.settle()
            assert wire.is_ended(30)
        with Wire(house.port) as wire:
            stream = wire.call(f"/{HEALTH}/Check")
            wire.until(lambda: wire.is_over(stream), 30)
            assert wire.is_ended(30)


def test_stopping_says_goodbye(house, issuer):
    """OPS-09 R-41: GOAWAY, then the end of the connection, status 0, also for a client that never answers a ping."""
    house.trust({issuer.url: {}})
    with house.serve() as server, Wire(house.port) as polite, Wire(house.port) as silent:
        polite.settle()
        silent.settle()
        server.terminate()
        polite.until(lambda: polite.closed, 60)
        assert polite.goodbyes[0] == 0
        # The other reads nothing at all.
        assert server.wait(90) == 0


def test_the_api_over_prior_knowledge_counts_as_http(world, session):
    """OPS-05: requests over HTTP/2 are in http_requests_total."""
    url = f"http://127.0.0.1:{world.house.metrics_port}/metrics"

    def count() -> float:
        text = world.client.session.get(url, timeout=30).text
        lines = [line for line in text.splitlines() if line.startswith('http_requests_total{code="200",method="get"}')]
        return float(lines[0].split()[-1]) if lines else 0

    before = count()
    assert json.loads(session.get("/healthz").content) == {"status": "SERVING"}
    assert count() == before + 1
