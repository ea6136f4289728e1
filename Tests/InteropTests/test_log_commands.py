"""What operators do with a log: verify, freeze, thaw, adopt, close, backup, restore; and what a guard file prevents."""

import base64
import json
import shutil
import sqlite3

import pytest
import requests

import keys
from auditor import Auditor
from client import Client
from log_commands import history, operate, verify
from program import House, eventually, run
from submitter import Submitter
from test_crash import Load, check_all


@pytest.fixture
def used(trusting, body):
    """A log with some entries, stopped in good order."""
    with trusting.serve() as server:
        for _ in range(5):
            Client(trusting.url).issue(body)
        assert server.stop() == 0
    return trusting


def change(house, sql: str) -> None:
    database = sqlite3.connect(house.database)
    with database:
        database.execute(sql)
    database.close()


def state(house) -> dict[str, float]:
    lines = requests.get(f"http://127.0.0.1:{house.metrics_port}/metrics", timeout=10).text.splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("mintmark_log_")}


def refused(house, body, word: str) -> None:
    answer = Client(house.url).post(body)
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1, answer.text
    ready = requests.get(house.url + "/readyz", timeout=10)
    assert ready.status_code == 503 and word in ready.text, ready.text


def test_verify_recomputes_a_log_at_rest_and_under_load(trusting, issuer, body):
    """R-58: status 0 and the very head that the server shows; works beside a server and needs no passphrase."""
    with trusting.serve() as server:
        with Load(trusting.url, issuer, Auditor(trusting)) as load:
            load.wait_for(10)
            answer = verify(trusting.directory)
            assert answer["tree_size"] >= 1
        head = Auditor(trusting).head()
        assert server.stop() == 0
    answer = verify(trusting.directory)
    assert answer["tree_size"] == head.size and base64.b64decode(answer["sha256_root_hash"]) == head.root
    done = run("log", "verify", trusting.directory, "--progress")
    assert done.returncode == 0 and "entries" in done.stdout
    assert f"{head.size} of {head.size} entries" in done.stderr and "s left" in done.stderr


def test_verify_misses_a_guard_that_serve_would_miss(used, tmp_path):
    """R-16 TL-64: missing, of an older copy's future, or of nothing: status 1; a backup has none and says so."""
    guard = used.database.with_name("log.sqlite-guard")
    assert verify(used.directory)["guard"] == "agrees"
    assert json.loads(run("log", "verify", "--data-dir", used.directory, "--json").stdout)["ok"]
    kept = guard.read_bytes()
    guard.unlink()
    answer = verify(used.directory)
    assert not answer["ok"] and f"the guard file {guard} is missing" in answer["finding"]
    guard.write_bytes(kept[:100])
    assert "cannot be used" in verify(used.directory)["finding"]
    guard.write_bytes(kept)
    guard.chmod(0o600)
    elsewhere = tmp_path / "nowhere"
    assert str(elsewhere) in verify(used.directory, "--log-guard", elsewhere)["finding"]
    backup = tmp_path / "backup"
    assert run("backup", "--data-dir", used.directory, backup).returncode == 0
    assert verify(backup)["guard"] == "a backup: no guard file"
    assert "a backup: no guard file" in run("log", "verify", backup).stdout
    assert "is missing" in verify(backup, "--log-guard", elsewhere)["finding"]
    for arguments in ((), (used.directory, "--data-dir", used.directory)):
        assert run("log", "verify", *arguments).returncode == 64


def test_check_reads_the_guard(used, body, tmp_path):
    """R-16 R-58 TL-64: beside a running server too; missing, damaged or ahead of the store: a finding, as in serve."""
    check = ["check", *used.arguments()[1:]]
    guard = used.database.with_name("log.sqlite-guard")
    with used.serve() as server:
        assert run(*check).returncode == 0
        shutil.copy(used.database, tmp_path / "old")
        Client(used.url).issue(body)
        assert server.stop() == 0
    assert run(*check).returncode == 0
    kept, newest = guard.read_bytes(), used.database.read_bytes()
    shutil.copy(tmp_path / "old", used.database)
    done = run(*check)
    assert done.returncode == 1 and "an old copy must not sign again" in done.stderr
    used.database.write_bytes(newest)
    guard.unlink()
    done = run(*check)
    assert done.returncode == 1 and f"the guard file {guard} is missing" in done.stderr
    assert not guard.exists() and used.database.read_bytes() == newest
    guard.write_bytes(kept[:50])
    assert "cannot be used" in run(*check).stderr


