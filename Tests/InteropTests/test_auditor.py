"""An outside auditor over both APIs agrees with the log after everything that happens to it, and sees every damage.

The auditor is `whole_audit.py`, the damaged rows and a server that shows them as they are `stored_log.py`. Every look
is printed: `pytest -s` shows what was compared and found.
"""

import copy
import datetime
import json
import pathlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

import keys
import merkle
from auditor import Auditor
from client import Client, Issued, good_body
from conftest import ADDRESS
from issuer import Issuer
from log_commands import operate
from program import House, Server, eventually, run
from stored_log import RowServer, StoredLog
from submitter import OpenLog, Submitter, post
from test_crash import Load
from tiled_log import WIDTH, TileLeaf
from whole_audit import Receipt, WholeAuditor

SIZE = 3 * WIDTH + 12  # three full tiles, and enough that a start does not read the records of the first one again


def auditor_of(log: OpenLog) -> WholeAuditor:
    own = x509.load_pem_x509_certificate(log.house.read("ca/root.pem"))
    roots = [root.public_bytes(keys.DER) for root in (own, log.submitter.root)]
    return WholeAuditor(log.url, log.house.origin, log.key, roots)


def issue(log: OpenLog, issuer: Issuer) -> Issued:
    return Client(log.house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))


def agrees(auditor: WholeAuditor, step: str, size: int | None = None) -> None:
    report = auditor.look()
    print(f"{step}: {report}")
    assert report.findings == [] and size in (None, report.size), report


def test_the_auditor_agrees_after_every_step(tmp_path):
    """TL-16 TL-21 TL-36 TL-38 TL-46 TL-47 TL-62 TL-64 R-02 R-11 R-16: a log's life, with a look after each step."""
    with Issuer() as issuer, OpenLog(tmp_path / "a", issuers={issuer.url: {}}) as log:
        auditor = auditor_of(log)
        agrees(auditor, "an empty log", 0)
        for _ in range(3):
            auditor.promise(issue(log, issuer))
        agrees(auditor, "three certificates of our own", 3)
        log.fill(12)
        log.fill(5, poison=False)
        agrees(auditor, "precertificates and certificates of others", 20)
        log.restart()
        agrees(auditor, "a restart", 20)
        with Load(log.house.url, issuer, Auditor(log.house)) as load:
            load.wait_for(20)
            log.server.kill()
        for issued in load.issued:
            auditor.promise(issued)
        log.server = log.house.serve(*log.options)
        agrees(auditor, "kill -9 under load")
        frozen(log, auditor)
        restored(log, auditor, issuer, tmp_path / "snapshot")
        another_root(log, auditor)
        size = auditor.memory.heads[-1].size
        log.fill(WIDTH + 3 - size)
        agrees(auditor, "a full tile and some", WIDTH + 3)
        assert log.server.stop() == 0
        assert operate(log.house, "close").returncode == 0
        log.server = log.house.serve(*log.options)
        agrees(auditor, "closed for good", WIDTH + 3)
        assert log.server.stop() == 0


def frozen(log: OpenLog, auditor: WholeAuditor) -> None:
    assert log.server.stop() == 0
    size = auditor.memory.heads[-1].size
    for kind in ("freeze", "thaw"):
        assert operate(log.house, kind).returncode == 0
        with log.house.serve(*log.options) as server:
            agrees(auditor, f"after {kind}", size)
            assert server.stop() == 0
    log.server = log.house.serve(*log.options)


def restored(log: OpenLog, auditor: WholeAuditor, issuer: Issuer, snapshot: pathlib.Path) -> None:
    """An older copy is put back beside the guard that knows better: refused; then what was there goes on."""
    database = log.house.database
    assert log.server.stop() == 0
    shutil.copy(database, snapshot)
    log.server = log.house.serve(*log.options)
    auditor.promise(issue(log, issuer))
    agrees(auditor, "before a restore")
    assert log.server.stop() == 0
    newest = snapshot.with_name("newest")
    shutil.copy(database, newest)
    shutil.copy(snapshot, database)
    assert "an old copy must not sign again" in log.house.refuses_to_serve(*log.options)
    shutil.copy(newest, database)
    with log.house.serve(*log.options) as server:
        agrees(auditor, "the newest store again, frozen by what was tried")
        assert post(log.url, "add-chain", log.submitter.chain(log.submitter.leaf(False))).status_code == 503
        assert server.stop() == 0
    assert operate(log.house, "thaw").returncode == 0
    log.server = log.house.serve(*log.options)
    agrees(auditor, "thawed after a refused restore")


