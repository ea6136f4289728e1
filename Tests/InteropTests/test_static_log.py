"""The static CT API and the rest of RFC 6962 over one running log, seen by a client with no code of ours."""

import base64
import concurrent.futures
import datetime
import gzip
import hashlib
import random

import pytest
import requests

import merkle
from auditor import Auditor
from keys import DER
from ports import free_port
from submitter import OpenLog, post
from tiled_log import WIDTH, tile_path, widths

SIZE = 600


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log that takes entries of a submitter, with two full tiles and a partial one."""
    with OpenLog(tmp_path_factory.mktemp("static")) as log:
        log.tiled_log, log.auditor = log.tiled(), Auditor(log.house)
        log.fill(SIZE - 5)
        log.fill(5, poison=False)
        yield log


def proof(log, name, status=200, **query) -> list[bytes]:
    answer = log.auditor.get(f"ct/v1/{name}", status, **query)
    member = {"get-sth-consistency": "consistency"}.get(name, "audit_path")
    return [base64.b64decode(step, validate=True) for step in answer.json()[member]] if status == 200 else []


def test_tiles_reproduce_the_root_of_every_published_head(tmp_path):
    """TL-16 TL-21 TL-46: after each of 40 entries around the end of a tile, over both APIs."""
    with OpenLog(tmp_path) as log:
        tiled, auditor = log.tiled(), Auditor(log.house)
        assert tiled.head().size == 0 and tiled.head().root == merkle.EMPTY_ROOT
        log.fill(240)
        published = []
        for _ in range(40):
            log.fill(1)
            head = tiled.head()
            assert tiled.root(head.size) == head.root
            assert auditor.head().root == head.root
            published.append(head)
        assert [head.size for head in published] == list(range(241, 281))
        for head in published:
            assert tiled.root(head.size) == head.root, "a tile of an earlier head has changed"


def test_both_apis_answer_from_one_record(log):
    """TL-14 TL-16 TL-17: leaves, extra data and hashes of each entry are the same through tiles and get-entries."""
    head = log.tiled_log.head()
    records = log.tiled_log.records(head.size)
    entries = log.auditor.entries(head.size)
    assert len(records) == len(entries) == head.size
    for record, entry in zip(records, entries):
        issuers = {fingerprint: log.tiled_log.issuer(fingerprint) for fingerprint in record.fingerprints}
        assert base64.b64decode(entry["leaf_input"]) == record.leaf
        assert base64.b64decode(entry["extra_data"]) == record.extra_data(issuers)
        assert record.timestamp <= head.timestamp
    assert merkle.root_of([merkle.leaf_hash(record.leaf) for record in records]) == head.root
    assert {record.precertificate is None for record in records} == {True, False}


def test_a_partial_tile_is_the_beginning_of_every_wider_one(log):
    """TL-15: also of the full one; what the head does not cover is 404 and must not be kept by a cache."""
    full, data = log.tiled_log.get(tile_path(0, 0)).content, log.tiled_log.get(tile_path("data", 0)).content
    for width in (1, 2, 255):
        assert log.tiled_log.get(tile_path(0, 0, width)).content == full[: 32 * width]
        part = log.tiled_log.get(tile_path("data", 0, width)).content
        assert data.startswith(part) and len(part) < len(data)
    upper = log.tiled_log.get(tile_path(1, 0, 2)).content
    assert upper == merkle.root_of([full[at : at + 32] for at in range(0, 8192, 32)]) + upper[32:]
    assert log.tiled_log.get(tile_path(1, 0, 1)).content == upper[:32]
    last = SIZE // WIDTH
    for path in (
        tile_path(0, last), tile_path(0, last, SIZE % WIDTH + 50), tile_path(0, last + 1, 1), tile_path(1, 0),
        tile_path(1, 0, 3), tile_path(2, 0, 1), tile_path("data", last), tile_path("data", last + 1, 1),
        tile_path(5, 0, 1), tile_path(0, 2**40, 1),
    ):  # fmt: skip
        answer = log.tiled_log.get(path, 404)
        assert answer.headers["Cache-Control"] == "no-store", path


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/x000/000", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1000", "tile/0/001/000", "tile/0/x1/000",
        "tile/00/000", "tile/6/000", "tile/64/000", "tile/-1/000", "tile/+0/000", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/000.p/-1", "tile/0/000.p", "tile/0/000.p/", "tile/0/000/", "tile/0/", "tile/0",
        "tile/", "tile", "tile/0//000", "tile/x/000", "tile/data", "tile/data/", "tile/data/0", "tile/names/000",
        "tile/entries/000", "tile/0/x18446744073709551615/000", "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/%30%30%30%30", "tile/data/000.p/0", "issuer/", "issuer", "checkpoint/", "log.v3.json/",
    ],
)  # fmt: skip
def test_other_spellings_of_tiles_are_not_found(log, path):
    """TL-12 TL-13: one canonical path a tile, no empty tiles, levels 0 to 5, no names tiles."""
    log.tiled_log.get(path, 404)


def test_types_and_caching_of_the_monitoring_prefix(log):
    """TL-19: content types, cache headers and access from any origin."""
    immutable = "public, max-age=604800, immutable"
    root = log.submitter.root.public_bytes(DER)
    fingerprint = hashlib.sha256(root).hexdigest()
    for path, kind, caching in [
        ("checkpoint", "text/plain; charset=utf-8", "no-store"),
        (tile_path(0, 0), "application/octet-stream", immutable),
        (tile_path(0, 0, 7), "application/octet-stream", immutable),
        (tile_path(1, 0, 1), "application/octet-stream", immutable),
        (tile_path("data", 0), "application/octet-stream", immutable),
        (f"issuer/{fingerprint}", "application/pkix-cert", immutable),
        ("log.v3.json", "application/json", "no-cache"),
        ("loglist-rfc6962.json", "application/json", "no-cache"),
    ]:
        answer = log.tiled_log.get(path)
        assert answer.headers["Content-Type"] == kind and answer.headers["Cache-Control"] == caching, path
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" not in answer.headers and "Last-Modified" not in answer.headers
        head = requests.head(f"{log.url}/{path}", timeout=30, headers={"Accept-Encoding": "identity"})
        assert head.status_code == 200 and head.content == b""
        assert requests.post(f"{log.url}/{path}", timeout=30).status_code == 405
        options = requests.options(f"{log.url}/{path}", timeout=30)
        assert options.status_code == 204 and options.headers["Access-Control-Allow-Origin"] == "*"
    assert log.tiled_log.get(f"issuer/{fingerprint}").content == root
    for unknown in (fingerprint.upper(), fingerprint[:-1], "0" * 64, fingerprint + "0", "x" * 64):
        log.tiled_log.get(f"issuer/{unknown}", 404)


def test_caching_of_the_other_reads(log):
    """TL-19: full ranges and proofs may be kept for a day, what was cut at the end for seconds."""
    size = log.auditor.head().size
    day = "public, max-age=86400"
    for path, caching in [
        ("ct/v1/get-sth", "no-store"), (f"ct/v1/get-sth-consistency?first=1&second={size}", day),
        ("ct/v1/get-entries?start=0&end=3", day), (f"ct/v1/get-entries?start=0&end={size + 5}", "public, max-age=5"),
        (f"ct/v1/get-entry-and-proof?leaf_index=0&tree_size={size}", day), ("ct/v1/get-roots", "public, max-age=3600"),
    ]:  # fmt: skip
        answer = log.tiled_log.get(path)
        assert answer.headers["Cache-Control"] == caching and answer.headers["Access-Control-Allow-Origin"] == "*"


def test_data_tiles_are_gzip_unless_the_client_cannot(log):
    """TL-18: gzip when allowed or nothing is said, identity when demanded, the same bytes in any case."""
    path = tile_path("data", 0)
    plain = log.tiled_log.raw(path, "identity")
    assert not plain.is_gzip
    for accept, is_gzip in [
        (None, True), ("gzip", True), ("gzip, deflate", True), ("br", True), ("*", True), ("identity", False),
        ("identity;q=0.5, gzip;q=1.0", True), ("gzip;q=0", False), ("identity, br", False), ("GZIP", True),
    ]:  # fmt: skip
        answer = log.tiled_log.raw(path, accept)
        assert (answer.is_gzip, answer.content) == (is_gzip, plain.body), accept
    assert len(log.tiled_log.raw(path, None).body) < len(plain.body) / 2
    for level in (0, 1):
        width = widths(SIZE, level)[0]
        assert not log.tiled_log.raw(tile_path(level, 0, width), "gzip").is_gzip, "hashes do not get smaller"


def test_json_is_gzip_for_those_who_ask(log):
    """TL-18: RFC 6962 reads above 1 KiB, by negotiation alone."""
    path = "ct/v1/get-entries?start=0&end=9"
    for accept, is_gzip in [(None, False), ("identity", False), ("gzip", True), ("gzip;q=0", False), ("br", False)]:
        # http.client takes the path alone, so the query is part of it here.
        answer = requests.get(f"{log.url}/{path}", headers={"Accept-Encoding": accept}, stream=True, timeout=30)
        body = answer.raw.read(decode_content=False)
        assert (answer.headers.get("Content-Encoding") == "gzip") == is_gzip, accept
        assert b"leaf_input" in (gzip.decompress(body) if is_gzip else body)
        assert "Accept-Encoding" in answer.headers["Vary"]
    small = requests.get(f"{log.url}/ct/v1/get-sth", headers={"Accept-Encoding": "gzip"}, timeout=30)
    assert "Content-Encoding" not in small.headers


def test_consistency_between_any_two_sizes(log):
    """TL-36 TL-42: proofs verify; equal sizes and size 0 have empty ones."""
    head = log.auditor.head()
    leaves = [merkle.leaf_hash(base64.b64decode(e["leaf_input"])) for e in log.auditor.entries(head.size)]
    chosen = random.Random(1)
    pairs = [(1, 2), (1, head.size), (255, 256), (256, 257), (256, 512), (511, 513), (head.size - 1, head.size)]
    pairs += [tuple(sorted(chosen.sample(range(1, head.size), 2))) for _ in range(100)]
    for first, second in pairs:
        path = proof(log, "get-sth-consistency", first=first, second=second)
        old, new = merkle.root_of(leaves[:first]), merkle.root_of(leaves[:second])
        assert merkle.is_consistent(first, second, path, old, new), (first, second)
    for first, second in [(0, 0), (0, 1), (0, head.size), (7, 7), (head.size, head.size)]:
        answer = log.auditor.get("ct/v1/get-sth-consistency", first=first, second=second)
        assert answer.text == '{"consistency":[]}'


CONSISTENCY = [
    ("TL-36 second beyond the tree", {"first": "1", "second": "BEYOND"}, 400),
    ("TL-36 both beyond the tree", {"first": "BEYOND", "second": "BEYOND"}, 400),
    ("TL-36 first after second", {"first": "5", "second": "4"}, 400),
    ("TL-36 no number", {"first": "one", "second": "2"}, 400),
    ("TL-36 negative", {"first": "-1", "second": "2"}, 400),
    ("TL-36 no first", {"second": "2"}, 400),
    ("TL-36 no second", {"first": "1"}, 400),
    ("TL-36 repeated", {"first": ["1", "1"], "second": "2"}, 400),
    ("TL-36 beyond 63 bits", {"first": "1", "second": "9223372036854775808"}, 400),
    ("TL-36 at 63 bits", {"first": "1", "second": "9223372036854775807"}, 400),
    ("TL-36 leading zeros", {"first": "01", "second": "0002"}, 200),
]


@pytest.mark.parametrize("query,status", [row[1:] for row in CONSISTENCY], ids=[row[0] for row in CONSISTENCY])
def test_consistency_requests_get_the_specified_status(log, query, status):
    named = {"BEYOND": str(log.auditor.head().size + 1000)}
    query = {name: named.get(value, value) if isinstance(value, str) else value for name, value in query.items()}
    log.auditor.get("ct/v1/get-sth-consistency", status, **query)


def test_entry_and_proof_agree_with_the_other_reads(log):
    """TL-38: for random pairs of index and size."""
    head = log.auditor.head()
    entries = log.auditor.entries(head.size)
    leaves = [merkle.leaf_hash(base64.b64decode(entry["leaf_input"])) for entry in entries]
    chosen = random.Random(2)
    for _ in range(60):
        size = chosen.randint(1, head.size)
        index = chosen.randrange(size)
        both = log.auditor.get("ct/v1/get-entry-and-proof", leaf_index=index, tree_size=size).json()
        assert {name: both[name] for name in ("leaf_input", "extra_data")} == entries[index]
        path = [base64.b64decode(step) for step in both["audit_path"]]
        assert merkle.is_included(leaves[index], index, size, path, merkle.root_of(leaves[:size]))
        encoded = base64.b64encode(leaves[index]).decode()
        assert path == proof(log, "get-proof-by-hash", hash=encoded, tree_size=size)
    for index, size, status in [
        (0, 0, 400), (5, 5, 400), (head.size, head.size, 400), (0, head.size + 1000, 404), (2**62, 2**63 - 1, 400),
    ]:  # fmt: skip
        log.auditor.get("ct/v1/get-entry-and-proof", status, leaf_index=index, tree_size=size)
    log.auditor.get("ct/v1/get-entry-and-proof", 400, leaf_index=0)
    log.auditor.get("ct/v1/get-entry-and-proof", 400, tree_size=1)


def test_descriptions_of_the_log_agree(log):
    """TL-83: log.v3.json, both lists and the trusted root entry name one key, origin and prefix."""
    lists = ["log.v3.json", "loglist-rfc6962.json", "loglist-tiled.json", "sigstore-ctlog.json"]
    one, old, new, trusted = (log.tiled_log.get(path).json() for path in lists)
    [plain], [tiled] = old["operators"][0]["logs"], new["operators"][0]["tiled_logs"]
    assert "tiled_logs" not in old["operators"][0] and "logs" not in new["operators"][0]
    assert "url" not in tiled and "submission_url" not in plain
    identifiers = {one["log_id"], plain["log_id"], tiled["log_id"], trusted["logId"]["keyId"]}
    assert identifiers == {base64.b64encode(log.key.log_id).decode()}
    keys = {one["key"], plain["key"], tiled["key"], trusted["publicKey"]["rawBytes"]}
    assert keys == {base64.b64encode(log.key.spki).decode()}
    prefixes = {one["submission_url"], plain["url"], tiled["submission_url"], trusted["baseUrl"]}
    assert prefixes == {log.url + "/"} and one["monitoring_url"] == tiled["monitoring_url"] == log.url + "/"
    assert one["description"] == log.house.origin == plain["description"]
    assert one["log_spec"] == "static-ct-api" and one["status"] == "active" and one["tls_only"] is False
    assert one["temporal_interval"] == plain["temporal_interval"] == tiled["temporal_interval"]
    first = min(record.timestamp for record in log.tiled_log.records(SIZE))
    created = trusted["publicKey"]["validFor"]["start"]
    assert datetime.datetime.fromisoformat(created.replace("Z", "+00:00")).timestamp() * 1000 <= first


def test_monitoring_on_a_port_of_its_own(tmp_path):
    """TL-83: the static API moves there whole, without the reads of RFC 6962, and the origin stays."""
    port = free_port()
    with OpenLog(tmp_path, "--log-monitoring-port", str(port)) as log:
        log.fill(3)
        tiled = log.tiled()
        tiled.url = f"http://127.0.0.1:{port}/log/{log.house.shard}"
        head = tiled.head()
        assert head.size == 3 and tiled.root(3) == head.root and len(tiled.records(3)) == 3
        assert tiled.get("log.v3.json").json()["monitoring_url"] == tiled.url + "/"
        assert tiled.get("log.v3.json").json()["submission_url"] == log.url + "/"
        for path in ("ct/v1/get-sth", "ct/v1/get-roots", "ct/v1/add-chain"):
            tiled.get(path, 404)
        for path in ("checkpoint", tile_path(0, 0, 3), "log.v3.json"):
            assert requests.get(f"{log.url}/{path}", timeout=30).status_code == 404
        assert requests.get(f"{log.url}/ct/v1/get-sth", timeout=30).json()["tree_size"] == 3
        assert requests.get(f"http://127.0.0.1:{port}/api/v2/configuration", timeout=30).status_code == 404


def test_the_url_of_the_monitoring_prefix(tmp_path, house):
    """TL-83: told to clients as configured; what is no origin is refused before any port opens."""
    with OpenLog(tmp_path / "log", "--log-monitoring-url", "https://Mon.example.org") as log:
        expected = f"https://mon.example.org/log/{log.house.shard}/"
        assert log.tiled().get("log.v3.json").json()["monitoring_url"] == expected
    house.trust({})
    for bad in ("mon.example.org", "https://mon.example.org/path", "ftp://mon.example.org"):
        assert "--log-monitoring-url" in house.refuses_to_serve("--log-monitoring-url", bad)


def test_nothing_past_the_published_head_under_load(tmp_path):
    """TL-46 TL-47: readers who always ask past the end while entries arrive."""
    with OpenLog(tmp_path) as log:
        log.fill(1)
        done = []

        def read(seed: int) -> int:
            auditor, tiled, chosen, count = Auditor(log.house), log.tiled(), random.Random(seed), 0
            while not done:
                start = max(0, auditor.head().size - chosen.randint(1, 3))
                page = auditor.get("ct/v1/get-entries", start=start, end=start + 999).json()["entries"]
                # Whatever was shown must be covered by what is published now; the tree only grows.
                head = auditor.head()
                assert page and start + len(page) <= head.size
                tile, width = divmod(head.size + 1, WIDTH)
                answer = tiled.session.get(f"{tiled.url}/{tile_path(0, tile, max(width, 1))}", timeout=30)
                if answer.status_code == 200:
                    assert auditor.head().size >= tile * WIDTH + max(width, 1)
                count += 1
            return count

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            readers = [pool.submit(read, seed) for seed in range(4)]
            try:
                log.fill(300)
            finally:
                done.append(True)
            assert all(reader.result() > 5 for reader in readers)
        head = log.tiled().head()
        assert head.size == 301 and log.tiled().root(301) == head.root


def test_health_of_the_log(log):
    """TL-84: green while the head is fresh and the store takes commits."""
    answer = requests.get(log.house.url + "/health", timeout=30)
    assert answer.status_code == 200 and answer.json() == {"status": "ok", "reasons": [], "warnings": []}
    assert post(log.url, "health", []).status_code == 404
