"""Witnesses (transparency-log 3.7): cosignatures beside the checkpoint, the two alarms, and what a witness cannot do."""

import contextlib
import pathlib
import shutil
import sqlite3
import ssl
import threading
import time

import pytest
import requests

import tls
from auditor import Auditor
from client import Client
from program import eventually, run
from test_crash import Load, check_all
from witness import DASH, MISCHIEF, Witness, key_line


@pytest.fixture
def witnesses(trusting, tmp_path):
    """Makes running witnesses by their names, and stops them at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda *names: [
            stack.enter_context(Witness(tmp_path, name, trusting.origin, trusting.log_public_key)) for name in names
        ]


def policy(path: pathlib.Path, *witnesses: Witness, rule: str = "any") -> list[str]:
    """Writes a policy of these witnesses; returns the options that name it."""
    names = " ".join(witness.label for witness in witnesses)
    lines = ["# a test", *(witness.policy_line for witness in witnesses), f"group all-of-them {rule} {names}"]
    path.write_text("\n".join([*lines, "quorum all-of-them", ""]))
    return ["--witness-policy", str(path)]


def checkpoint(house) -> bytes:
    answer = requests.get(house.log_url + "/checkpoint", timeout=10)
    assert answer.status_code == 200
    return answer.content


def served_by(house, *witnesses: Witness) -> bytes:
    """The served checkpoint as soon as it carries cosignatures of all of these."""

    def look():
        note = checkpoint(house)
        return all(witness.verified(note) for witness in witnesses) and note

    return eventually(look, 30, "cosignatures of " + ", ".join(witness.label for witness in witnesses))


def size_of(note: bytes) -> int:
    return int(note.split(b"\n")[1])


def metrics(house, name: str) -> dict[str, float]:
    lines = requests.get(f"http://127.0.0.1:{house.metrics_port}/metrics", timeout=10).text.splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name)}


def count(house, witness: str, result: str) -> float:
    name = "mintmark_witness_cosignatures_total"
    labels = f'witness="{witness}",result="{result}"'
    return sum(value for line, value in metrics(house, name).items() if labels in line)


def ready(house) -> requests.Response:
    return requests.get(house.url + "/readyz", timeout=10)


def rows(house, sql: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(f"file:{house.database}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def test_heads_are_cosigned_while_certificates_are_issued(trusting, issuer, body, witnesses, tmp_path):
    """TL-79: each witness verifies what it is sent, is asked at most once a second, and its cosignature is served."""
    w1, w2 = witnesses("w1", "w2")
    auditor = Auditor(trusting)
    with trusting.serve(*policy(tmp_path / "policy", w1, w2)) as server:
        with Load(trusting.url, issuer, auditor) as load:
            load.wait_for(200)
            eventually(lambda: len(w1.cosigned) >= 3 and len(w2.cosigned) >= 3, 30, "three heads cosigned under load")
        assert all(answer.status_code == 200 for answer in load.answers) and not load.broken
        check_all(auditor, load.issued)
        note = served_by(trusting, w1, w2)
        assert size_of(note) == auditor.head().size == len(load.answers)
        for witness in (w1, w2):
            assert witness.cosigned == sorted(witness.cosigned) and witness.cosigned[-1] == size_of(note)
            assert {status for _, _, status in witness.answers} <= {200, 409}
            assert witness.most_busy == 1, "two requests to one witness at a time"
            began = [t for t, (_, _, status) in zip(witness.times, witness.answers) if status == 200]
            assert all(later - earlier > 0.5 for earlier, later in zip(began[1:], began[2:])), began
            assert all(body.startswith(b"old ") for body in witness.bodies)
        assert count(trusting, "w1", "cosigned") == len(w1.cosigned)
        sizes = metrics(trusting, "mintmark_witness_size")
        assert set(sizes.values()) == {size_of(note)}
        assert all(value > 1e9 for value in metrics(trusting, "mintmark_witness_last_success").values())
        assert server.stop() == 0
    kept = rows(trusting, "SELECT count(*), max(tree_size) FROM cosig")
    assert kept[0][0] >= 6 and kept[0][1] == size_of(note), "history keeps cosignatures"


def test_a_heartbeat_is_cosigned_again_and_a_restart_keeps_cosignatures(trusting, body, witnesses, tmp_path):
    """TL-79: after kill -9, the last cosignature is served again although the witness has gone."""
    (witness,) = witnesses("w1")
    options = policy(tmp_path / "policy", witness)
    with trusting.serve(*options) as server:
        Client(trusting.url).issue(body)
        first = witness.verified(served_by(trusting, witness))
        eventually(lambda: (witness.verified(checkpoint(trusting)) or 0) > first, 60, "a newer cosignature")
        assert size_of(checkpoint(trusting)) == 1
        server.kill()
    witness.stop()
    with trusting.serve(*options):
        note = served_by(trusting, witness)
        assert size_of(note) == 1 and witness.verified(note) >= first
    assert rows(trusting, "SELECT count(*) FROM cosig WHERE tree_size = 1") == [(1,)], "one row a size and witness"


def test_bad_witnesses_delay_nothing_and_their_answers_are_never_served(trusting, body, witnesses, tmp_path):
    """TL-79 TL-80: fail-open; wrong key, wrong message, time 0 and rubbish are dropped, and a good witness goes on."""
    good, *bad = witnesses("good", "hang", *sorted(MISCHIEF))
    for witness in bad:
        witness.mode = witness.label
    with trusting.serve(*policy(tmp_path / "policy", good, *bad)):
        client = Client(trusting.url)
        for _ in range(5):
            client.issue(body)
        notes = [served_by(trusting, good)]
        for witness in bad:
            eventually(lambda: witness.bodies, 30, f"{witness.label} is asked")

            def failed():
                return sum(count(trusting, witness.label, result) for result in ("refused", "unreachable", "unusable"))

            eventually(failed, 30, f"the failure of {witness.label} is counted")
        client.issue(body)
        notes += [served_by(trusting, good), checkpoint(trusting)]
        for note in notes:
            assert note.decode().count(f"\n{DASH} ") == 2, note.decode()
            assert b"somebody" not in note and not any(witness.name.encode() in note for witness in bad)
        assert all(count(trusting, witness.label, "cosigned") == 0 for witness in bad)
        assert ready(trusting).status_code == 200
        by_label = {witness.label: witness for witness in bad}
        by_label["wrong-key"].mode = "good"  # one that comes to its senses is believed again
        served_by(trusting, good, by_label["wrong-key"])
        assert all(witness.paths == {"/w/add-checkpoint"} for witness in (good, *bad)), "a redirect was followed"


def test_a_witness_that_is_down_or_slow(trusting, body, witnesses, tmp_path):
    """TL-79: nothing waits for it; it is found again, with a proof from where it was."""
    up, down = witnesses("up", "down")
    options = policy(tmp_path / "policy", up, down)
    with trusting.serve(*options):
        Client(trusting.url).issue(body)
        served_by(trusting, up, down)
        down.stop()
        for _ in range(3):
            Client(trusting.url).issue(body)
            served_by(trusting, up)
        eventually(lambda: count(trusting, "down", "unreachable"), 30, "the failure is counted")
        down.start()
        down.delay = 1.0
        assert size_of(served_by(trusting, up, down)) == 4
        assert down.cosigned[0] <= 1 and down.cosigned[-1] == 4
        assert [body for body in down.bodies if body.startswith(b"old 1\n")], "it is asked from where it was"


def test_a_witness_that_lags_gets_a_proof_from_where_it_is(trusting, body, witnesses, tmp_path):
    """TL-79: 409 with a smaller size is answered with the right proof, at once."""
    (witness,) = witnesses("w1")
    options = policy(tmp_path / "policy", witness)
    with trusting.serve(*options) as server:
        for _ in range(3):
            Client(trusting.url).issue(body)
        served_by(trusting, witness)
        early = witness.state_file.read_text()
        for _ in range(4):
            Client(trusting.url).issue(body)
        eventually(lambda: size_of(served_by(trusting, witness)) == 7, 30, "all are cosigned")
        witness.state_file.write_text(early)  # the witness itself is restored
        before = len(witness.answers)
        Client(trusting.url).issue(body)
        note = served_by(trusting, witness)
        assert size_of(note) == 8
        assert [status for _, _, status in witness.answers[before:]][:2] == [409, 200]
        assert witness.answers[before + 1][0] == 3
        assert server.stop() == 0


def test_tls_with_a_witness_is_verified(trusting, body, tmp_path):
    """TL-80: a certificate that the system does not trust is no witness's, whatever it would have answered."""
    files = tls.Pair().write(tmp_path / "tls")
    witness = Witness(tmp_path, "w1", trusting.origin, trusting.log_public_key)
    witness.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    witness.context.load_cert_chain(files.certificate, files.key)
    witness.url = witness.url.replace("http:", "https:")
    with witness, trusting.serve(*policy(tmp_path / "policy", witness)):
        Client(trusting.url).issue(body)
        eventually(lambda: count(trusting, "w1", "unreachable"), 30, "the failure is counted")
        assert not witness.bodies and witness.verified(checkpoint(trusting)) is None
        assert ready(trusting).status_code == 200


