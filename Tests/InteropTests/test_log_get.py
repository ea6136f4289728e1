"""`mintmark log get`: an entry by index, serial number and fingerprint, over both APIs and from the data directory."""

import base64
import hashlib
import itertools
import json
import sqlite3

import pytest
from cryptography import x509

import keys
import lying_log
import merkle
import program
import submitter
from auditor import Auditor
from lying_log import Proxy
from submitter import OpenLog
from tiled_log import TileLeaf

SIZE = 270


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log whose entries are known, its directory given beside its URL."""
    with OpenLog(tmp_path_factory.mktemp("looked-up")) as log, pytest.MonkeyPatch.context() as patch:
        # Serial numbers whose hexadecimal digits are decimal ones are among these.
        patch.setattr(submitter, "SERIALS", itertools.count(0x90000))
        log.fill(SIZE - 3)
        log.fill(3, poison=False)
        log.records = log.tiled().records(SIZE)
        key = log.house.directory / "log" / log.house.shard / "public.pem"
        log.sources = {
            "static": ["--url", log.url, "--log-key", key, "--api", "static"],
            "rfc6962": ["--url", log.url, "--log-key", key, "--api", "rfc6962"],
            "directory": ["--data-dir", log.house.directory],
        }
        yield log


SOURCES = ["static", "rfc6962", "directory"]


def get(name: str, *options) -> dict:
    done = program.run("log", "get", name, "--json", *options)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1), done.stderr
    return answer


def submitted(record: TileLeaf) -> bytes:
    """The DER of the certificate or precertificate of an entry."""
    if record.precertificate is not None:
        return record.precertificate
    reader = merkle.Reader(record.leaf)
    reader.take(12)
    return reader.vector(3)


def serial(record: TileLeaf) -> int:
    return x509.load_der_x509_certificate(submitted(record)).serial_number


@pytest.mark.parametrize("source", SOURCES)
def test_by_index_serial_and_fingerprint(log, source):
    """TL-38 TL-31: the same entry by each of its names; the newest ones are found first, the oldest too."""
    for index in (0, 7, 255, 256, SIZE - 1):
        record = log.records[index]
        der = submitted(record)
        digest, leaf_hash = hashlib.sha256(der).hexdigest(), merkle.leaf_hash(record.leaf).hex()
        colons = ":".join(digest[at : at + 2] for at in range(0, 64, 2))
        for name in (str(index), f"0x{serial(record):x}", digest, colons.upper(), leaf_hash):
            answer = get(name, *log.sources[source])
            assert answer["index"] == index and answer["leafHash"] == leaf_hash, (name, answer)
            assert answer["timestamp"] == record.timestamp and answer["certificate"]["sha256"] == digest
            assert answer["type"] == ("x509_entry" if record.precertificate is None else "precert_entry")
            assert int(answer["certificate"]["serialNumber"], 16) == serial(record)


@pytest.mark.parametrize("source", SOURCES)
def test_the_proof_is_verified_and_can_be_kept(log, source, tmp_path):
    """TL-38: the path leads from the leaf to the signed root, by the test's own arithmetic; so does the file."""
    head = Auditor(log.house).head()
    for index in (0, 100, SIZE - 1):
        answer = get(str(index), *log.sources[source], "--proof", "--proof-file", tmp_path / "proof")
        proof, hashed = answer["proof"], merkle.leaf_hash(log.records[index].leaf)
        path = [base64.b64decode(step, validate=True) for step in proof["hashes"]]
        assert proof["treeSize"] == head.size and base64.b64decode(proof["rootHash"]) == head.root
        assert merkle.is_included(hashed, index, head.size, path, head.root)
        text = (tmp_path / "proof").read_text()
        front, _, note = text.partition("\n\n")
        assert front.split("\n") == ["c2sp.org/tlog-proof@v1", f"index {index}", *proof["hashes"]]
        signed = merkle.TreeHead.from_checkpoint(note.encode(), log.house.origin, log.key.log_id)
        assert signed.is_signed_by(log.key) and (signed.size, signed.root) == (head.size, head.root)