def another_root(log: OpenLog, auditor: WholeAuditor) -> None:
    other = Submitter("other").root
    path = log.house.directory.with_name("other-root.pem")
    path.write_bytes(other.public_bytes(keys.PEM))
    assert log.server.stop() == 0
    log.change_roots("--add", path, "--reason", "a test")
    log.server = log.house.serve(*log.options)
    auditor.roots.append(other.public_bytes(keys.DER))
    agrees(auditor, "another accepted root")


# Damage


@dataclass
class Scene:
    """A stopped log, and an auditor who saw it grow."""

    log: OpenLog
    auditor: WholeAuditor

    def copy(self, directory: pathlib.Path) -> House:
        """The whole data directory again, for one damage."""
        house = copy.copy(self.log.house)
        house.directory = directory / "data"
        shutil.copytree(self.log.house.directory, house.directory)
        return house

    def opened(self, house: House) -> StoredLog:
        passphrase = house.passphrase_file.read_bytes().strip()
        return StoredLog(house.database, house.origin, house.read(f"log/{house.shard}/key.pem"), passphrase)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    directory = tmp_path_factory.mktemp("scene")
    with Issuer() as issuer, OpenLog(directory, issuers={issuer.url: {}}) as log:
        auditor = auditor_of(log)
        log.fill(40, poison=False)
        auditor.promise(issue(log, issuer))
        for count in (WIDTH, 300, SIZE - 41 - WIDTH - 300 - 1):
            log.fill(count)
            auditor.newest_head()
        log.fill(1)
        agrees(auditor, "the log that is going to be damaged", SIZE)
        assert len({head.size for head in auditor.memory.heads}) >= 4
        assert log.server.stop() == 0
        yield Scene(log, auditor)


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip_leaf(log: StoredLog, _) -> None:
    log.replace(3, flip(log.leaf(3), 100), kept=True)


def flip_leaf_hash(log: StoredLog, _) -> None:
    hashed = log.one("SELECT leaf_hash FROM entry WHERE idx = 300")
    log.set("UPDATE entry SET leaf_hash = ? WHERE idx = 300", flip(hashed, 7))


def flip_tile(level: int) -> Callable:
    def damage(log: StoredLog, _) -> None:
        tile = log.one("SELECT bytes FROM tile WHERE level = ? AND n = 0", level)
        log.set("UPDATE tile SET bytes = ? WHERE level = ? AND n = 0", flip(tile, 40), level)

    return damage


def swap(log: StoredLog, _) -> None:
    rows = {idx: log.one("SELECT leaf, leaf_hash FROM entry WHERE idx = ?", idx) for idx in (50, 60)}
    for idx, other in ((50, 60), (60, 50)):
        log.set("UPDATE entry SET leaf = ?, leaf_hash = ? WHERE idx = ?", *rows[other], idx)


def remove_last(log: StoredLog, _) -> None:
    for table in ("entry", "dedup", "leafidx"):
        log.set(f"DELETE FROM {table} WHERE idx = ?", SIZE - 1)


def other_root(log: StoredLog, _) -> None:
    log.sign_head(SIZE, flip(log.one("SELECT root FROM head"), 0))


def larger_size(log: StoredLog, _) -> None:
    log.sign_head(SIZE + 1, log.one("SELECT root FROM head"))


def change_issuer(log: StoredLog, _) -> None:
    name, der = log.one("SELECT fp, der FROM issuer")
    log.set("UPDATE issuer SET der = ? WHERE fp = ?", flip(der, len(der) - 5), name)


def remove_issuer(log: StoredLog, _) -> None:
    log.set("DELETE FROM issuer WHERE fp = ?", TileLeaf.read(merkle.Reader(log.leaf(SIZE - 1))).fingerprints[0])


def with_precertificate(leaf: bytes, precertificate: bytes) -> bytes:
    record = TileLeaf.read(merkle.Reader(leaf))
    end = b"".join(record.fingerprints)
    front = len(precertificate).to_bytes(3, "big") + precertificate
    return record.leaf[2:] + front + len(end).to_bytes(2, "big") + end


