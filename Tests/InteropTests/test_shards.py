"""Shards of the log: the next one is made and takes over, the old one goes on, and is closed without a stop."""

import base64
import datetime
import json
import random
import shutil
import signal
import subprocess
import threading
import time

import pytest
import requests

import keys
import merkle
import program
from auditor import Auditor
from client import Client, Issued, good_body
from conftest import ADDRESS
from program import eventually, run
from test_certspotter import CertSpotter
from test_crash import Load
from test_log_commands import history, operate, verify


class Shard:
    """One shard of a house, as an auditor sees it."""

    def __init__(self, house, name: str):
        self.house, self.shard, self.read = house, name, house.read
        self.log_url, self.origin = f"{house.url}/log/{name}", f"127.0.0.1:{house.port}/log/{name}"
        self.log_public_key = house.read(f"log/{name}/public.pem")
        self.auditor = Auditor(self)
        self.log_id = self.auditor.key.log_id

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.log_url}/{path}", timeout=10)

    def description(self) -> dict:
        return self.get("log.v3.json").json()


class ShardLoad(Load):
    """Load whose timestamps are looked up by log ID afterwards."""

    def __init__(self, house, issuer, clients: int = 4):
        super().__init__(house.url, issuer, None, clients)

    def by_shard(self, *shards: Shard) -> dict[str, list[Issued]]:
        """TL-82: every answer is a certificate whose timestamp is one of a listed log and verifies under its key."""
        found = {shard.shard: [] for shard in shards}
        by_id = {shard.log_id: shard for shard in shards}
        assert not self.broken and {answer.status_code for answer in self.answers} == {200}
        for answer in self.answers:
            issued = Issued(answer)
            shard = by_id[issued.sct.log_id]
            assert shard.auditor.key.verifies_sct(issued.sct, issued.log_entry)
            found[shard.shard].append(issued)
        return found


def check_in_tree(shard: Shard, received: list[Issued]) -> None:
    head = shard.auditor.head()
    leaves = shard.auditor.recompute(head)
    for issued in received:
        assert leaves[issued.index] == merkle.leaf_hash(issued.log_entry.encode())
    assert len({issued.index for issued in received}) == len(received)


def rotate(house, *more) -> subprocess.CompletedProcess:
    return run("log", "rotate", "--data-dir", house.directory, "--passphrase-file", house.passphrase_file, *more)


def rotated(house, *more) -> Shard:
    """Makes the next shard, which must succeed."""
    done = rotate(house, "--json", *more)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    shard = Shard(house, made["shard"])
    assert base64.b64decode(made["log_id"]) == shard.log_id and made["url"] == shard.log_url + "/"
    return shard


def serves(shard: Shard) -> bool:
    return shard.get("ct/v1/get-sth").status_code == 200


def metric(house, name: str, **labels) -> float | None:
    text = ",".join(f'{label}="{value}"' for label, value in labels.items())
    lines = requests.get(f"http://127.0.0.1:{house.metrics_port}/metrics", timeout=10).text.splitlines()
    found = [line.rsplit(" ", 1)[1] for line in lines if line.startswith(f"{name}{{{text}}} ")]
    return float(found[0]) if found else None


def warnings(house) -> str:
    return " ".join(requests.get(house.url + "/readyz", timeout=10).json()["warnings"])


@pytest.fixture
def trusting(house, issuer):
    house.trust({issuer.url: {}})
    return house


@pytest.fixture
def body(issuer):
    return good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)


def issue_in(house, body, shard: Shard) -> Issued:
    """Issues until a certificate is in this shard: the server takes a new one up within a second or two."""
    client = Client(house.url)
    return eventually(
        lambda: (issued := client.issue(body)).sct.log_id == shard.log_id and issued, 30, f"{shard.shard} is used")


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


