"""The audit stream (reliability R-57): everything is told, nothing can be changed unseen, and no record, no certificate."""

import json
import signal
import stat

import audit
import keys
import pytest
import requests
from auditor import Auditor
from client import Client, assert_error, good_body
from conftest import ADDRESS
from program import eventually, run
from test_crash import Load

BACKEND = "error communicating with CA backend"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit.jsonl"


def good(issuer, **claims) -> dict:
    return good_body(issuer.token(issuer.email(ADDRESS, **claims)), ADDRESS)


def test_every_decision_is_recorded(trusting, issuer, path):
    """R-57: start with the keys in use, issued and refused with what was known at the time, stop."""
    with trusting.serve("--audit-log", path) as server:
        client = Client(trusting.url)
        issued = client.issue(good(issuer), headers={"X-Request-Id": "ticket-7"})
        client.refuse(good(issuer, exp=1), None)
        client.refuse(good(issuer, iss="https://elsewhere.example"), None)
        client.refuse(good(issuer, email_verified=False), None)
        client.refuse(b"nonsense", None)
        body = good(issuer)
        body["publicKeyRequest"]["proofOfPossession"] = "AAAA"
        client.refuse(body, None)
        assert server.stop() == 0
    found = audit.records(path)
    assert [r["decision"] for r in found] == ["started", "issued", *["refused"] * 5, "stopped"]
    start, made, expired, unknown, unverified, unread, unproven, stop = found
    assert start["caKey"] == audit.digest(issued.certificates[1].public_key().public_bytes(keys.DER, keys.SPKI))
    assert start["logKey"] == made["log"] == Auditor(trusting).key.log_id.hex()
    assert not any("log" in record or "index" in record for record in found if record is not made)
    version = audit.digest(trusting.configuration.read_bytes())[:16]
    assert all(r["configuration"] == version for r in found)
    assert made["request"] == "ticket-7" and made["transport"] == "http" and made["source"] == "127.0.0.1"
    assert made["issuer"] == made["tokenIssuer"] == issuer.url
    assert made["subject"] == "subject-1" and made["name"] == ADDRESS
    assert int(made["serial"], 16) == issued.leaf.serial_number and made["index"] == issued.index
    assert made["spki"] == audit.digest(issued.leaf.public_key().public_bytes(keys.DER, keys.SPKI))
    assert expired["reason"] == "token-expired" and expired["issuer"] == issuer.url and "subject" not in expired
    assert unknown["reason"] == "token-issuer-unknown"
    assert not {"issuer", "tokenIssuer", "subject"} & set(unknown), "nothing unverified of strangers"
    assert unverified["reason"] == "token-email-not-verified" and unverified["subject"] == "subject-1"
    assert unread["reason"] == "request-not-readable"
    assert unproven["reason"] == "proof-does-not-verify" and unproven["spki"] == made["spki"]
    assert stop["reason"] == "signal"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    done = run("audit", "verify", path)
    assert done.returncode == 0 and audit.last_digest(path) in done.stdout
    result = json.loads(run("audit", "verify", path, "--json").stdout)
    assert result == {"ok": True, "records": 8, "torn": 0, "sequence": 8, "digest": audit.last_digest(path)}


def test_subjects_are_left_out_when_asked(trusting, issuer, path):
    """R-48: whom a certificate is for is then in no file of ours but the log."""
    with trusting.serve("--audit-log", path, "--audit-subject=false") as server:
        Client(trusting.url).issue(good(issuer))
        Client(trusting.url).refuse(good(issuer, email_verified=False), None)
        assert server.stop() == 0
    assert ADDRESS not in path.read_text() and "subject-1" not in path.read_text()
    assert len(audit.records(path)) == 4


def test_nothing_from_outside_survives_unescaped(trusting, issuer, path):
    """R-57: controls in a request's name and in a subject."""
    subject = 'x\n{"decision":"issued"}\r\u0085\u2028\u202e\x7f'
    with trusting.serve("--audit-log", path) as server:
        body = good(issuer, sub=subject, email_verified=False)
        Client(trusting.url).refuse(body, None, headers={"X-Request-Id": "a b\tc\xe9" + "d" * 300})
        assert server.stop() == 0
    record = audit.records(path)[1]
    assert record["subject"] == subject and record["request"] == ("abc" + "d" * 300)[:128]
    assert all(0x20 <= octet < 0x7F or octet == 0x0A for octet in path.read_bytes())


