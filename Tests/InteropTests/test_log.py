"""The log as an auditor sees it, with no code shared with the program (transparency-log §1.3, §1.5, §2.1)."""

import base64

import pytest
import requests
from cryptography import x509

import merkle
from conftest import ADDRESS
from client import good_body


def test_every_issuance_is_provably_logged(world):
    """TL-21 TL-33 TL-37 TL-47 R-01 R-02: audited from outside after each of ten issuances."""
    auditor = world.auditor
    sizes = [auditor.head().size]
    for _ in range(10):
        issued = world.client.issue(world.good_body())
        head = auditor.head()
        assert auditor.checkpoint().size >= head.size
        auditor.check_issued(issued, head)
        sizes.append(head.size)
    assert sizes == sorted(set(sizes))
    leaves = auditor.recompute(auditor.head())
    assert len(set(leaves)) == len(leaves)


def test_checkpoint_and_tree_head_are_the_same_statement(world):
    """TL-21 TL-47: same size, time, root and signature octets, unless a heartbeat came between the two reads."""
    for _ in range(5):
        before, checkpoint, after = world.auditor.head(), world.auditor.checkpoint(), world.auditor.head()
        if before == after:
            assert checkpoint == before
            return
    pytest.fail("the head changed on every read")


def test_the_log_answers_uncached_json_and_text(world):
    """TL-19 TL-42 for the endpoints of this release."""
    head = world.auditor.get("ct/v1/get-sth")
    assert head.headers["Content-Type"].startswith("application/json") and "no-store" in head.headers["Cache-Control"]
    note = world.auditor.get("checkpoint")
    assert note.headers["Content-Type"] == "text/plain; charset=utf-8" and "no-store" in note.headers["Cache-Control"]
    assert world.auditor.get("ct/v1/get-sth", unknown="member").status_code == 200
    empty = world.auditor.get("ct/v1/get-entries", start=0, end=0).json()["entries"]
    assert set(empty[0]) == {"leaf_input", "extra_data"}


def test_the_accepted_roots_hold_our_root(world):
    """TL-39 for a log that never changed its roots."""
    roots = world.auditor.get("ct/v1/get-roots").json()["certificates"]
    assert [base64.b64decode(root, validate=True) for root in roots] == [world.auditor.root_der]
    x509.load_der_x509_certificate(world.auditor.root_der)


@pytest.fixture(scope="module")
def filled(world):
    """A head of at least eight entries."""
    while world.auditor.head().size < 8:
        world.client.issue(good_body(world.token(), ADDRESS))
    return world.auditor.head()


def test_every_leaf_has_a_proof_at_every_size(world, filled):
    """TL-37: each of the first eight leaves, in each tree from its own size up to eight entries."""
    entries = [base64.b64decode(e["leaf_input"]) for e in world.auditor.entries(8)]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    for size in range(1, 9):
        root = merkle.root_of(leaves[:size])
        for index, leaf in enumerate(leaves):
            found = size if index < size else 404
            answer = world.auditor.get(
                "ct/v1/get-proof-by-hash", 200 if index < size else 404,
                hash=base64.b64encode(leaf).decode(), tree_size=size,
            )  # fmt: skip
            if found == 404:
                continue
            path = [base64.b64decode(step, validate=True) for step in answer.json()["audit_path"]]
            assert answer.json()["leaf_index"] == index
            assert merkle.is_included(leaf, index, size, path, root)


def test_a_hash_with_an_unescaped_plus_is_found(world, filled):
    """TL-37: a plus sign that arrives as a blank is taken for a plus sign."""
    while True:
        head = world.auditor.head()
        for entry in world.auditor.entries(head.size):
            text = base64.b64encode(merkle.leaf_hash(base64.b64decode(entry["leaf_input"]))).decode()
            if "+" in text:
                escaped = text.replace("/", "%2F").replace("=", "%3D")
                url = f"{world.auditor.url}/ct/v1/get-proof-by-hash?hash={escaped}&tree_size={head.size}"
                assert requests.get(url, timeout=30).status_code == 200
                return
        world.client.issue(world.good_body())