def test_what_a_rotation_refuses(trusting, tmp_path):
    """TL-65 TL-66: nothing is made with another passphrase, under a name in use, or with a gap before the window."""
    before = sorted(path.name for path in (trusting.directory / "log").iterdir())
    settings = trusting.read("settings.yaml")
    wrong = tmp_path / "wrong"
    wrong.write_text("another\n")
    wrong.chmod(0o600)
    done = run("log", "rotate", "--data-dir", trusting.directory, "--passphrase-file", wrong)
    assert done.returncode == 1 and "the passphrase does not open the key" in done.stderr
    for more, word in [
        (("--shard", "2026a"), "never used again"), (("--shard", "a/b"), "--shard"),
        (("--from", "2099-01-01T00:00:00Z"), "gap"), (("--from", "2020-01-01T00:00:00Z"), "over"),
        (("--log-guard", trusting.passphrase_file), None),
    ]:  # fmt: skip
        if word is None:
            taken = trusting.passphrase_file.with_name(f"passphrase-{next_name(trusting)}")
            taken.write_text("x")
            word = "exists already"
        done = rotate(trusting, *more)
        assert done.returncode == 1 and word in done.stderr, (more, done.stderr)
        assert len(done.stderr.strip().splitlines()) == 1
    assert rotate(trusting, "--months", "7").returncode == 64
    assert sorted(path.name for path in (trusting.directory / "log").iterdir()) == before
    assert trusting.read("settings.yaml") == settings


def next_name(house) -> str:
    year = datetime.datetime.now(datetime.timezone.utc).year
    taken = {path.name for path in (house.directory / "log").iterdir()}
    return next(f"{year}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" if f"{year}{letter}" not in taken)


def test_guard_files_of_several_shards(tmp_path, issuer, body):
    """R-16: with --log-guard each shard has a file of its own, and a missing one is named with its shard."""
    house = program.House(tmp_path, log_guard=tmp_path / "guard")
    house.init()
    house.trust({issuer.url: {}})
    new = rotated(house, "--log-guard", tmp_path / "guard")
    guard = tmp_path / f"guard-{new.shard}"
    assert guard.exists()
    with house.serve("--log-guard", tmp_path / "guard") as server:
        assert Client(house.url).issue(body).sct.log_id == new.log_id
        assert server.stop() == 0
    guard.rename(tmp_path / "away")
    said = house.refuses_to_serve("--log-guard", tmp_path / "guard")
    assert f"shard {new.shard}: " in said and str(guard) in said
    assert operate(house, "adopt", "--shard", new.shard, "--log-guard", tmp_path / "guard").returncode == 0
    with house.serve("--log-guard", tmp_path / "guard") as server:
        issue_in(house, body, new)
        assert server.stop() == 0


def test_a_bad_new_shard_changes_nothing(trusting, body):
    """R-36: the old shard goes on and /readyz warns; when the shard is made good, it is taken up."""
    old = Shard(trusting, "2026a")
    with trusting.serve() as server:
        settings = trusting.read("settings.yaml")
        new = rotated(trusting)
        # Taken away again before the next look, or the server has it already: then begin with another one.
        issue_in(trusting, body, new)
        other = rotated(trusting, "--shard", "bad")
        issue_in(trusting, body, other)
        other_window = trusting.read("settings.yaml").replace(b"window-end: 1", b"window-end: 2")
        for text in (settings, b"shards: []\n", other_window):
            good = trusting.read("settings.yaml")
            replace(trusting, text)
            eventually(lambda: "shards of the log" in warnings(trusting), 30, "a warning")
            assert Client(trusting.url).issue(body).sct.log_id == other.log_id
            replace(trusting, good)
            eventually(lambda: "shards of the log" not in warnings(trusting), 30, "no warning any more")
        key = trusting.directory / "log" / "third" / "public.pem"
        stopper = threading.Event()

        def spoil() -> None:
            while not stopper.is_set():
                if key.exists():
                    key.write_bytes(old.log_public_key)
                    return

        spoiler = threading.Thread(target=spoil)
        spoiler.start()
        done = rotate(trusting, "--shard", "third")
        stopper.set()
        spoiler.join()
        if done.returncode == 0:
            eventually(lambda: "shards of the log" in warnings(trusting), 30, "a warning")
            assert any("third" in line for line in server.lines)
            assert requests.get(trusting.url + "/readyz", timeout=10).status_code == 200
        assert Client(trusting.url).issue(body).sct.log_id == other.log_id
        assert server.stop() == 0


def replace(house, text: bytes) -> None:
    draft = house.directory / "settings.tmp"
    draft.write_bytes(text)
    draft.rename(house.directory / "settings.yaml")


