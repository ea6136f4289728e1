"""Rotations that are refused, killed, or lead to a shard that cannot be used."""

import datetime
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time

import requests

import program
from client import Client
from log_commands import history, operate, verify
from program import eventually, run
from shards import Shard, ShardLoad, check_in_tree, issue_in, known, replace, rotate, rotated, serves, warnings


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


def test_what_a_killed_rotation_leaves_is_removed(trusting, body, tmp_path):
    """TL-65: before its settings are there a shard is marked; the next rotation removes it and says so, guard too."""
    settings = trusting.read("settings.yaml")
    guard = tmp_path / "guard"
    made = rotated(trusting, "--log-guard", guard)
    # As it was the moment before the settings were replaced.
    replace(trusting, settings)
    left = trusting.directory / "log" / made.shard
    mark(left, tmp_path / f"guard-{made.shard}")
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


def mark(directory, guard) -> None:
    """Marks the directory of a shard as unfinished, as a rotation does."""
    directory.mkdir(exist_ok=True)
    (directory / "unfinished").write_text(str(guard))
    (directory / "unfinished").chmod(0o600)


def test_a_mark_removes_no_file_but_the_guard_of_its_shard(tmp_path):
    """TL-65: whatever a mark says, directories, links, other files and guard files of known shards stay."""
    house = program.House(tmp_path, log_guard=tmp_path / "guard-live")
    house.init()
    logs, victim = house.directory / "log", tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_text("x")
    directory = tmp_path / "guard-directory"
    shutil.copytree(victim, directory)
    (tmp_path / "guard-link").symlink_to(victim / "file")
    for name in ("guard-readable", "guard-real"):
        (tmp_path / name).write_text("x")
    shutil.copy(tmp_path / "guard-live", tmp_path / "copy-live")
    names = {"directory": directory, "link": tmp_path / "guard-link", "other": victim / "file",
             "readable": tmp_path / "guard-readable", "relative": "guard-relative", "empty": "",
             "real": tmp_path / "guard-real", "live": tmp_path / "guard-live"}  # fmt: skip
    for name, guard in names.items():
        mark(logs / name, guard)
    (logs / "readable" / "unfinished").chmod(0o644)
    done = rotate(house, "--json", "--log-guard", tmp_path / "guard-live")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["removed"] == sorted(names)
    assert not any((logs / name).exists() for name in names)
    assert (victim / "file").exists() and (directory / "file").exists() and (tmp_path / "guard-link").is_symlink()
    assert (tmp_path / "guard-readable").exists() and not (tmp_path / "guard-real").exists()
    assert (tmp_path / "guard-live").exists()
    # Without its place the guard file of a shard is known by what is in it.
    mark(logs / "live", tmp_path / "guard-live")
    assert rotate(house).returncode == 0
    assert (tmp_path / "guard-live").read_bytes() == (tmp_path / "copy-live").read_bytes()


def test_no_text_makes_the_settings_unreadable(trusting, body):
    """R-36: a reason is a line of words with any brackets, the operator's name is whatever it is, the CA starts again."""
    rotated(trusting)
    settings = trusting.read("settings.yaml")
    for reason in ("a\u0096b", "a\u0085b", "a\ufffeb", "a\U0001fffeb", "a\u2028b", "a\nb", " "):
        done = operate(trusting, "close", "--shard", "2026a", reason=reason)
        assert done.returncode == 64 and "--reason" in done.stderr, (reason, done.stderr)
    with trusting.serve() as server:
        # More brackets than settings may be nested deep, and more stars than they may have aliases.
        reason = 'say "\u0301 or \\\u0301 \U0001f511' + "[{" * 100 + " &a" + " *a" * 100
        actor = 'x"\u0301\u0096\\'
        arguments = ("log", "close", "--data-dir", trusting.directory, "--shard", "2026a", "--json")
        done = run(*arguments, "--reason", reason, variables={"SUDO_USER": actor})
        assert done.returncode == 0, done.stderr
        assert server.stop() == 0
    assert verify(trusting.directory)["ok"]
    [record] = [entry for entry in history(trusting) if entry["operation"] == "close"]
    assert record["reason"] == reason and (os.getuid() != 0 or record["actor"].startswith(actor))
    with trusting.serve() as server:
        assert Client(trusting.url).issue(body)
        assert server.stop() == 0
    replace(trusting, settings + b"x: [\n")
    assert "line" in (said := trusting.refuses_to_serve()) and "not a mapping" not in said, said


def test_an_order_that_is_not_carried_out_does_not_stay(trusting, body):
    """TL-82: no order for a frozen shard, none left behind after the wait, and none that outlives a thaw."""
    old = Shard(trusting, "2026a")
    new = rotated(trusting)
    settings = trusting.read("settings.yaml")
    with trusting.serve() as server:
        server.process.send_signal(signal.SIGSTOP)
        try:
            done = operate(trusting, "close", "--shard", "2026a", "--timeout", "1")
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert done.returncode == 1 and "taken back" in done.stderr, done.stderr
        assert trusting.read("settings.yaml") == settings
        assert Client(trusting.url).issue(body).sct.log_id == new.log_id
        assert server.stop() == 0
    assert operate(trusting, "freeze", "--shard", "2026a").returncode == 0
    with trusting.serve() as server:
        done = operate(trusting, "close", "--shard", "2026a", "--timeout", "1")
        assert done.returncode == 1 and "frozen: stop the server" in done.stderr, done.stderr
        assert trusting.read("settings.yaml") == settings
        assert server.stop() == 0
    # As an older version, or a command that was killed, has left it.
    lines = settings.decode().splitlines(keepends=True)
    end = next(place for place, line in enumerate(lines) if "window-end" in line) + 1
    ordered = "".join(lines[:end] + ['    close-because: "long ago"\n', '    closed-by: "x"\n'] + lines[end:]).encode()
    replace(trusting, ordered)
    assert operate(trusting, "thaw", "--shard", new.shard).returncode == 1, "it is not frozen"
    assert trusting.read("settings.yaml") == ordered
    done = operate(trusting, "thaw", "--shard", "2026a")
    assert done.returncode == 0 and "took back the order" in done.stderr and "long ago" in done.stderr, done.stderr
    assert trusting.read("settings.yaml") == settings
    # An order stays when the operation that would take it back fails.
    replace(trusting, ordered)
    assert operate(trusting, "thaw", "--shard", "2026a").returncode == 1, "it is thawed already"
    assert trusting.read("settings.yaml") == ordered
    replace(trusting, settings)
    with trusting.serve() as server:
        first = old.auditor.head()
        # An open log signs heads, every 30 seconds at least; a closed one says so.
        assert old.description()["status"] != "readonly" and first.size == 0
        assert [entry["operation"] for entry in history(trusting) if entry["shard"] == "2026a"] == ["freeze", "thaw"]
        assert server.stop() == 0


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