UNKNOWN = base64.b64encode(bytes(32)).decode()
PROOFS = [
    ("TL-37 an unknown hash", {"hash": UNKNOWN, "tree_size": "SIZE"}, 404),
    ("TL-37 size zero", {"hash": UNKNOWN, "tree_size": "0"}, 400),
    ("TL-37 a known hash in a tree that is not there yet", {"hash": "FIRST", "tree_size": "BEYOND"}, 404),
    ("TL-37 a hash of 31 octets", {"hash": base64.b64encode(bytes(31)).decode(), "tree_size": "SIZE"}, 400),
    ("TL-37 no base64", {"hash": "!!!", "tree_size": "SIZE"}, 400),
    ("TL-37 no hash", {"tree_size": "SIZE"}, 400),
    ("TL-37 no size", {"hash": UNKNOWN}, 400),
    ("TL-37 a signed size", {"hash": UNKNOWN, "tree_size": "+1"}, 400),
    ("TL-37 a negative size", {"hash": UNKNOWN, "tree_size": "-1"}, 400),
    ("TL-37 a size beyond 63 bits", {"hash": UNKNOWN, "tree_size": "9223372036854775808"}, 400),
    ("TL-11 a size of 63 bits", {"hash": UNKNOWN, "tree_size": "9223372036854775807"}, 404),
    ("TL-37 a leading zero is accepted", {"hash": "FIRST", "tree_size": "0SIZE"}, 200),
]


@pytest.mark.parametrize("query,status", [row[1:] for row in PROOFS], ids=[row[0] for row in PROOFS])
def test_proof_requests_get_the_specified_status(world, filled, query, status):
    head = world.auditor.head()
    first = world.auditor.entries(1)[0]["leaf_input"]
    named = {"FIRST": base64.b64encode(merkle.leaf_hash(base64.b64decode(first))).decode()}
    named |= {"SIZE": str(head.size), "0SIZE": f"00{head.size}", "BEYOND": str(head.size + 1_000_000)}
    world.auditor.get("ct/v1/get-proof-by-hash", status, **{k: named.get(v, v) for k, v in query.items()})


ENTRIES = [
    ("TL-34 the whole range", "0", "LAST", "all"),
    ("TL-35 an end far beyond is clamped", "0", "9223372036854775807", "all"),
    ("TL-34 the last entry alone", "LAST", "LAST", "last"),
    ("TL-34 the last entry and beyond", "LAST", "999999999", "last"),
    ("TL-35 start at the size", "SIZE", "999999999", 400),
    ("TL-34 start after end", "1", "0", 400),
    ("TL-34 a negative start", "-1", "0", 400),
    ("TL-34 a hexadecimal end", "0", "0x1", 400),
    ("TL-34 a blank in the number", "0", " 1", 400),
    ("TL-34 no end", "0", None, 400),
    ("TL-34 no start", None, "0", 400),
    ("TL-34 a start beyond 63 bits", "9223372036854775808", "9223372036854775809", 400),
    ("TL-34 an empty number", "", "0", 400),
    ("TL-34 full-width digits", "０", "１", 400),
]


@pytest.mark.parametrize("start,end,expected", [row[1:] for row in ENTRIES], ids=[row[0] for row in ENTRIES])
def test_entry_requests_are_clamped_or_refused(world, filled, start, end, expected):
    head = world.auditor.head()
    named = {"LAST": str(head.size - 1), "SIZE": str(head.size)}
    query = {k: named.get(v, v) for k, v in {"start": start, "end": end}.items() if v is not None}
    if isinstance(expected, int):
        world.auditor.get("ct/v1/get-entries", expected, **query)
        return
    entries = world.auditor.get("ct/v1/get-entries", **query).json()["entries"]
    first = head.size - 1 if expected == "last" else 0
    assert entries == world.auditor.entries(head.size, first)[: len(entries)]
    # A page ends at 1,000 entries, or before the entry that would make it longer than 1.5 MiB (TL-35).
    octets = sum(len(entry["leaf_input"] + entry["extra_data"]) * 3 // 4 for entry in entries)
    assert len(entries) == min(head.size - first, 1000) or octets > 1 << 20


def test_wrong_methods_and_paths_of_the_log(world):
    """TL-41 TL-49: wrong method 405 with Allow, unknown path and trailing slash 404, HEAD where GET works."""
    answer = requests.post(world.auditor.url + "/ct/v1/get-sth", data=b"{}", timeout=30)
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]
    for path in ("ct/v1/get-sth/", "ct/v1/unknown", "ct/v2/get-sth", "checkpoint/"):
        world.auditor.get(path, 404)
    for path in ("ct/v1/add-chain", "ct/v1/add-pre-chain"):
        assert requests.post(f"{world.auditor.url}/{path}", json={"chain": []}, timeout=30).status_code == 403
    assert requests.get(f"{world.house.url}/log/other/ct/v1/get-sth", timeout=30).status_code == 404
    head = requests.head(world.auditor.url + "/ct/v1/get-sth", timeout=30)
    assert head.status_code == 200 and head.content == b""
