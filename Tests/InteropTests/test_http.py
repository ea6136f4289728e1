"""HTTP itself, from raw sockets: what is no proper request gets a 4xx and a closed connection (reliability §3)."""

import json
import socket

import pytest

TOO_LARGE = b'{"code":3,"message":"http: request body too large","details":[]}'
POST = b"POST /api/v2/signingCert HTTP/1.1\r\nHost: localhost\r\n"
LATE = b"POST /api/v2/nothing HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


def chunks(body: bytes, size: int) -> bytes:
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def talk(world, octets: bytes) -> bytes:
    """Sends, then reads until the server closes; a connection that stays open for ten seconds fails the test."""
    with socket.create_connection(("127.0.0.1", world.house.port), timeout=10) as connection:
        try:
            connection.sendall(octets)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server may close while we still talk
        found = b""
        while True:
            try:
                piece = connection.recv(65_536)
            except ConnectionResetError:
                return found
            if not piece:
                return found
            found += piece


@pytest.fixture
def canary(world):
    yield
    world.client.issue(world.good_body())


BAD = {
    "length and chunks together": lambda b: POST + length(b) + CHUNKED + b"\r\n" + chunks(b, 4096),
    "two equal lengths": lambda b: POST + length(b) + length(b) + b"\r\n" + b,
    "two lengths": lambda b: POST + length(b) + b"Content-Length: 5\r\n\r\n" + b,
    "a signed length": lambda b: POST + b"Content-Length: +%d\r\n\r\n" % len(b) + b,
    "a length in hexadecimal": lambda b: POST + b"Content-Length: 0x%x\r\n\r\n" % len(b) + b,
    "a length of 24 digits": lambda b: POST + b"Content-Length: 999999999999999999999999\r\n\r\n" + b,
    "a blank before the colon": lambda b: POST + b"Content-Length : %d\r\n\r\n" % len(b) + b,
    "line feeds alone": lambda b: (POST + length(b)).replace(b"\r\n", b"\n") + b"\n" + b,
    "a folded header": lambda b: POST + b"X: a\r\n b\r\n" + length(b) + b"\r\n" + b,
    "NUL in a header": lambda b: POST + b"X: a\0b\r\n" + length(b) + b"\r\n" + b,
    "a chunk size of 72 bits": lambda b: POST + CHUNKED + b"\r\nffffffffffffffffff\r\n" + b,
    "a negative chunk size": lambda b: POST + CHUNKED + b"\r\n-5\r\n" + b,
    "a chunk longer than it says": lambda b: POST + CHUNKED + b"\r\n5\r\n" + b,
    "an unknown transfer encoding": lambda b: POST + b"Transfer-Encoding: gzip\r\n\r\n" + b,
    "a request line of 100 kB": lambda b: b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header of 200 kB": lambda b: POST + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    "five thousand headers": lambda b: POST + b"".join(b"X%d: y\r\n" % n for n in range(5000)) + b"\r\n",
    "a path outside ASCII": lambda b: "GET /é HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "all octets": lambda b: bytes(range(256)),
    "nearly the preface of HTTP/2": lambda b: b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
}


@pytest.mark.parametrize("name", BAD)
def test_improper_requests_are_refused_and_the_connection_ends(world, canary, name):
    """R-21 R-22 SEC-05: 4xx, no certificate, no second answer, and the next client is served."""
    answer = talk(world, BAD[name](json.dumps(world.good_body()).encode()))
    assert answer.startswith(b"HTTP/1.1 4"), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1 and b"CERTIFICATE" not in answer


@pytest.mark.parametrize("declared", [4_194_305, 2**31, 2**63, 2**64 - 1])
def test_a_declared_length_above_the_limit_is_refused_at_once(world, canary, declared):
    """R-25 API-16: size comes first; the body is not waited for."""
    with socket.create_connection(("127.0.0.1", world.house.port), timeout=10) as connection:
        connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % declared)
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400") and (TOO_LARGE in answer or declared >= 2**63)


GOOD = {
    "chunks": lambda b: POST + b"Connection: close\r\n" + CHUNKED + b"\r\n" + chunks(b, 1000),
    "chunks of one octet": lambda b: POST + b"Connection: close\r\n" + CHUNKED + b"\r\n" + chunks(b, 1),
    "the whole URL": lambda b: (
        POST.replace(b"POST /", b"POST http://localhost/") + b"Connection: close\r\n" + length(b) + b"\r\n" + b
    ),
    "expecting to continue": lambda b: (
        POST + b"Connection: close\r\nExpect: 100-continue\r\n" + length(b) + b"\r\n" + b
    ),
    "a doubled slash": lambda b: POST.replace(b" /", b" //") + b"Connection: close\r\n" + length(b) + b"\r\n" + b,
    "no Host and HTTP/1.0": lambda b: (
        b"POST /api/v2/signingCert HTTP/1.0\r\nConnection: close\r\n" + length(b) + b"\r\n" + b
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_unusual_but_proper_requests_are_served(world, name):
    """API-01 over other forms of HTTP/1."""
    answer = talk(world, GOOD[name](json.dumps(world.good_body()).encode()))
    assert b" 200 OK\r\n" in answer and b"signedCertificateEmbeddedSct" in answer


def test_requests_on_one_connection_are_answered_in_order(world):
    """API-01 R-08: three certificates and a health check, sent at once."""
    body = json.dumps(world.good_body()).encode()
    answer = talk(world, (POST + length(body) + b"\r\n" + body) * 3 + LAST)
    assert answer.count(b"HTTP/1.1 200 OK") == 4 and answer.endswith(b'{"status":"SERVING"}\n')
    assert answer.count(b"signedCertificateEmbeddedSct") == 3


def test_a_short_body_that_is_refused_does_not_end_the_connection(world):
    """R-26: what is small is read and dropped, and the next request is served."""
    answer = talk(world, (LATE + length(b"x" * 60_000) + b"\r\n" + b"x" * 60_000) * 2 + LAST)
    assert answer.count(b"HTTP/1.1 404") == 2 and b"HTTP/1.1 200 OK" in answer
    assert answer.count(b"Connection: close") == 0


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize("framed", [lambda b: length(b) + b"\r\n" + b, lambda b: CHUNKED + b"\r\n" + chunks(b, 50_000)])
def test_an_early_refusal_arrives_while_a_long_body_is_sent(world, framed, more):
    """R-26: whoever sends all before it reads sees the answer, then the end, and nothing that came behind is begun."""
    behind = POST + length(b := json.dumps(world.good_body()).encode()) + b"\r\n" + b
    answer = talk(world, LATE + more + framed(b"x" * 4_000_000) + behind)
    assert answer.startswith(b"HTTP/1.1 404") and b"Connection: close" in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_refused_body_without_end_is_cut_off(world):
    """R-25 R-26: what comes after a refusal is dropped for a while, and then the connection is closed."""
    with socket.create_connection(("127.0.0.1", world.house.port), timeout=60) as connection:
        connection.sendall(LATE + CHUNKED + b"\r\n")
        sent, chunk = 0, chunks(b"x" * 65_536, 65_536).removesuffix(b"0\r\n\r\n")
        with pytest.raises(OSError):
            while sent < 1 << 30:
                connection.sendall(chunk)
                sent += len(chunk)
    assert sent < 64 << 20  # beside what is counted, some fits into the system's buffers