def test_a_contradiction_freezes_the_log(trusting, body, witnesses, tmp_path):
    """TL-79: 422 on a proof that verifies; both notes are kept, readers go on, and a restart does not forget."""
    (witness,) = witnesses("w1")
    options = policy(tmp_path / "policy", witness)
    audit = tmp_path / "audit.jsonl"
    with trusting.serve(*options, "--audit-log", str(audit)):
        Client(trusting.url).issue(body)
        old = served_by(trusting, witness)
        witness.mode = "contradict"
        Client(trusting.url).post(body)
        eventually(lambda: "frozen" in ready(trusting).text, 30, "the log is frozen")
        assert Client(trusting.url).post(body).status_code == 503
        assert "w1" in ready(trusting).text and size_of(checkpoint(trusting)) == 2
        eventually(lambda: "log-frozen" in audit.read_text(), 30, "the audit stream tells")
        assert count(trusting, "w1", "contradicted") == 1
        asked = len(witness.bodies)
    ((name, status, old_note, new_note),) = rows(trusting, "SELECT witness, status, old_note, note FROM evidence")
    assert (name, status) == ("w1", 422)
    assert (size_of(old_note), size_of(new_note)) == (1, 2) and old_note.split(b"\n")[2] == old.split(b"\n")[2]
    with trusting.serve(*options):
        assert "frozen" in ready(trusting).text and Client(trusting.url).post(body).status_code == 503
        assert len(witness.bodies) == asked, "a frozen log asks nobody"


