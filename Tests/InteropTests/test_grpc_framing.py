"""gRPC on the wire, proper and improper: prefixes, lengths, resets; after each a good call on a new connection."""

import struct

import pytest

import rpc
from rpc import HEALTH, V2
from wire import Wire

SIGN, CHECK = f"/{V2}/CreateSigningCertificate", f"/{HEALTH}/Check"
LIMIT = 4 * 1024 * 1024


def framed(message: bytes, flag: int = 0, length: int | None = None) -> bytes:
    return struct.pack(">BI", flag, len(message) if length is None else length) + message


@pytest.fixture
def canary(world):
    yield
    with rpc.Caller(world.house.port) as caller:
        assert caller.issue(world.good_body())


def answer(world, body: bytes, *more, path=CHECK, **options) -> dict:
    with Wire(world.house.port) as wire:
        stream = wire.call(path, *more, **options)
        if not options.get("end"):
            wire.data(stream, body) if body else wire.end(stream)
        return wire.answer(stream)


def test_a_good_call_has_head_message_and_trailers(world, canary):
    found = answer(world, framed(b""))
    assert (found[":status"], found["content-type"], found["grpc-status"]) == ("200", "application/grpc", "0")
    assert found["grpc-accept-encoding"] == "identity" and found["body"] == framed(b"\x08\x01")


def test_the_message_may_come_octet_by_octet(world, canary):
    with Wire(world.house.port) as wire:
        stream = wire.call(CHECK)
        octets = framed(b"\x0a\x01x")
        for octet in octets[:-1]:
            wire.data(stream, bytes([octet]), end=False)
        wire.data(stream, octets[-1:])
        assert wire.answer(stream)["grpc-status"] == "0"


IMPROPER = {
    "no message": (b"", 12),
    "a prefix of one octet": (b"\0", 13),
    "a prefix of four octets": (b"\0\0\0\0", 13),
    "less than the prefix says": (framed(b"\x0a\x01x", length=4), 13),
    "a length of four gibibytes": (framed(b"", length=2**32 - 1), 8),
    "a length above the limit": (framed(b"x", length=LIMIT + 1), 8),
    "two messages": (framed(b"") * 2, 12),
    "an octet after the message": (framed(b"") + b"\0", 12),
    "a compressed message": (framed(b"\x1f\x8b", flag=1), 12),
    "a flag of two": (framed(b"", flag=2), 13),
    "a flag of 255": (framed(b"", flag=255), 13),
    "no protobuf": (framed(b"\xff\xff\xff\xff"), 13),
    "plain text": (b"GET / HTTP/1.1\r\n\r\n", 13),
}


@pytest.mark.parametrize("name", IMPROPER)
@pytest.mark.parametrize("path", [CHECK, SIGN])
def test_improper_messages(world, canary, name, path):
    """1.7 and gRPC over HTTP/2: a status in the one header block of the answer, never a body."""
    body, status = IMPROPER[name]
    with Wire(world.house.port) as wire:
        stream = wire.call(path)
        wire.data(stream, body) if body else wire.end(stream)
        found = wire.answer(stream)
        assert wire.heads(stream) == 1
    assert (found[":status"], found["grpc-status"], found["body"]) == ("200", str(status), b"")
    assert found["grpc-message"] and found["grpc-accept-encoding"] == "identity"
    if status == 8:
        assert found["grpc-message"].endswith(f"vs. {LIMIT})")


def test_an_overlong_message_is_refused_before_it_is_sent(world, canary):
    """API-16 R-25: the prefix says enough; the rest is not waited for."""
    with Wire(world.house.port) as wire:
        stream = wire.call(SIGN)
        wire.data(stream, framed(b"", length=LIMIT + 1), end=False)
        assert wire.answer(stream)["grpc-status"] == "8"


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_calls_are_posts(world, canary, method):
    found = answer(world, b"", method=method, end=True)
    assert (found[":status"], found["grpc-status"]) == ("405", "13")


@pytest.mark.parametrize(
    "kind, status",
    [("application/grpc+proto", "0"), ("application/grpc;charset=utf-8", "0"), ("application/grpc+json", "12")],
)
def test_content_types(world, canary, kind, status):
    with Wire(world.house.port) as wire:
        stream = wire.headers(CHECK, ("content-type", kind), ("te", "trailers"))
        wire.data(stream, framed(b""))
        found = wire.answer(stream)
    assert found["grpc-status"] == status and found[":status"] == ("415" if status == "12" else "200")


@pytest.mark.parametrize("kind", ["application/json", "application/grpc-web", None])
def test_what_is_no_call_finds_no_endpoint(world, canary, kind):
    """API-15: on a method's path without the content type."""
    with Wire(world.house.port) as wire:
        stream = wire.headers(CHECK, *([("content-type", kind)] if kind else []))
        wire.data(stream, framed(b""))
        found = wire.answer(stream)
    assert found[":status"] == "404" and b'"Not Found"' in found["body"]


def test_over_http_1_nothing_is_a_call(world, canary):
    """API-18: every body is JSON there, whatever its content type says."""
    headers = {"Content-Type": "application/grpc"}
    assert world.client.post(world.good_body(), headers).status_code == 200
    assert world.client.post(framed(b""), headers, CHECK).status_code == 404


def test_messages_are_escaped(world, canary):
    """gRPC over HTTP/2: grpc-message is percent-encoded."""
    found = answer(world, framed(b""), path="/x%y.é/Do")
    assert found["grpc-status"] == "12" and "%25" in found["grpc-message"]
    assert all(0x20 <= ord(character) <= 0x7E for character in found["grpc-message"])


@pytest.mark.parametrize("timeout", ["", "S", "1", "123456789S", "1D", "-1S", "1.5S", "٣S"])
def test_malformed_deadlines(world, canary, timeout):
    """1.6: INVALID_ARGUMENT with the text; an empty field is none."""
    found = answer(world, framed(b""), ("grpc-timeout", timeout))
    assert found["grpc-status"] == ("3" if timeout else "0")
    if timeout.isascii() and timeout:
        assert found["grpc-message"] == f"invalid grpc-timeout: {timeout}"


@pytest.mark.parametrize("timeout, status", [("1n", "4"), ("0H", "4"), ("99999999H", "0"), ("50S", "0"), ("9000m", "0")])
def test_deadlines(world, canary, timeout, status):
    found = answer(world, framed(b""), ("grpc-timeout", timeout))
    assert found["grpc-status"] == status
    assert status == "0" or found["grpc-message"] == "context deadline exceeded"


def test_a_call_that_is_reset_half_way_leaves_nothing(world, canary):
    before = world.auditor.head().size
    for _ in range(50):
        with Wire(world.house.port) as wire:
            stream = wire.call(SIGN)
            wire.data(stream, framed(b"x" * 100, length=1000), end=False)
            wire.connection.reset_stream(stream, 8)
            wire.flush()
            other = wire.call(CHECK)
            wire.data(other, framed(b""))
            assert wire.answer(other)["grpc-status"] == "0"
    assert world.auditor.head().size == before


def test_a_hundred_calls_on_one_connection(world, canary):
    """4.11: a hundred streams at once; each is answered."""
    with Wire(world.house.port) as wire:
        wire.settle()
        streams = [wire.call(CHECK) for _ in range(100)]
        for stream in reversed(streams):
            wire.data(stream, framed(b""))
        assert {wire.answer(stream)["grpc-status"] for stream in streams} == {"0"}
