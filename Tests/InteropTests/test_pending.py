"""What may have been signed and was not answered can be listed after a kill."""

import json
import os

from client import Client, Issued, good_body
from conftest import ADDRESS
from program import run


def pending(house, *files) -> list[dict]:
    named = [part for file in files for part in ("--audit-log", file)]
    done = run("log", "pending", house.directory, *named, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["pending"]


def test_a_certificate_without_a_record_is_listed(house, issuer, tmp_path):
    """R-06: a kill between the log's commit and the record; the entry is the record, and the command lists it."""
    house.trust({issuer.url: {}})
    stream, body = tmp_path / "audit.jsonl", good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
    with house.serve("--audit-log", stream) as server:
        issued = [Client(house.url).issue(body) for _ in range(3)]
        assert pending(house, stream) == []
        server.kill()
    assert pending(house, stream) == []
    # What a kill before the last record leaves: half a line, which is no record.
    lines = stream.read_bytes().splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if json.loads(line)["decision"] == "issued")
    stream.write_bytes(b"".join(lines[:last]) + lines[last][:40])
    [found] = pending(house, stream)
    assert found["index"] == issued[2].index and found["shard"] == house.shard
    assert int(found["serial"], 16) == issued[2].leaf.serial_number
    done = run("log", "pending", house.directory, "--audit-log", stream)
    assert "1 may have been signed" in done.stdout
    # After a restart the stream goes on, and the log still holds what the record lacks.
    with house.serve("--audit-log", stream) as server:
        more = Client(house.url).issue(body)
        assert [one["index"] for one in pending(house, stream)] == [issued[2].index] and more.index == 3
        assert server.stop() == 0


def test_an_answer_that_was_refused_for_want_of_a_record_is_listed(house, issuer):
    """R-06 R-57: when the record cannot be written the answer is a failure, and the entry is listed."""
    house.trust({issuer.url: {}})
    body = good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
    with house.serve() as server:
        answer = Client(house.url).post(body)
        assert Issued(answer).index == 0
        assert [one["index"] for one in pending(house, os.devnull)] == [0]
        assert server.stop() == 0
    assert run("log", "pending", house.directory).returncode == 64
    assert run("log", "pending", house.directory, "--audit-log", house.directory / "none").returncode == 1