def test_a_restored_log_is_stopped_by_its_witness_alone(trusting, body, witnesses, tmp_path):
    """TL-64 TL-79: log, lock and guard go back together; the witness remembers, and nothing is signed any more."""
    (witness,) = witnesses("w1")
    options = policy(tmp_path / "policy", witness)
    client = Client(trusting.url)
    with trusting.serve(*options) as server:
        client.issue(body)
        served_by(trusting, witness)
        assert server.stop() == 0
    copy = tmp_path / "copy"
    shutil.copytree(trusting.directory, copy)
    with trusting.serve(*options) as server:
        for _ in range(3):
            client.issue(body)
        newest = served_by(trusting, witness)
        assert size_of(newest) == 4 and server.stop() == 0
    shutil.rmtree(trusting.directory)
    shutil.copytree(copy, trusting.directory)
    before = rows(trusting, "SELECT epoch, note FROM head")
    with trusting.serve(*options) as server:
        assert "frozen" in ready(trusting).text and "old copy" in ready(trusting).text, ready(trusting).text
        assert client.post(body).status_code == 503
        assert size_of(checkpoint(trusting)) == 1
        assert witness.answers[-1][2] == 409
        server.stop()
    assert rows(trusting, "SELECT epoch, note FROM head") == before, "something was signed"
    assert rows(trusting, "SELECT witness, status FROM evidence") == [("w1", 409)]
    assert "frozen" in (trusting.database.parent / "log.sqlite-guard").read_text()


def test_required_witnesses(trusting, issuer, body, witnesses, tmp_path):
    """TL-79: 2 of 3; certificates wait for the quorum, one witness less changes nothing, two less stop everything."""
    all_three = w1, w2, w3 = witnesses("w1", "w2", "w3")
    options = [*policy(tmp_path / "policy", *all_three, rule="2"), "--witness-mode", "required"]
    auditor = Auditor(trusting)
    with trusting.serve(*options) as server:
        with Watch(trusting, all_three, needed=2) as watch:
            with Load(trusting.url, issuer, auditor) as load:
                load.wait_for(12)
                w3.stop()
                load.wait_for(len(load.answers) + 12)
            assert all(answer.status_code == 200 for answer in load.answers), [a.text for a in load.answers][-1]
            head = auditor.head()
            assert head.size >= len(load.answers)
            check_all(auditor, load.issued)
            w2.mode = "hang"
            shown = size_of(checkpoint(trusting))
            answer = Client(trusting.url).post(body)
            assert answer.status_code == 503 and 1 <= int(answer.headers["Retry-After"]) <= 30, answer.text
            assert size_of(checkpoint(trusting)) == shown, "a head was shown without its quorum"
            eventually(lambda: "too few witnesses" in ready(trusting).text, 30, "the obstacle is named")
            assert ready(trusting).status_code == 503
            assert Client(trusting.url).post(body).status_code == 503
            w2.mode = "good"
            w2.released.set()
            eventually(lambda: ready(trusting).status_code == 200, 30, "it comes back by itself")
            Client(trusting.url).issue(body)
        assert watch.seen
        server.kill()
    # After kill -9 the head that was shown is shown again, whatever was committed after it.
    with trusting.serve(*options):
        head = size_of(checkpoint(trusting))
        assert head >= watch.seen[-1]
        eventually(lambda: ready(trusting).status_code == 200, 30, "the quorum has answered")
        Client(trusting.url).issue(body)


