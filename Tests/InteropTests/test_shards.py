"""Shards of the log: the next one is made and takes over, the old one goes on, and is closed without a stop."""

import base64
import datetime
import json
import shutil
import signal
import time

import pytest
import requests

import audit
import merkle
from client import Client, Issued
from log_commands import history, operate, verify
from ports import free_port
from program import eventually, run
from shards import Shard, ShardLoad, check_in_tree, issue_in, metric, rotated, serves
from test_certspotter import CertSpotter


def test_rotation_under_load_is_no_error_to_anyone(trusting, issuer, tmp_path):
    """TL-82 TL-83 R-36: no client fails, all timestamps are of listed logs, all entries are there; closing too."""
    old = Shard(trusting, "2026a")
    with trusting.serve() as server:
        with ShardLoad(trusting, issuer) as load:
            load.wait_for(20)
            new = rotated(trusting, "--months", "6")
            eventually(lambda: any(Issued(a).sct.log_id == new.log_id for a in load.answers[-4:]), 30, "it is used")
            count = len(load.answers)
            load.wait_for(count + 20)
            before = old.auditor.head()
            assert run("log", "close", "--data-dir", trusting.directory, "--reason", "r").returncode == 1, "which one?"
            closed = operate(trusting, "close", "--shard", "2026a", "--json", reason="the next one took over")
            assert closed.returncode == 0, closed.stderr
            record = json.loads(closed.stdout)
            count = len(load.answers)
            load.wait_for(count + 20)
        found = load.by_shard(old, new)
        assert found["2026a"] and len(found[new.shard]) > 20
        assert all(issued.sct.log_id == new.log_id for issued in map(Issued, load.answers[-8:]))
        for shard in (old, new):
            check_in_tree(shard, found[shard.shard])
        check_closed(trusting, old, record, before)
        check_lists(trusting, old, new)
        assert server.stop() == 0
    with trusting.serve() as server:
        check_closed(trusting, old, record, before)
        check_lists(trusting, old, new)
        for shard in (old, new):
            check_in_tree(shard, found[shard.shard])
        assert operate(trusting, "close", "--shard", "2026a").returncode == 1
        # The one that issuance needs is not closed under a running server.
        refused = operate(trusting, "close", "--shard", new.shard)
        assert refused.returncode == 1 and "rotate" in refused.stderr, refused.stderr
        assert server.stop() == 0
    answer = verify(trusting.directory)
    assert [shard["shard"] for shard in answer["shards"]] == ["2026a", new.shard]
    assert [shard["state"] for shard in answer["shards"]] == ["closed", "sound"]
    kinds = [(entry["shard"], entry["operation"]) for entry in history(trusting)]
    assert kinds == [("2026a", "close"), (new.shard, "create")]
    backup = tmp_path / "backup"
    made = run("backup", "--data-dir", trusting.directory, backup, "--json")
    assert made.returncode == 0 and len(json.loads(made.stdout)["shards"]) == 2, made.stderr
    checked = run("restore", "--check", backup, "--json")
    assert checked.returncode == 0 and json.loads(checked.stdout)["shards"] == json.loads(made.stdout)["shards"]


def check_closed(house, shard: Shard, record: dict, before: merkle.TreeHead) -> None:
    """The final head is newer than all others, in every description, and stays; submissions are gone, reads are not."""
    head = shard.auditor.head()
    assert head.timestamp > before.timestamp and head.size >= before.size
    assert head.size == record["tree_size"] and base64.b64decode(record["sha256_root_hash"]) == head.root
    description = shard.description()
    assert description["status"] == "readonly" and description["planned_changes"] == []
    root = base64.b64encode(head.root).decode()
    final = {"tree_size": head.size, "timestamp": head.timestamp, "sha256_root_hash": root}
    assert description["final_tree_head"] == final
    for path in ("ct/v1/add-chain", "ct/v1/add-pre-chain"):
        assert requests.post(f"{shard.log_url}/{path}", json={"chain": ["AA=="]}, timeout=10).status_code == 410
    assert shard.auditor.checkpoint() == head
    assert shard.get("ct/v1/get-roots").status_code == shard.get("tile/0/000.p/1").status_code == 200
    assert metric(house, "mintmark_log_state", shard=shard.shard, state="closed") == 1
    assert requests.get(house.url + "/readyz", timeout=10).status_code == 200
    assert requests.get(house.url + "/health", timeout=10).status_code == 200


def check_lists(house, *shards: Shard) -> None:
    """TL-83: every list of every shard has all shards once, and all documents agree."""
    ids = [base64.b64encode(shard.log_id).decode() for shard in shards]
    for shard in shards:
        for name, member in (("loglist-rfc6962.json", "logs"), ("loglist-tiled.json", "tiled_logs")):
            [operator] = shard.get(name).json()["operators"]
            assert [log["log_id"] for log in operator[member]] == ids
            assert [log["description"] for log in operator[member]] == [one.origin for one in shards]
        own = shard.description()
        assert own["log_id"] == base64.b64encode(shard.log_id).decode() and own["submission_url"] == shard.log_url + "/"
        entry = shard.get("sigstore-ctlog.json").json()
        assert entry["logId"]["keyId"] == own["log_id"] and entry["publicKey"]["rawBytes"] == own["key"]