@pytest.mark.parametrize("source", SOURCES)
def test_pem_has_the_certificate_and_its_chain(log, source):
    """What was submitted, then every certificate above it."""
    for index in (5, SIZE - 1):
        pem = get(str(index), *log.sources[source], "--pem")["pem"]
        found = [item.public_bytes(keys.DER) for item in x509.load_pem_x509_certificates(pem.encode())]
        above = [log.submitter.issuing, log.submitter.root]
        assert found == [submitted(log.records[index]), *(item.public_bytes(keys.DER) for item in above)]
    done = program.run("log", "get", "5", *log.sources[source], "--pem", "--proof")
    assert done.returncode == 0 and "BEGIN CERTIFICATE" in done.stdout and "proven, with" in done.stdout


def test_what_a_name_means(log):
    """Decimal digits are an index, 64 hexadecimal ones a fingerprint, anything else hexadecimal a serial number."""
    directory = log.sources["directory"]
    by_serial = {serial(record): index for index, record in enumerate(log.records)}
    # A serial number whose hexadecimal digits are decimal ones: the rule says index, --by says serial number.
    ambiguous = next(number for number in by_serial if f"{number:x}".isdigit() and int(f"{number:x}") >= SIZE)
    assert "none that is" in get(f"{ambiguous:x}", *directory)["finding"]
    assert get(f"{ambiguous:x}", *directory, "--by", "serial")["index"] == by_serial[ambiguous]
    assert get(f"00:{ambiguous:04x}", *directory)["index"] == by_serial[ambiguous]
    done = program.run("log", "get", "0xabcdef", *directory, "--progress")
    assert done.returncode == 1 and f"the log of {SIZE} entries has none that is" in done.stderr
    assert f"{SIZE} of {SIZE} entries" in done.stderr and "s left" in done.stderr
    assert get("ab" * 32, *directory)["ok"] is False
    for wrong in (["xyz"], ["12", "--by", "fingerprint"], ["ab", "--by", "index"], [""], ["ab" * 30]):
        assert program.run("log", "get", *wrong, *directory).returncode == 64, wrong
    assert program.run("log", "get", "1").returncode == 64
    assert program.run("log", "get", "1", *directory, *log.sources["static"]).returncode == 64


def test_a_lying_log_is_not_believed(log, tmp_path):
    """A wrong proof, a wrong head and a wrong record are errors, and no proof is written then."""
    with Proxy(log.url) as proxy:
        key = log.sources["static"][3]
        options = ["--url", proxy.url, "--log-key", key, "--origin", log.house.origin]
        target = ["--proof-file", tmp_path / "proof"]
        assert get("3", *options, "--proof")["ok"]
        proxy.lies["tile/0/000"] = lambda body: lying_log.flipped(body, 32 * 2)
        assert "does not lead to the root" in get("3", *options, *target)["finding"]
        proxy.lies = {"ct/v1/get-proof-by-hash": lambda body: body.replace(b'"leaf_index":3', b'"leaf_index":4')}
        assert "the entry is at 4, not at 3" in get("3", *options, *target, "--api", "rfc6962")["finding"]
        proxy.lies = {"checkpoint": lambda body: body.replace(b"\n270\n", b"\n271\n")}
        assert "does not verify" in get("3", *options, *target)["finding"]
        proxy.lies = {"tile/data/000": lambda body: body[:500]}
        assert "cannot be read" in get("255", *options, *target)["finding"]
        assert not (tmp_path / "proof").exists()


def test_a_damaged_store_is_not_believed(log, tmp_path):
    """Without a server, from a copy: a changed record is an error; the others are still answered."""
    backup = tmp_path / "backup"
    done = program.run("backup", "--data-dir", log.house.directory, backup)
    assert done.returncode == 0, done.stderr
    assert get("9", "--data-dir", backup, "--proof")["ok"]
    database = sqlite3.connect(backup / "log" / log.house.shard / "log.sqlite")
    with database:
        change = "UPDATE entry SET leaf = CAST(substr(leaf, 1, 90) || x'01' || substr(leaf, 92) AS BLOB) WHERE idx = 9"
        assert database.execute(change).rowcount == 1
    database.close()
    assert "damaged" in get("9", "--data-dir", backup)["finding"]
    assert get("10", "--data-dir", backup)["ok"]