def test_required_witnesses_must_answer_before_anything_is_signed(trusting, body, witnesses, tmp_path):
    """TL-64 TL-79: without the quorum's view a start signs nothing; with it, it goes on by itself."""
    w1, w2 = witnesses("w1", "w2")
    options = [*policy(tmp_path / "policy", w1, w2, rule="all"), "--witness-mode", "required"]
    w2.stop()
    with trusting.serve(*options):
        before = rows(trusting, "SELECT epoch FROM head")
        answer = Client(trusting.url).post(body)
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1, answer.text
        assert "witnesses" in ready(trusting).text and ready(trusting).status_code == 503
        assert rows(trusting, "SELECT epoch FROM head") == before, "something was signed"
        w2.start()
        eventually(lambda: ready(trusting).status_code == 200, 40, "the quorum has answered")
        Client(trusting.url).issue(body)
        served_by(trusting, w1, w2)


class Watch:
    """Reads the checkpoint all the time; each head beyond the first must carry its quorum."""

    def __init__(self, house, witnesses, needed: int):
        self.house, self.witnesses, self.needed = house, witnesses, needed
        self.seen: list[int] = []
        self.wrong: list[str] = []
        self.halt = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.halt.is_set():
            note = checkpoint(self.house)
            size = size_of(note)
            have = sum(witness.verified(note) is not None for witness in self.witnesses)
            if size > 0 and have < self.needed:
                self.wrong.append(f"size {size} with {have} cosignatures")
            if self.seen and size < self.seen[-1]:
                self.wrong.append(f"size {size} after {self.seen[-1]}")
            self.seen.append(size)
            time.sleep(0.02)

    def __enter__(self) -> "Watch":
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.halt.set()
        self.thread.join(20)
        assert not self.wrong, self.wrong[:3]


def test_mistakes_in_a_policy(trusting, witnesses, tmp_path):
    """Every mistake with its line, at a start and in check; and what cannot be required."""
    (witness,) = witnesses("w1")
    path = tmp_path / "policy"
    wrong = witness.vkey.replace(witness.vkey.split("+")[1], "00000000")
    big = key_line("pq.example", 6, bytes(1312))
    path.write_text(
        f"witness a {wrong}\nwitness b {big} http://127.0.0.1:1\nwitness c nothing\nfriend d\n"
        f"group g 3 a b\ngroup h any unknown\nwitness e {witness.vkey} ftp://x\n"
    )
    expected = ["line 1:", "line 2:", "line 3:", "line 4: unknown keyword friend", "line 5:", "line 6:", "no quorum"]
    common = ["--data-dir", trusting.directory, "--passphrase-file", trusting.passphrase_file,
              "--config-path", trusting.configuration]  # fmt: skip
    checked = run("check", *common, "--witness-policy", path)
    assert checked.returncode == 1
    for output in (trusting.refuses_to_serve("--witness-policy", str(path)), checked.stderr):
        assert all(text in output for text in expected), output
        assert "ML-DSA-44" in output and "libcrypto" in output
    path.write_text(f"witness a {witness.vkey} ftp://x\nquorum a\n")
    assert "line 1: not an absolute http or https URL" in trusting.refuses_to_serve("--witness-policy", str(path))
    for text in (f"{witness.policy_line}\nquorum none\n", f"witness a {witness.vkey}\nquorum a\n"):
        path.write_text(text)
        refused = trusting.refuses_to_serve("--witness-policy", str(path), "--witness-mode", "required")
        assert "required" in refused
    assert "--witness-policy" in trusting.refuses_to_serve("--witness-mode", "required")
    good = run("check", *common, *policy(path, witness))
    assert good.returncode == 0, good.stderr