def test_a_kill_loses_no_certificate_and_breaks_no_chain(trusting, issuer, path):
    """R-57 R-11: kill -9 under load, three times; every certificate that anybody received is in the stream."""
    received, auditor = [], Auditor(trusting)
    for _ in range(3):
        with trusting.serve("--audit-log", path) as server:
            with Load(trusting.url, issuer, auditor) as load:
                Client(trusting.url).refuse(good(issuer, exp=1), None)
                load.wait_for(30)
                server.kill()
            received += load.issued
    with trusting.serve("--audit-log", path) as server:
        assert server.stop() == 0
    found = audit.records(path)
    serials = {int(r["serial"], 16) for r in found if r["decision"] == "issued"}
    assert {issued.leaf.serial_number for issued in received} <= serials and len(received) >= 60
    assert sum(r["decision"] == "started" for r in found) == 4
    assert run("audit", "verify", path).returncode == 0


def test_a_torn_line_is_told_of(trusting, issuer, path):
    """R-57: a crash in the middle of a write."""
    with trusting.serve("--audit-log", path) as server:
        assert server.stop() == 0
    with path.open("ab") as file:
        file.write(b'{"sequence":3,"previous":"ab')
    assert run("audit", "verify", path).returncode == 1
    with trusting.serve("--audit-log", path) as server:
        assert server.stop() == 0
    assert [r["decision"] for r in audit.records(path)] == ["started", "stopped", "torn", "started", "stopped"]
    assert json.loads(run("audit", "verify", path, "--json").stdout)["torn"] == 1


def test_a_changed_stream_is_found_out(trusting, issuer, path):
    """R-57: the command says the first thing wrong; a changed end refuses the start."""
    with trusting.serve("--audit-log", path) as server:
        for _ in range(3):
            Client(trusting.url).issue(good(issuer))
        assert server.stop() == 0
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    done = run("audit", "verify", path)
    assert done.returncode == 1 and "line 3: it does not follow the line before it" in done.stderr
    result = run("audit", "verify", path, "--json")
    assert result.returncode == 1 and json.loads(result.stdout)["line"] == 3
    assert "--audit-log" in trusting.refuses_to_serve("--audit-log", path)
    assert run("audit", "verify", path.parent / "missing").returncode == 1


def test_no_record_no_certificate(trusting, issuer):
    """R-57: a full disk stops issuing, and says so; reads and health go on."""
    with trusting.serve("--audit-log", "/dev/full") as server:
        client = Client(trusting.url)
        size = Auditor(trusting).head().size
        for _ in range(3):
            assert_error(client.post(good(issuer)), 500, 13, BACKEND)
        ready = client.get("/readyz")
        assert ready.status_code == 503 and ready.json()["reasons"] == ["the audit stream cannot be written"]
        assert client.get("/livez").status_code == client.get("/healthz").status_code == 200
        assert Auditor(trusting).head().size == size, "no entry for what would not be given out"
        client.refuse(good(issuer, exp=1), None)
        assert any(r["message"] == "the audit stream cannot be written" for r in server.records())
        assert server.stop() == 0


def test_the_operator_may_go_on_without(trusting, issuer):
    """R-57: only when asked for, and never silently."""
    with trusting.serve("--audit-log", "/dev/full", "--audit-failure", "continue") as server:
        client = Client(trusting.url)
        client.issue(good(issuer))
        ready = client.get("/readyz")
        assert ready.status_code == 200 and ready.json()["warnings"] == ["the audit stream cannot be written"]
        metrics = requests.get(f"http://127.0.0.1:{trusting.metrics_port}/metrics", timeout=30).text
        assert "mintmark_audit_writable 0\n" in metrics and "mintmark_audit_records_lost_total 0\n" not in metrics
        assert server.stop() == 0


