"""`mintmark log audit` against the running server, and against logs that lie; what must be right is computed here."""

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import keys
import lying_log
import merkle
import program
from auditor import Auditor
from lying_log import Answer, Forger, PlainLog, Proxy, flipped
from submitter import OpenLog, Submitter

APIS = ["static", "rfc6962"]
SIZE = 300


def audit(url: str, *options) -> dict:
    """The JSON of an audit; its status must be 0 exactly when it is good."""
    done = program.run("log", "audit", url, "--json", *options)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1), (done.stdout, done.stderr)
    return answer


def first(answer: dict) -> str:
    """The first thing that an audit says is wrong, with the index in front if it has one."""
    assert not answer["ok"], answer
    finding = answer["findings"][0]
    return finding["finding"] if finding["index"] is None else f"{finding['index']}: {finding['finding']}"


def files(log: OpenLog) -> dict:
    """What the auditor was handed out."""
    key = log.house.directory / "log" / log.house.shard / "public.pem"
    return {"--log-key": key, "--ca": log.house.directory.parent / "submitter-root.pem"}


def options(log: OpenLog, *more) -> list:
    return [part for pair in files(log).items() for part in pair] + list(more)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log of one full tile and a partial one."""
    with OpenLog(tmp_path_factory.mktemp("audited")) as log:
        log.fill(SIZE - 5)
        log.fill(5, poison=False)
        log.forger = Forger(log.house)
        yield log


@pytest.fixture
def proxy(log):
    with Proxy(log.url) as proxy:
        proxy.options = options(log, "--origin", log.house.origin)
        yield proxy


def test_growth_over_both_apis(tmp_path):
    """TL-16 TL-21: sizes 0, 1, 256 and 700, the root computed here; each run reads what is new, and continues."""
    with OpenLog(tmp_path) as log:
        auditor, before = Auditor(log.house), 0
        for size, read in [(0, 0), (1, 1), (256, 256), (700, 444), (700, 0)]:
            log.fill(size - before)
            head = auditor.head()
            leaves = [merkle.leaf_hash(base64.b64decode(e["leaf_input"])) for e in auditor.entries(head.size)]
            for api in APIS:
                answer = audit(log.url, *options(log, "--api", api, "--state", tmp_path / api))
                assert answer["ok"] and answer["api"] == api and answer["size"] == size, answer
                assert base64.b64decode(answer["root"]) == merkle.root_of(leaves)
                assert answer["recomputedRoot"] == answer["root"] and answer["entries"] == read, (size, answer)
                continued = answer["consistentWith"]
                assert continued is None if size == 0 else continued["size"] == before
                assert answer["consistencyProof"] == (0 < before < size)
                assert (tmp_path / api).stat().st_mode & 0o777 == 0o600
            before = size
        whole = audit(log.url, *options(log, "--state", tmp_path / "static", "--full"))
        assert whole["ok"] and whole["entries"] == 700 and whole["consistentWith"]["size"] == 700


def test_words_and_progress(log):
    """Rows for people, how far it is on standard error, and the key of the log itself only when none is given."""
    done = program.run("log", "audit", log.url, "--progress")
    assert done.returncode == 0 and done.stdout.startswith("Everything fits together\n"), done.stderr
    assert "taken from the log itself" in done.stdout and log.house.origin in done.stdout
    assert f"{SIZE} of {SIZE} entries" in done.stderr and "s left" in done.stderr
    assert "given" in program.run("log", "audit", log.url, *options(log)).stdout
    assert program.run("log", "audit", "ftp://x/y").returncode == 64
    answer = audit(log.url, "--api", "rfc6962")
    assert answer["logKey"] == "log" and answer["logID"] == base64.b64encode(log.key.log_id).decode()


# What is changed on the way, and what must be said first.
TILE_LIES = {
    "a hash of level 0": ("tile/0/000", lambda body: flipped(body, 32 * 7), "7: its leaf hash is "),
    "a hash of the partial tile": ("tile/0/001.p", lambda body: flipped(body, 32 * 3), "259: its leaf hash is "),
    "a hash of level 1": ("tile/1/000", lambda body: flipped(body, 1), "hash 0 of tile 0 at level 1 is "),
    "an issuer that is not there": ("issuer/", lambda _: Answer(b"no", 404), "0: the certificate issuer/"),
    "another issuer": ("issuer/", lambda body: flipped(body, 60), "0: what is served as issuer/"),
}


@pytest.mark.parametrize("name", TILE_LIES)
def test_lies_in_tiles_and_issuers(proxy, name):
    """TL-16: each is said with its place; the tree itself is right, so it is the tile that is wrong."""
    path, lie, expected = TILE_LIES[name]
    assert audit(proxy.url, *proxy.options)["ok"]
    proxy.lies[path] = lie
    answer = audit(proxy.url, *proxy.options)
    assert first(answer).startswith(expected), answer["findings"]
    assert answer["recomputedRoot"] == answer["root"]
    done = program.run("log", "audit", proxy.url, *proxy.options)
    assert done.returncode == 1 and done.stdout.startswith("Something is wrong") and len(done.stderr.splitlines()) == 1


def swapped(body: bytes) -> bytes:
    found = lying_log.records(body)
    found[4], found[5] = found[5], found[4]
    return b"".join(found)


def in_record(number: int, change):
    def lie(body: bytes) -> bytes:
        found = lying_log.records(body)
        found[number] = change(found[number])
        return b"".join(found)

    return lie


# The time (8 octets), the type (2), the issuer key hash (32) and a length (3) come before the TBSCertificate.
ENTRY_LIES = {
    "a byte of a name": (in_record(9, lambda r: flipped(r, 80)), "9: its leaf hash is "),
    "a byte of the time": (in_record(0, lambda r: flipped(r, 7)), "0: its leaf hash is "),
    "a byte of a length": (in_record(8, lambda r: flipped(r, 42)), "8: the record in its data tile cannot be read"),
    "two entries": (swapped, "4: its leaf hash is "),
    "an octet too many": (lambda body: body + b"\0", "255: octets follow"),
    "the last entry left out": (lambda body: b"".join(lying_log.records(body)[:-1]), "255: the record"),
}


@pytest.mark.parametrize("name", ENTRY_LIES)
def test_lies_in_data_tiles(proxy, name):
    """TL-16 TL-17: a changed, swapped, cut or lengthened data tile is named by entry."""
    lie, expected = ENTRY_LIES[name]
    proxy.lies["tile/data/000"] = lie
    answer = audit(proxy.url, *proxy.options)
    assert first(answer).startswith(expected), answer["findings"][:3]
    if name == "two entries":
        assert {"index": 4, "finding": "its leaf index is 5"} in answer["findings"]


def in_entries(change):
    """Changes the entries of the page that begins with 0."""

    def lie(body: bytes) -> bytes:
        page = json.loads(body)
        change(page["entries"])
        return json.dumps(page).encode()

    return lie


def swap(entries: list) -> None:
    entries[4], entries[5] = entries[5], entries[4]


def other_precertificate(entries: list) -> None:
    entries[4]["extra_data"] = entries[5]["extra_data"]


def touch(entries: list) -> None:
    leaf = base64.b64decode(entries[9]["leaf_input"])
    entries[9]["leaf_input"] = lying_log.text64(flipped(leaf, 82))


def no_base64(entries: list) -> None:
    entries[3]["leaf_input"] = "?"


PAGE_LIES = {
    "two entries": (swap, "4: its leaf index is 5"),
    "another precertificate": (other_precertificate, "4: its precertificate and the TBSCertificate of its leaf differ"),
    "a byte of a name": (touch, "9: its precertificate and the TBSCertificate of its leaf differ"),
    "not base64": (no_base64, "entry 3 has no leaf_input"),
    "no entry at all": (lambda entries: entries.clear(), "no entries, or more than asked for"),
    "an entry too many": (lambda entries: entries.append(entries[0]), "no entries, or more than asked for"),
}


@pytest.mark.parametrize("name", PAGE_LIES)
def test_lies_in_get_entries(proxy, name):
    """Each is said with its index; a changed leaf also makes another root."""
    change, expected = PAGE_LIES[name]
    proxy.lies["ct/v1/get-entries?start=0"] = in_entries(change)
    answer = audit(proxy.url, *proxy.options, "--api", "rfc6962")
    if "findings" not in answer:
        assert expected in answer["finding"], answer
        return
    assert first(answer) == expected, answer["findings"][:3]
    if change is not other_precertificate:
        assert any("the entries make the root" in finding["finding"] for finding in answer["findings"])


@pytest.mark.parametrize("api", APIS)
def test_heads_that_contradict_each_other(log, proxy, tmp_path, api):
    """TL-33: heads that one honest log cannot have signed, signed by the real key: said, and kept as evidence.

    One that is only older, and no larger, is what a slow replica serves: said, and kept as nothing.
    """
    state, path = tmp_path / "state", {"static": "checkpoint", "rfc6962": "ct/v1/get-sth"}[api]
    options = [*proxy.options, "--api", api, "--state", state]
    assert audit(proxy.url, *options)["ok"]
    head = Auditor(log.house).head()
    remembered = json.loads(state.read_text())["head"]
    later, earlier = remembered["timestamp"] + 1, remembered["timestamp"] - 1
    forged = {
        "the head is smaller than an older one that was seen before": (head.size - 1, bytes(32), later),
        "two heads of one size have different roots": (head.size, bytes(32), later),
        "the head is larger than a newer one that was seen before": (head.size + 1, bytes(32), earlier),
        "two different heads have the same time": (head.size + 1, bytes(32), remembered["timestamp"]),
    }
    for number, (expected, parts) in enumerate(forged.items(), 1):
        made = log.forger.head(*parts)[path]
        proxy.lies[path] = lambda _, made=made: made
        for _ in range(2):  # the same evidence is kept once
            answer = audit(proxy.url, *options)
            assert first(answer).startswith(f"{expected}: before size {head.size}, root {head.root.hex()}"), answer
            assert f"now size {parts[0]}, root {parts[1].hex()}" in first(answer)
            kept = json.loads(state.read_text())
            assert kept["head"] == remembered and len(kept["evidence"]) == number == answer["evidence"]
        evidence = kept["evidence"][-1]
        assert evidence["known"] == remembered and evidence["found"]["tree_size"] == parts[0]
        assert merkle.TreeHead.from_json(evidence["found"]).is_signed_by(log.key)
    before = state.read_text()
    for parts in (head.size, head.root, earlier), (head.size - 1, bytes(32), earlier):
        made = log.forger.head(*parts)[path]
        proxy.lies[path] = lambda _, made=made: made
        answer = audit(proxy.url, *options)
        assert first(answer).startswith("the head is older than one that was seen before: before size"), answer
        assert answer["evidence"] == len(forged) and state.read_text() == before
    proxy.lies.clear()
    assert audit(proxy.url, *options)["ok"]


@pytest.mark.parametrize("api", APIS)
def test_a_signed_head_that_the_entries_do_not_make(log, proxy, tmp_path, api):
    """With a good signature of the real key: the root is recomputed all the same; the future is refused too."""
    path, head = {"static": "checkpoint", "rfc6962": "ct/v1/get-sth"}[api], Auditor(log.house).head()
    now = int(time.time() * 1000)
    made = log.forger.head(head.size, bytes(32), now)[path]
    proxy.lies[path] = lambda _: made
    answer = audit(proxy.url, *proxy.options, "--api", api, "--state", tmp_path / "state")
    assert first(answer).startswith(f"the entries make the root {head.root.hex()}, but the signed head has 0000")
    assert not (tmp_path / "state").exists()
    made = log.forger.head(head.size, head.root, now + 3_600_000)[path]
    assert first(audit(proxy.url, *proxy.options, "--api", api)).startswith("the head is from the future")
    made = flipped(log.forger.head(head.size, head.root, now)[path], 40)
    answer = audit(proxy.url, *proxy.options, "--api", api)
    assert answer["finding"].startswith(path), answer
    timestamp = min(merkle.Leaf.parse(base64.b64decode(e["leaf_input"])).timestamp for e in Auditor(log.house).entries(2))
    made = log.forger.head(head.size, head.root, timestamp - 1)[path]
    answer = audit(proxy.url, *proxy.options, "--api", api)
    assert "is later than that of the head" in first(answer) and first(answer).startswith("0: ")


def test_a_rewritten_past_is_found_out(tmp_path):
    """The tree of the last run is no beginning of the new one: by the peaks, by the proof, and entry by entry."""
    key, submitter = ec.generate_private_key(ec.SECP256R1()), Submitter()
    entries = [plain_entry(submitter, number) for number in range(600)]
    with PlainLog(key, entries[:300]) as log:
        arguments = ["--log-key", key_file(key, tmp_path), "--state", tmp_path / "state"]
        assert audit(log.url, *arguments)["ok"]
        log.entries = [*entries[:2], plain_entry(submitter, 999), *entries[3:600]]
        answer = audit(log.url, *arguments)
        assert any("the entries make the root" in item["finding"] for item in answer["findings"]), answer
        answer = audit(log.url, *arguments, "--full")
        assert first(answer).startswith("the entries below the last size are not those that were there before")
        log.entries = entries
        answer = audit(log.url, *arguments)
        assert answer["ok"] and answer["consistentWith"]["size"] == 300 and answer["consistencyProof"]


def plain_entry(submitter: Submitter, number: int) -> tuple[bytes, bytes]:
    """A certificate as a log of RFC 6962 has it, without extensions; one certificate serves for many entries."""
    if not hasattr(submitter, "chain_of_plain"):
        submitter.chain_of_plain = submitter.chain(submitter.leaf(poison=False))
    leaf, *chain = submitter.chain_of_plain
    head = b"\0\0" + (1_700_000_000_000 + number).to_bytes(8, "big") + b"\0\0"
    inner = b"".join(len(link).to_bytes(3, "big") + link for link in chain)
    return head + len(leaf).to_bytes(3, "big") + leaf + b"\0\0", len(inner).to_bytes(3, "big") + inner


def key_file(key, directory):
    path = directory / "log-key.pem"
    path.write_bytes(key.public_key().public_bytes(keys.PEM, keys.SPKI))
    return path


@pytest.mark.parametrize("kind", ["P-256", "RSA"])
def test_any_log_of_rfc_6962(tmp_path, kind):
    """No leaf index, pages of 100, another kind of key; found by itself, since there is no checkpoint."""
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "P-256" else rsa.generate_private_key(65537, 2048)
    submitter = Submitter()
    root = tmp_path / "root.pem"
    root.write_bytes(submitter.root.public_bytes(keys.PEM))
    with PlainLog(key, [plain_entry(submitter, number) for number in range(333)]) as log:
        answer = audit(log.url, "--log-key", key_file(key, tmp_path), "--ca", root)
        assert answer["ok"] and answer["api"] == "rfc6962" and answer["entries"] == 333, answer
        assert log.asked[0] == "checkpoint" and "ct/v1/get-sth" in log.asked
        answer = audit(log.url)
        assert "log.v3.json" in answer["finding"], "a log that says nothing of itself needs --log-key"


def test_entries_of_another_ca(log, tmp_path):
    """With --ca every entry must lead there; without it the form alone is looked at."""
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(Submitter("stranger").root.public_bytes(keys.PEM))
    key = files(log)["--log-key"]
    assert audit(log.url, "--log-key", key)["ok"]
    answer = audit(log.url, "--log-key", key, "--ca", stranger)
    assert first(answer) == "0: it does not lead to the given CA: the chain does not end in an accepted root"
    assert len(answer["findings"]) == 100, "the audit ends at a limit"
    both = audit(log.url, "--log-key", key, "--ca", stranger, "--ca", files(log)["--ca"])
    assert both["ok"], both


def test_a_state_that_cannot_be_written(log, proxy, tmp_path):
    """Tried before anything is asked of the log; when it goes wrong at the end the report is printed all the same."""
    missing = tmp_path / "missing" / "state"
    proxy.asked.clear()
    done = program.run("log", "audit", proxy.url, *proxy.options, "--state", missing)
    assert done.returncode == 1 and str(missing) in done.stderr and done.stdout == ""
    assert proxy.asked == []
    missing.parent.mkdir()

    def late(body: bytes) -> bytes:
        # What the draft would be renamed to is a directory by then.
        missing.mkdir(exist_ok=True)
        return body

    proxy.lies["tile/data/000"] = late
    done = program.run("log", "audit", proxy.url, *proxy.options, "--state", missing)
    assert done.returncode == 1 and "the state is not written" in done.stderr, done.stderr
    assert done.stdout.startswith("Everything fits together\n") and "is not written" in done.stdout


@pytest.mark.parametrize("api", APIS)
def test_a_head_that_is_too_old(log, proxy, api):
    """A log whose newest head is older than its mmd (a minute) stands still, unless that is its final head."""
    path = {"static": "checkpoint", "rfc6962": "ct/v1/get-sth"}[api]
    options = [*proxy.options, "--api", api]
    # The time is in octets 2 to 9 of every leaf.
    leaves = [base64.b64decode(entry["leaf_input"]) for entry in Auditor(log.house).entries(SIZE)]
    newest = max(int.from_bytes(leaf[2:10]) for leaf in leaves)
    head = Auditor(log.house).head()
    description = json.loads(proxy.fetch("log.v3.json").content)
    assert description["mmd"] == 60 and description["status"] == "active"
    made = log.forger.head(head.size, head.root, newest)[path]
    proxy.lies[path] = lambda _: made
    program.eventually(lambda: time.time() * 1000 - newest > 2000, 10, "the head is two seconds old")
    answer = audit(proxy.url, *options, "--max-age", "1")
    assert " s old, where 1 s are allowed: size" in first(answer), answer
    assert audit(proxy.url, *options, "--max-age", "100000")["ok"]
    long_ago = log.forger.head(head.size, head.root, int(time.time() * 1000) - 180_000)[path]
    proxy.lies[path] = lambda _: long_ago
    assert "where 120 s are allowed" in first(audit(proxy.url, *options)), "the mmd, and a minute for the clocks"
    proxy.lies["log.v3.json"] = lambda _: Answer(b"no", 404)
    assert " s old" not in first(audit(proxy.url, *options)), "a day, and entries that are later than the head"
    proxy.lies[path] = lambda _: made
    final = {"tree_size": head.size, "sha256_root_hash": lying_log.text64(head.root), "timestamp": newest}
    closed = {**description, "status": "readonly", "final_tree_head": final}
    proxy.lies["log.v3.json"] = lambda _: json.dumps(closed).encode()
    assert audit(proxy.url, *options, "--max-age", "1")["ok"]
    for other in ({**final, "tree_size": head.size - 1}, {**final, "sha256_root_hash": lying_log.text64(bytes(32))}):
        closed["final_tree_head"] = other
        assert " s old" in first(audit(proxy.url, *options, "--max-age", "1"))


def test_a_url_that_is_no_logs(log):
    """The server's own URL, without the log's path."""
    for arguments in (["log", "audit", log.house.url], ["log", "get", "0", "--url", log.house.url]):
        done = program.run(*arguments)
        assert done.returncode == 1 and "is this a log's URL, such as https://ca.example.com/log/2026a?" in done.stderr
    done = program.run("log", "get", "ab" * 32, "--url", log.url)
    assert done.returncode == 1 and "by its serial number or leaf index" in done.stderr