def another_precertificate(log: StoredLog, _) -> None:
    """One that the log really took, beside the entry of another."""
    other = TileLeaf.read(merkle.Reader(log.leaf(100))).precertificate
    log.replace(101, with_precertificate(log.leaf(101), other), kept=True)


def broken_precertificate(log: StoredLog, _) -> None:
    """The right one, but for a bit of its signature: no hash of the tree covers it."""
    one = TileLeaf.read(merkle.Reader(log.leaf(700))).precertificate
    log.replace(700, with_precertificate(log.leaf(700), flip(one, len(one) - 3)), kept=True)


def precertificate_signed_again(log: StoredLog, scene: Scene) -> None:
    """The same contents with another good signature of the same issuer: only who saw the first one can tell."""
    before = TileLeaf.read(merkle.Reader(log.leaf(702))).precertificate
    parsed = x509.load_der_x509_certificate(before)
    builder = x509.CertificateBuilder(
        issuer_name=parsed.issuer, subject_name=parsed.subject, public_key=parsed.public_key(),
        serial_number=parsed.serial_number, not_valid_before=parsed.not_valid_before_utc.astimezone(datetime.UTC),
        not_valid_after=parsed.not_valid_after_utc, extensions=list(parsed.extensions),
    )  # fmt: skip
    again = builder.sign(scene.log.submitter.key, hashes.SHA256())
    assert again.tbs_certificate_bytes == parsed.tbs_certificate_bytes
    log.replace(702, with_precertificate(log.leaf(702), again.public_bytes(keys.DER)), kept=True)


def change_history(log: StoredLog, _) -> None:
    size = log.one("SELECT min(tree_size) FROM checkpoint WHERE tree_size > 20")
    note = log.one("SELECT note FROM checkpoint WHERE tree_size = ?", size)
    log.set("UPDATE checkpoint SET note = ? WHERE tree_size = ?", flip(note, len(note) - 20), size)


def other_index(log: StoredLog, _) -> None:
    """The leaf_index of an entry is another one; hashes, tiles, history and head fit it and are signed."""
    record = TileLeaf.read(merkle.Reader(log.leaf(400)))
    changed = record.leaf[2:-1] + bytes([record.leaf[-1] ^ 3])
    log.replace(400, changed + log.leaf(400)[len(changed) :])
    log.rebuild()
    log.rewrite_guard()


def time_of(log: StoredLog, index: int) -> int:
    return int.from_bytes(log.leaf(index)[:8], "big")


def movable(log: StoredLog) -> int:
    """An entry that could also have come a millisecond earlier."""
    return next(index for index in range(400, SIZE) if time_of(log, index - 1) < time_of(log, index))


def other_time(log: StoredLog, _) -> None:
    """A millisecond less in one entry, everything made to fit and signed: another history of the same log."""
    index = movable(log)
    log.replace(index, (time_of(log, index) - 1).to_bytes(8, "big") + log.leaf(index)[8:])
    log.rebuild()


def other_time_and_guard(log: StoredLog, scene: Scene) -> None:
    other_time(log, scene)
    log.rewrite_guard()


@dataclass(frozen=True)
class Damage:
    """What is done, what `log verify` says (None: it cannot know), and a part of what the auditor finds."""

    do: Callable
    inside: str | None
    outside: str