def test_issuing_resumes_when_there_is_room_again(trusting, issuer, path, tmp_path):
    """R-57: the file becomes writable again, without a restart; the stream tells of the gap."""
    path.symlink_to("/dev/full")
    with trusting.serve("--audit-log", path) as server:
        client = Client(trusting.url)
        assert_error(client.post(good(issuer)), 500, 13, BACKEND)
        path.unlink()
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: client.get("/readyz").status_code == 200, 30, "ready again")
        issued = client.issue(good(issuer))
        assert server.stop() == 0
    found = audit.records(path)
    assert found[0]["decision"] == "rotated"
    assert [r["lost"] > 0 for r in found if r["decision"] == "resumed"] == [True]
    assert int(found[-2]["serial"], 16) == issued.leaf.serial_number


def test_rotation_continues_the_chain_in_a_new_file(trusting, issuer, path):
    """R-57: move the file away, send SIGHUP; under load, no record is lost or in both."""
    with trusting.serve("--audit-log", path) as server:
        with Load(trusting.url, issuer, Auditor(trusting)) as load:
            load.wait_for(10)
            server.process.send_signal(signal.SIGHUP)  # nothing was moved: nothing happens
            old = path.rename(path.with_suffix(".1"))
            load.wait_for(20)
            server.process.send_signal(signal.SIGHUP)
            eventually(path.exists, 30, "the new file")
            load.wait_for(len(load.answers) + 10)
        assert {answer.status_code for answer in load.answers} == {200}
        assert server.stop() == 0
    before, after = audit.records(old), audit.records(path)
    assert after[0]["decision"] == "rotated" and after[0]["continues"] == audit.last_digest(old)
    assert after[0]["sequence"] == before[-1]["sequence"] + 1
    serials = [int(r["serial"], 16) for r in before + after if r["decision"] == "issued"]
    assert len(set(serials)) == len(serials)
    assert {issued.leaf.serial_number for issued in load.issued} <= set(serials)
    assert run("audit", "verify", path).returncode == run("audit", "verify", old).returncode == 0


@pytest.mark.parametrize("kind", ["a directory", "a missing directory", "open to everybody"])
def test_an_unusable_file_refuses_the_start(trusting, tmp_path, kind):
    """R-43 R-57: one line that says which."""
    path = {"a directory": tmp_path, "a missing directory": tmp_path / "no" / "a", "open to everybody": tmp_path / "o"}
    if kind == "open to everybody":
        path[kind].touch()
        path[kind].chmod(0o666)
    assert f"--audit-log: {path[kind]}" in trusting.refuses_to_serve("--audit-log", path[kind])


def test_a_changed_end_is_seen_by_who_kept_the_digest(trusting, issuer, path):
    """R-57: the last record has none after it; a digest or number that was kept elsewhere shows a cut or changed end."""
    with trusting.serve("--audit-log", path) as server:
        for _ in range(3):
            Client(trusting.url).issue(good(issuer))
        assert server.stop() == 0
    kept, whole = audit.last_digest(path), path.read_bytes()
    lines = whole.splitlines(keepends=True)

    def status(*more) -> int:
        return run("audit", "verify", path, *more).returncode

    earlier = audit.digest(lines[1].rstrip(b"\n"))
    assert status("--expect-last", kept) == status("--expect-last", earlier.upper()) == 0
    assert status("--at-least", len(lines)) == 0 and status("--at-least", len(lines) + 1) == 1
    path.write_bytes(b"".join(lines[:-1]))
    assert status() == 0, "a cut at a record's end cannot be seen from the file alone"
    assert status("--expect-last", kept) == status("--at-least", len(lines)) == 1
    path.write_bytes(b"".join(lines[:-1]) + lines[-1].replace(b'"stopped"', b'"started"'))
    assert status() == 0, "nor can a changed last record"
    done = run("audit", "verify", path, "--expect-last", kept, "--json")
    assert done.returncode == 1 and "digest" in json.loads(done.stdout)["problem"]
    assert status("--expect-last", "abc") == 64
    assert "cannot be seen from the file alone" in " ".join(run("audit", "verify", "--help").stdout.split())
