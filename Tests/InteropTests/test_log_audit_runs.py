"""`mintmark log audit` from run to run: the state, interruptions, and answers of HTTP that are none."""

import gzip
import signal
import subprocess
import time

from cryptography.hazmat.primitives.asymmetric import ec

import program
from lying_log import Answer, Proxy
from submitter import OpenLog
from test_log_audit import audit, key_file, log, options, proxy  # noqa: F401: fixtures among them


def test_the_state_belongs_to_one_log_and_key(log, tmp_path):
    """Trust on first use is pinned by the state; a touched state and another log's are refused, and left alone."""
    state = tmp_path / "state"
    assert audit(log.url, "--state", state)["logKey"] == "log"
    assert audit(log.url, "--state", state)["logKey"] == "state"
    other = key_file(ec.generate_private_key(ec.SECP256R1()), tmp_path)
    kept = state.read_bytes()
    assert "the state is that of another log" in audit(log.url, "--state", state, "--log-key", other)["finding"]
    assert "another log" in audit(log.url, "--state", state, "--origin", "elsewhere/log")["finding"]
    changes = [(b'"peaks":["', b'"peaks":["A'), (b'"tree_size":3', b'"tree_size":4'), (b"}", b""), (b'"head"', b'"hat"')]
    for damaged in [kept.replace(*change) for change in changes]:
        assert damaged != kept
        state.write_bytes(damaged)
        assert "not a state" in audit(log.url, "--state", state)["finding"]
        assert state.read_bytes() == damaged


def test_wrong_answers_of_http(log, proxy):
    """Redirects, answers without end and missing tiles are refused; 503 with Retry-After is waited for."""
    proxy.lies["tile/data"] = lambda _: Answer(b"", 302, Location=f"{log.url}/tile/data/000")
    assert "redirect" in audit(proxy.url, *proxy.options)["finding"]
    proxy.lies = {"tile/0": lambda body: body + bytes(20_000)}
    assert "longer than 8192" in audit(proxy.url, *proxy.options)["finding"]
    proxy.lies = {"tile/0/001": lambda _: Answer(b"gone", 404)}
    assert "status 404" in audit(proxy.url, *proxy.options)["finding"]
    busy = {"checkpoint": 1, "tile/data/000": 2}

    def sometimes(path):
        def lie(body):
            busy[path] -= 1
            return Answer(b"busy", 503 if path == "checkpoint" else 429, Retry_After="0") if busy[path] >= 0 else body

        return lie

    proxy.lies = {path: sometimes(path) for path in busy}
    assert audit(proxy.url, *proxy.options, "--api", "static")["ok"]
    assert all(left < 0 for left in busy.values())
    proxy.lies = {"checkpoint": lambda _: Answer(b"busy", 503, Retry_After="0")}
    proxy.asked.clear()
    assert "status 503" in audit(proxy.url, *proxy.options, "--api", "static")["finding"]
    assert len(proxy.asked) == 5


def test_content_encodings(proxy):
    """TL-18: gzip is asked for and read; any other encoding, or one too many, is not taken for the document."""
    proxy.lies = {"tile/": lambda body: Answer(gzip.compress(body), Content_Encoding="GZip")}
    assert audit(proxy.url, *proxy.options, "--api", "static")["ok"]
    for encoding in ["br", "deflate", "identity", "gzip, gzip", "x"]:
        proxy.lies = {"tile/": lambda body, encoding=encoding: Answer(body, Content_Encoding=encoding)}
        assert "not asked for" in audit(proxy.url, *proxy.options, "--api", "static")["finding"], encoding
    proxy.lies = {"tile/": lambda body: Answer(gzip.compress(body)[:-9], Content_Encoding="gzip")}
    assert not audit(proxy.url, *proxy.options, "--api", "static").get("ok")
    proxy.lies = {"tile/": lambda _: Answer(gzip.compress(bytes(100 << 20), 1), Content_Encoding="gzip")}
    assert "longer than" in audit(proxy.url, *proxy.options, "--api", "static")["finding"]


def test_a_partial_tile_that_is_gone(tmp_path):
    """A log may drop a partial tile once it is full: the full one is cut to what the head covers."""
    with OpenLog(tmp_path) as log, Proxy(log.url) as proxy:
        log.fill(100)
        head = proxy.fetch("checkpoint").content
        log.fill(160)
        gone = Answer(b"gone", 404)
        proxy.lies = {"tile/0/000.p": lambda _: gone, "tile/data/000.p": lambda _: gone, "checkpoint": lambda _: head}
        answer = audit(proxy.url, *options(log, "--origin", log.house.origin))
        assert answer["ok"] and answer["size"] == answer["entries"] == 100, answer
        assert {"tile/0/000.p/100", "tile/0/000", "tile/data/000.p/100", "tile/data/000"} <= set(proxy.asked)
        # The state of that head goes on although the log is larger, and its edge tiles are gone.
        arguments = options(log, "--origin", log.house.origin, "--state", tmp_path / "state")
        assert audit(proxy.url, *arguments)["size"] == 100
        proxy.lies.pop("checkpoint")
        answer = audit(proxy.url, *arguments)
        assert answer["ok"] and answer["size"] == 260 and answer["consistentWith"]["size"] == 100, answer


def test_an_interrupted_audit_keeps_the_state(log, proxy, tmp_path):
    """Ctrl-C in the middle: the state is the old one, byte for byte, and the next run goes on."""
    state = tmp_path / "state"
    command = ["log", "audit", proxy.url, *proxy.options, "--full", "--state", state]
    assert program.run(*command).returncode == 0
    kept = state.read_bytes()

    def slow(body):
        time.sleep(20)
        return body

    proxy.lies["tile/data/001"] = slow
    proxy.asked.clear()
    process = subprocess.Popen(
        [program.binary(), *map(str, command)], env=program.environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    program.eventually(lambda: any("tile/data/001" in path for path in proxy.asked), 30, "it reads the last tile")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    assert state.read_bytes() == kept
    proxy.lies.clear()
    assert audit(proxy.url, *proxy.options, "--state", state)["ok"]