def test_the_old_shard_signs_heads_until_it_is_closed(trusting, issuer, body):
    """TL-82: after the roll-over both sign heads; the closed one never again, over a restart of the server too."""
    with trusting.serve() as server:
        old = Shard(trusting, "2026a")
        new = rotated(trusting)
        issue_in(trusting, body, new)
        first = old.auditor.head()
        # A heartbeat comes at least every 30 seconds.
        eventually(lambda: old.auditor.head().timestamp > first.timestamp, 60, "a heartbeat of the old shard")
        assert operate(trusting, "close", "--shard", "2026a").returncode == 0
        final, other = old.auditor.head(), new.auditor.head()
        assert server.stop() == 0
    with trusting.serve() as server:
        # An open log signs a head at once when it starts.
        eventually(lambda: new.auditor.head().timestamp > other.timestamp, 30, "a head of the new shard")
        assert old.auditor.head() == final
        assert server.stop() == 0


def test_certificates_go_to_the_shard_of_their_end(trusting, issuer):
    """TL-82: around a boundary some seconds ahead, in the old one before and in the new one from the very second on."""
    old = Shard(trusting, "2026a")
    with trusting.serve() as server:
        # A certificate lives 600 seconds.
        boundary = int(time.time()) + 600 + 8
        text = datetime.datetime.fromtimestamp(boundary, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        new = rotated(trusting, "--from", text, "--months", "12")
        eventually(lambda: serves(new), 7, "the new shard is there before the boundary")
        with ShardLoad(trusting, issuer, clients=2) as load:
            eventually(
                lambda: load.answers and Issued(load.answers[-1]).leaf.not_valid_after_utc.timestamp() > boundary + 1,
                60, "certificates from after the boundary")  # fmt: skip
        found = load.by_shard(old, new)
        ends = {name: [i.leaf.not_valid_after_utc.timestamp() for i in all] for name, all in found.items()}
        assert max(ends["2026a"]) < boundary <= min(ends[new.shard]), ends
        window = new.description()["temporal_interval"]
        assert window["start_inclusive"] == text
        assert metric(trusting, "mintmark_log_window_end_timestamp_seconds", shard=new.shard) > boundary
        for shard in (old, new):
            check_in_tree(shard, found[shard.shard])
        assert server.stop() == 0


def test_rotation_while_stopped_and_by_signal(trusting, body):
    """TL-65 R-36: made beside a stopped server it is used from the start on; SIGHUP has the settings read as well."""
    first = rotated(trusting)
    with trusting.serve() as server:
        assert Client(trusting.url).issue(body).sct.log_id == first.log_id
        second = rotated(trusting, "--shard", "special", "--reason", "ticket 12")
        server.process.send_signal(signal.SIGHUP)
        issue_in(trusting, body, second)
        assert server.stop() == 0
    [record] = [entry for entry in history(trusting) if entry["shard"] == "special"]
    assert record["reason"] == "ticket 12" and record["actor"] and record["operation"] == "create"
    names = [json.loads(run("log", "history", "--data-dir", trusting.directory, "--shard", name, "--json").stdout)
             for name in ("2026a", first.shard)]  # fmt: skip
    assert names[0] == [] and len(names[1]) == 1


def test_an_index_is_looked_up_in_a_shard_that_is_named(trusting, body, tmp_path):
    """TL-82 R-57: one shard needs no name, with two an index without one is refused; audit records name the shard."""
    port, stream = free_port(), tmp_path / "audit.jsonl"
    url = f"http://127.0.0.1:{port}/api/v1/certificates"
    with trusting.serve("--audit-port", port, "--audit-log", stream) as server:
        old = Shard(trusting, "2026a")
        first = Client(trusting.url).issue(body)
        assert requests.get(f"{url}/0", timeout=10).json()["log"] == old.origin
        new = rotated(trusting)
        second = issue_in(trusting, body, new)
        answer = requests.get(f"{url}/0", timeout=10)
        assert answer.status_code == 400 and "parameter log" in answer.json()["message"], answer.text
        for shard, issued in ((old, first), (new, second)):
            found = requests.get(f"{url}/{issued.index}", params={"log": shard.origin}, timeout=10).json()
            assert int(found["serial"], 16) == issued.leaf.serial_number and found["log"] == shard.origin
            serial = f"{issued.leaf.serial_number:x}"
            done = run("log", "search", "--url", f"http://127.0.0.1:{port}", "--serial", serial, "--json")
            assert done.returncode == 0 and len(json.loads(done.stdout)["certificates"]) == 1, done.stderr
            arguments = ("--data-dir", trusting.directory, "--shard", shard.shard)
            assert run("log", "get", str(issued.index), *arguments).returncode == 0
        assert server.stop() == 0
    made = {int(r["serial"], 16): (r["log"], r["index"]) for r in audit.records(stream) if r["decision"] == "issued"}
    for shard, issued in ((old, first), (new, second)):
        assert made[issued.leaf.serial_number] == (shard.log_id.hex(), issued.index)


@pytest.mark.skipif(shutil.which("certspotter") is None, reason="certspotter is not installed")
def test_certspotter_follows_both_shards(trusting, body, tmp_path):
    """TL-83 TL-44: it takes the list with two shards and verifies both."""
    with trusting.serve() as server:
        old = Shard(trusting, "2026a")
        Client(trusting.url).issue(body)
        new = rotated(trusting)
        issue_in(trusting, body, new)
        spotter = CertSpotter(tmp_path / "spotter", old.get("loglist-rfc6962.json").json())
        sizes = sorted(shard.auditor.head().size for shard in (old, new))

        def verified() -> list[int]:
            states = [json.loads(path.read_text()) for path in spotter.state.glob("logs/*/state.json")]
            return sorted(state["verified_position"]["size"] for state in states)

        with spotter.running() as process:
            eventually(lambda: process.poll() is None and verified() == sizes, 60, "both are verified")
        assert not any("rror" in line and "context canceled" not in line for line in spotter.said), spotter.said
        assert server.stop() == 0