def test_changed_roots_stand_in_the_history(used, tmp_path):
    """TL-39: who, when and why, with the root's digest; listing them needs no stopped server and leaves no record."""
    root = tmp_path / "other.pem"
    root.write_bytes(Submitter("other").root.public_bytes(keys.PEM))
    with used.serve() as server:
        listed = json.loads(run("log", "roots", used.directory, "--json").stdout)["roots"]
        assert len(listed) == 1
        assert run("log", "roots", used.directory, "--add", root, "--reason", "a partner").returncode == 1
        assert server.stop() == 0
    assert history(used) == []
    assert run("log", "roots", used.directory, "--add", root, "--reason", "a partner").returncode == 0
    [digest] = {row["sha256"] for row in json.loads(run("log", "roots", used.directory, "--json").stdout)["roots"]} - {
        row["sha256"] for row in listed
    }
    done = run("log", "roots", "--data-dir", used.directory, "--remove", digest, "--reason", "no more")
    assert done.returncode == 0, done.stderr
    records = history(used)
    assert [record["operation"] for record in records] == ["accept-root", "remove-root"]
    assert [record["reason"] for record in records] == [f"{digest}: a partner", f"{digest}: no more"]
    assert all(record["actor"] and record["tree_size"] == 5 for record in records)
    assert "accept-root at size 5" in run("log", "history", used.directory).stdout


FLIPS = {
    "a record": "UPDATE entry SET leaf = CAST(substr(leaf, 1, 20) || x'01' || substr(leaf, 22) AS BLOB) WHERE idx = 1",
    "a leaf hash": "UPDATE entry SET leaf_hash = CAST(x'00' || substr(leaf_hash, 2) AS BLOB) WHERE idx = 1",
    "an entry's place": "UPDATE entry SET idx = 9 WHERE idx = 1",
    "a dedup row": "UPDATE dedup SET idx = 2 WHERE idx = 1",
    "a row of the hash index": "UPDATE leafidx SET prefix = prefix + 1 WHERE idx = 1",
    "an issuer": "UPDATE issuer SET der = CAST(substr(der, 1, 40) || x'01' || substr(der, 42) AS BLOB)",
    "the head's root": "UPDATE head SET root = CAST(x'00' || substr(root, 2) AS BLOB)",
    "the head's note": "UPDATE head SET note = CAST(substr(note, 1, 100) || 'A' || substr(note, 102) AS BLOB)",
    "a stored checkpoint": "UPDATE checkpoint SET note = CAST('x' || substr(note, 2) AS BLOB) WHERE tree_size = 1",
    "an accepted root": "UPDATE root SET der = CAST(substr(der, 1, 40) || x'01' || substr(der, 42) AS BLOB)",
    "a tile too many": "INSERT INTO tile VALUES (0, 0, zeroblob(8192))",
}


@pytest.mark.parametrize("name", FLIPS)
def test_ten_kinds_of_damage_are_named_and_stop_the_start(used, name):
    """R-18 TL-62: the first thing wrong in one line, status 1; serve refuses it too and changes nothing."""
    assert verify(used.directory)["ok"]
    change(used, FLIPS[name])
    before = used.database.read_bytes()
    answer = verify(used.directory)
    assert not answer["ok"] and answer["finding"].startswith("the log's store is damaged: "), answer
    done = run("log", "verify", used.directory)
    assert done.returncode == 1 and answer["finding"] in done.stderr
    assert "start-up check" in used.refuses_to_serve()
    assert used.database.read_bytes() == before


def test_the_scrubber_freezes_a_running_log(used, body):
    """R-18 TL-62 TL-84 TL-50: damage under a running server: named, red, nothing issued, reads go on; remembered."""
    auditor = Auditor(used)
    with used.serve("--log-scrub-interval", "1") as server:
        eventually(lambda: state(used).get('mintmark_log_scrub_completed_seconds{shard="2026a"}', 0) > 0, 60, "a whole pass")
        head = auditor.head()
        change(used, "UPDATE dedup SET idx = 2 WHERE idx = 1")
        eventually(lambda: state(used).get('mintmark_log_state{shard="2026a",state="frozen"}') == 1, 60, "the scrubber finds it")
        refused(used, body, "the log is frozen: the log's store is damaged: entry 1 is not found by its key")
        assert auditor.head().size == head.size and len(auditor.entries(head.size)) == head.size
        assert state(used)['mintmark_log_scrub_findings{shard="2026a"}'] == 1
        assert any("damage" in line for line in server.lines)
        assert server.stop() == 0
    with used.serve() as server:
        refused(used, body, "the log is frozen")
        assert len(auditor.entries(head.size)) == head.size
        assert server.stop() == 0
    done = operate(used, "thaw")
    assert done.returncode == 1 and "entry 1" in done.stderr


