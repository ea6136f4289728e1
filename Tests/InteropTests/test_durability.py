"""The order of two system calls: the log's write-ahead file is synced before a certificate leaves."""

import re
import shutil
import subprocess

import pytest

from client import Client, good_body
from conftest import ADDRESS
from program import Server, binary

CALLS = "trace=fdatasync,fsync,write,writev,sendto,sendmsg"
SYNC, ANSWER = re.compile(r"f(?:data)?sync\(\d+<[^>]*log\.sqlite-wal>\) += 0"), re.compile(r"HTTP/1\.1 200 OK")


def can_trace() -> bool:
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True).returncode == 0


def test_every_certificate_follows_a_sync_of_the_log(house, issuer, tmp_path):
    """R-01 R-11 R-12: traced from outside, one sync of the write-ahead file completes before each answer."""
    if not can_trace():
        pytest.skip("strace is not installed, or tracing is not permitted here")
    house.trust({issuer.url: {}})
    trace = tmp_path / "trace"
    server = TracedServer(house, trace)
    with server:
        server.wait_until_ready()
        client, body = Client(house.url), good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
        client.issue(body)
        skipped = len(events(trace))
        for _ in range(20):
            client.issue(body)
        # A heartbeat may add a sync; nothing may take one away.
        seen = "".join(events(trace)[skipped:])
    assert re.fullmatch("(?:s+a){20}s*", seen), seen


class TracedServer(Server):
    """A server whose system calls are written to a file. Killing its group ends tracer and server alike."""

    def __init__(self, house, trace):
        command = ["strace", "-f", "-y", "-s", "32", "-o", trace, "-e", CALLS, binary(), *house.arguments()]
        super().__init__(command, house.url, traced=True)


def events(trace) -> list[str]:
    """`s` for a completed sync of the write-ahead file and `a` for an answer with a certificate, in order."""
    found, open_syncs = [], set()
    for line in trace.read_text(errors="replace").splitlines():
        thread = line.split(" ", 1)[0]
        if "log.sqlite-wal" in line and "sync(" in line and "unfinished" in line:
            open_syncs.add(thread)
        elif SYNC.search(line) or (thread in open_syncs and "sync resumed" in line and "= 0" in line):
            open_syncs.discard(thread)
            found.append("s")
        elif ANSWER.search(line):
            found.append("a")
    return found