def test_kills_during_rotation_leave_nothing_half(trusting, issuer):
    """TL-82 TL-57 R-01: rotate and then the server die at random moments under load; every certificate is found."""
    dice = random.Random(20261123)
    shards, received = [Shard(trusting, "2026a")], {}
    for round in range(5):
        with trusting.serve() as server:
            with ShardLoad(trusting, issuer, clients=2) as load:
                load.wait_for(4)
                command = [program.binary(), "log", "rotate", "--data-dir", trusting.directory]
                command += ["--passphrase-file", trusting.passphrase_file]
                making = subprocess.Popen(
                    [str(part) for part in command], env=program.environment(), stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                time.sleep(dice.random() * 0.5)
                making.kill()
                making.wait(10)
                if round % 2:
                    rotated(trusting)
                time.sleep(dice.random() * 2)
                server.kill()
            load.broken.clear()
            shards = known(trusting)
            for name, all in load.by_shard(*shards).items():
                received.setdefault(name, []).extend(all)
    with trusting.serve() as server:
        done = rotated(trusting)
        eventually(lambda: serves(done), 30, "the last one is there")
        assert len(known(trusting)) >= 4
        for shard in known(trusting):
            check_in_tree(shard, received.get(shard.shard, []))
        assert server.stop() == 0
    # Whatever is there is known, and whatever is known is sound.
    names = {path.name for path in (trusting.directory / "log").iterdir()}
    assert names == {shard.shard for shard in known(trusting)}
    assert len(verify(trusting.directory)["shards"]) == len(names)


def known(house) -> list[Shard]:
    lines = house.read("settings.yaml").decode().splitlines()
    return [Shard(house, line.split('"')[1]) for line in lines if line.lstrip().startswith("- name:")]


def test_what_a_killed_rotation_leaves_is_removed(trusting, body, tmp_path):
    """TL-65: before its settings are there a shard is marked; the next rotation removes it and says so, guard too."""
    settings = trusting.read("settings.yaml")
    guard = tmp_path / "guard"
    made = rotated(trusting, "--log-guard", guard)
    # As it was the moment before the settings were replaced.
    replace(trusting, settings)
    left = trusting.directory / "log" / made.shard
    (left / "unfinished").write_text(str(tmp_path / f"guard-{made.shard}"))
    (trusting.directory / "log" / "empty").mkdir()
    backup = run("backup", "--data-dir", trusting.directory, tmp_path / "backup")
    assert backup.returncode == 0 and not (tmp_path / "backup" / "log" / made.shard).exists(), backup.stderr
    with trusting.serve() as server:
        assert Client(trusting.url).issue(body)
        done = rotate(trusting, "--json")
        assert done.returncode == 0 and made.shard in done.stderr
        assert json.loads(done.stdout)["removed"] == [made.shard, "empty"]
        assert not (tmp_path / f"guard-{made.shard}").exists()
        again = Shard(trusting, json.loads(done.stdout)["shard"])
        assert again.shard == made.shard and again.log_id != made.log_id
        issue_in(trusting, body, again)
        assert server.stop() == 0
    # One that is complete and unknown is never touched: it may be of settings that were put back.
    shutil.copytree(left, trusting.directory / "log" / "stray")
    done = rotate(trusting, "--shard", "stray")
    assert done.returncode == 1 and "never used again" in done.stderr
    assert (trusting.directory / "log" / "stray" / "log.sqlite").exists()


def test_an_older_directory_is_read_and_rewritten_by_a_rotation(trusting, body):
    """TL-66: the settings of a directory from before there were shards count as they are."""
    [line] = [text for text in trusting.read("settings.yaml").decode().splitlines() if "window-start" in text]
    start = line.split()[-1]
    [line] = [text for text in trusting.read("settings.yaml").decode().splitlines() if "window-end" in text]
    replace(
        trusting,
        f'organization: "Example"\npublic-url: "{trusting.url}"\nshard: "2026a"\n'
        f"log-window-start: {start}\nlog-window-end: {line.split()[-1]}\n".encode(),
    )
    old = Shard(trusting, "2026a")
    with trusting.serve() as server:
        assert Client(trusting.url).issue(body).sct.log_id == old.log_id
        new = rotated(trusting)
        issue_in(trusting, body, new)
        size = old.auditor.head().size
        assert server.stop() == 0
    with trusting.serve() as server:
        assert Client(trusting.url).issue(body).sct.log_id == new.log_id
        assert old.auditor.head().size == size >= 1
        assert server.stop() == 0


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