def test_freeze_thaw_and_close_are_written_down(used, body):
    """TL-84 TL-50: frozen survives restarts and is left only by a command; closed is for ever; each has a record."""
    auditor = Auditor(used)
    assert operate(used, "thaw").returncode == 1
    assert operate(used, "freeze", reason="the key may be\ntaken").returncode == 64
    assert operate(used, "freeze", reason="the key may be taken").returncode == 0
    for _ in range(2):
        with used.serve() as server:
            refused(used, body, "the log is frozen: the key may be taken")
            head = auditor.head()
            auditor.recompute(head)
            assert operate(used, "thaw").returncode == 1, "a server has the log open"
            assert server.stop() == 0
    assert operate(used, "thaw", reason="it was not").returncode == 0
    with used.serve() as server:
        assert Client(used.url).issue(body).index == head.size
        assert requests.get(used.url + "/readyz", timeout=10).status_code == 200
        assert server.stop() == 0
    assert operate(used, "close", reason="the year is over").returncode == 0
    assert operate(used, "thaw").returncode == 1 and operate(used, "adopt").returncode == 1
    with used.serve() as server:
        answer = Client(used.url).post(body)
        assert answer.status_code >= 500 and "CERTIFICATE" not in answer.text
        assert "the log is closed: the year is over" in requests.get(used.url + "/readyz", timeout=10).text
        auditor.recompute(auditor.head())
        assert server.stop() == 0
    records = history(used)
    assert [record["operation"] for record in records] == ["freeze", "thaw", "close"]
    assert [record["reason"] for record in records] == ["the key may be taken", "it was not", "the year is over"]
    assert all(record["actor"] and record["time"].endswith("Z") for record in records)
    assert [record["tree_size"] for record in records] == [head.size, head.size, head.size + 1]


@pytest.fixture
def guarded(tmp_path, issuer):
    """A house whose guard file lies elsewhere, as on another volume."""
    house = House(tmp_path, log_guard=tmp_path / "guard")
    house.init()
    house.trust({issuer.url: {}})
    return house, tmp_path / "guard"


@pytest.mark.parametrize("restored", ["the directory", "the database alone"])
def test_a_restored_snapshot_never_signs(guarded, body, tmp_path, restored):
    """R-16 TL-64 (I13): copied while running, gone on, put back: refused again and again; adopt is the way out."""
    house, guard = guarded
    auditor, snapshot = Auditor(house), tmp_path / "snapshot"
    with house.serve("--log-guard", guard) as server:
        first = Client(house.url).issue(body)
        shutil.copytree(house.directory, snapshot)
        auditor.check_issued(Client(house.url).issue(body))
        assert server.stop() == 0
    if restored == "the directory":
        shutil.rmtree(house.directory)
        shutil.copytree(snapshot, house.directory)
    else:
        for path in snapshot.rglob("log.sqlite*"):
            if not path.name.endswith("-lock"):
                shutil.copy(path, house.directory / path.relative_to(snapshot))
    for _ in range(2):
        said = house.refuses_to_serve("--log-guard", guard)
        assert "an old copy must not sign again" in said
    assert operate(house, "thaw", "--log-guard", guard).returncode == 1
    assert operate(house, "adopt", "--log-guard", guard, reason="seen nowhere").returncode == 0
    assert [record["operation"] for record in history(house)] == ["adopt"]
    with house.serve("--log-guard", guard) as server:
        # Another history, which the operator has answered for: the index is given out again.
        assert Client(house.url).issue(body).index == first.index + 1
        assert server.stop() == 0