DAMAGES = {
    "a bit of a stored leaf": Damage(flip_leaf, "entry 3 does not hash to its leaf", "entry 3: is another entry"),
    "a bit of a leaf hash": Damage(flip_leaf_hash, "entry 300 does not hash to its leaf", "inclusion of entry 300"),
    "a bit of a tile of level 0": Damage(flip_tile(0), "tile 0 of level 0", "tile 0 of level 0"),
    "a bit of a tile of level 1": Damage(flip_tile(1), "tile 0 of level 1", "tile 0 of level 1"),
    "two entries swapped": Damage(swap, "entry 50 does not hash to its leaf", "entry 50: says that it stands at 60"),
    "the last entry removed": Damage(remove_last, f"entry {SIZE - 1} is missing", f"no entry {SIZE - 1} below"),
    "another root, signed": Damage(other_root, "the peaks of the head", f"two roots for size {SIZE}: a fork"),
    "a larger size, signed": Damage(larger_size, "the peaks of the head", f"no entry {SIZE} below"),
    "an issuer's bytes": Damage(change_issuer, "issuer row", "extra_data"),
    "an issuer removed": Damage(remove_issuer, "which is not there (table issuer)", "data tile"),
    "the precertificate of another entry": Damage(another_precertificate, "entry 101", "entry 101: has another extra"),
    "a bit of a precertificate's signature": Damage(broken_precertificate, "entry 700", "entry 700: has another extra"),
    "a precertificate signed again": Damage(precertificate_signed_again, None, "entry 702: has another extra_data"),
    "a kept checkpoint": Damage(change_history, "the checkpoint of size", "kept checkpoint"),
    "another leaf_index, signed": Damage(other_index, "entry 400 does not hash", "entry 400: says that it stands at"),
    "another time, signed": Damage(other_time, "is not part of this store", f"two roots for size {SIZE}: a fork"),
    "another time, guard and all": Damage(other_time_and_guard, None, f"two roots for size {SIZE}: a fork"),
}


def started(house: House, *options: str) -> Server | None:
    """A server, or None when it refused to start and said why."""
    server = Server([*house.arguments(), *options], house.url)
    eventually(lambda: server.process.poll() is not None or server.answers(), 60, "it starts or refuses")
    if server.process.poll() is None:
        return server
    assert server.wait() == 1 and server.lines, server.output
    return None


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_is_found(scene, tmp_path, name):
    """TL-62 TL-64 R-16 R-18: by `log verify`, by the server or before it, and by an auditor of the rows as they are."""
    damage, house = DAMAGES[name], scene.copy(tmp_path)
    with scene.opened(house) as stored:
        damage.do(stored, scene)
    done = run("log", "verify", house.directory, "--json")
    verdict = json.loads(done.stdout)
    print(f"{name}: log verify: {verdict.get('finding', 'nothing')}")
    assert verdict["ok"] == (damage.inside is None), verdict
    assert damage.inside is None or damage.inside in verdict["finding"]

    server = started(house, *scene.log.options)
    if server is None:
        print(f"{name}: serve refused")
    else:
        # Beyond what a start looks at: then whoever reads sees that something is wrong, and nothing wrong is shown.
        with server:
            report = scene.auditor.at(scene.log.url).look()
            print(f"{name}: served: {report}")
            assert report.findings, "the server started, and the auditor saw nothing"

    with scene.opened(house) as stored, RowServer(stored) as rows:
        report = scene.auditor.at(rows.url).look()
        print(f"{name}: from the rows: {report}")
        assert any(damage.outside in finding for finding in report.findings), report


def test_the_rows_of_a_sound_copy_are_served_right(scene, tmp_path):
    """TL-62: what the auditor finds is the damage, and not the server of rows."""
    with scene.opened(scene.copy(tmp_path)) as stored, RowServer(stored) as rows:
        agrees(scene.auditor.at(rows.url), "an undamaged copy", SIZE)


@pytest.mark.parametrize("kept", ["heads", "receipts", "nothing"])
def test_what_gives_a_rewritten_history_away(scene, tmp_path, kept):
    """TL-62 TL-64: one older checkpoint, or one certificate; whoever holds neither sees a log that fits together."""
    house = scene.copy(tmp_path)
    with scene.opened(house) as stored:
        index = movable(stored)
        memory, before = scene.auditor.memory, TileLeaf.read(merkle.Reader(stored.leaf(index)))
        other_time_and_guard(stored, scene)
        known = {
            "heads": {"heads": memory.heads[-2:-1]},
            "receipts": {"receipts": [Receipt(index, before.leaf)]},
            "nothing": {"heads": []},
        }[kept]
        with RowServer(stored) as rows:
            report = scene.auditor.at(rows.url, **known).look()
    print(f"a rewritten history, {kept} kept: {report}")
    expected = {
        "heads": [f"the root of size {memory.heads[-2].size} differs", ": a fork"],
        "receipts": [f"what was promised at {index} is not there"],
        "nothing": [],
    }[kept]
    assert len(report.findings) == len(expected), report
    assert all(any(piece in finding for finding in report.findings) for piece in expected), report