def test_a_missing_guard_stops_the_start(guarded, body):
    """R-16: only the guard file is missing; also when the operator forgot where it is."""
    house, guard = guarded
    with house.serve("--log-guard", guard) as server:
        Client(house.url).issue(body)
        assert server.stop() == 0
    assert "guard file" in house.refuses_to_serve()
    kept = guard.read_bytes()
    guard.unlink()
    assert f"the guard file {guard} is missing" in house.refuses_to_serve("--log-guard", guard)
    assert not guard.exists()
    guard.write_bytes(kept)
    guard.chmod(0o600)
    with house.serve("--log-guard", guard) as server:
        assert Client(house.url).issue(body).index == 1
        assert server.stop() == 0


def test_a_deleted_write_ahead_log_is_an_old_copy(trusting, body):
    """R-17 R-16 TL-64: after a kill, deleting -wal takes acknowledged entries away: refused."""
    with trusting.serve() as server:
        for _ in range(3):
            Client(trusting.url).issue(body)
        server.kill()
    trusting.database.with_name("log.sqlite-wal").unlink()
    said = trusting.refuses_to_serve()
    assert "an old copy must not sign again" in said or "damaged" in said, said


def test_a_backup_under_load_is_whole(trusting, issuer, body, tmp_path):
    """R-20: made beside a server, checked with its manifest, refused when anything differs; no keys unless asked."""
    backup, auditor = tmp_path / "backup", Auditor(trusting)
    with trusting.serve() as server:
        Client(trusting.url).issue(body)
        with Load(trusting.url, issuer, auditor) as load:
            load.wait_for(10)
            done = run("backup", "--data-dir", trusting.directory, backup, "--json")
            assert done.returncode == 0, done.stderr
        received = load.issued
        assert run("backup", "--data-dir", trusting.directory, backup).returncode == 1
        check_all(auditor, received)
        assert server.stop() == 0
    made = json.loads(done.stdout)
    names = {str(path.relative_to(backup)) for path in backup.rglob("*") if path.is_file()}
    assert not any(name.endswith("key.pem") for name in names) and not made["keys"]
    assert {"manifest.json", "settings.yaml", "ca/chain.pem", f"log/{trusting.shard}/log.sqlite"} <= names
    assert not any("-wal" in name or "-lock" in name or "-guard" in name for name in names)
    checked = run("restore", "--check", backup, "--json")
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["tree_size"] == made["tree_size"]
    assert verify(backup)["tree_size"] == made["tree_size"]
    before = {path: path.read_bytes() for path in backup.rglob("*") if path.is_file()}
    assert run("restore", "--check", backup).returncode == 0
    assert {path: path.read_bytes() for path in backup.rglob("*") if path.is_file()} == before


def test_a_backup_that_was_touched_is_found_out(used, tmp_path):
    """R-20: a changed, missing or added file, and with the digests made to fit, the log itself."""
    backup = tmp_path / "backup"
    done = run("backup", "--data-dir", used.directory, backup, "--include-keys")
    assert done.returncode == 0, done.stderr
    assert (backup / "ca" / "issuing-key.pem").read_bytes() == used.read("ca/issuing-key.pem")
    assert (backup / "ca" / "issuing-key.pem").stat().st_mode & 0o777 == 0o600
    kept = (backup / "settings.yaml").read_bytes()
    (backup / "settings.yaml").write_bytes(kept + b"\n")
    assert "settings.yaml: not the bytes" in run("restore", "--check", backup).stderr
    (backup / "settings.yaml").write_bytes(kept)
    (backup / "more").write_bytes(b"")
    assert "more: not in the manifest" in run("restore", "--check", backup).stderr
    (backup / "more").unlink()
    (backup / "ca" / "chain.pem").rename(tmp_path / "chain.pem")
    assert "chain.pem: missing" in run("restore", "--check", backup).stderr
    (tmp_path / "chain.pem").rename(backup / "ca" / "chain.pem")
    assert run("restore", "--check", backup).returncode == 0


def test_a_backup_put_back_serves_only_after_adopt(used, body, tmp_path):
    """R-16 R-20: a backup has no lock and no guard, so it cannot be started by mistake."""
    backup = tmp_path / "backup"
    assert run("backup", "--data-dir", used.directory, backup, "--include-keys").returncode == 0
    shutil.rmtree(used.directory)
    shutil.copytree(backup, used.directory)
    assert "missing" in used.refuses_to_serve()
    assert operate(used, "adopt", reason="the disk burned; monitors saw nothing newer").returncode == 0
    with used.serve() as server:
        assert Client(used.url).issue(body).index == 5
        assert server.stop() == 0
