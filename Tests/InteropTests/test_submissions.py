"""add-chain and add-pre-chain by somebody else's CA: what is taken, and how everything else is refused."""

import base64
import concurrent.futures
import datetime
import gzip
import hashlib
import http.client
import json
import socket
import urllib.parse

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

import client as signing
import der
import keys
import merkle
import program
from auditor import Auditor
from crowd import refused as connections_refused
from hostile_chains import SCT_LIST, bodies, chains
from submitter import DAY, OpenLog, Submission, Submitter, name, post, text64


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    with OpenLog(tmp_path_factory.mktemp("open")) as log:
        log.auditor = Auditor(log.house)
        yield log


def leaf_of(submission: Submission, kind: int, entry: bytes) -> bytes:
    """The MerkleTreeLeaf that an answer promises."""
    head = b"\0\0" + submission.timestamp.to_bytes(8, "big") + kind.to_bytes(2, "big")
    return head + entry + len(submission.extensions).to_bytes(2, "big") + submission.extensions


def signed_entry(submitter: Submitter, leaf: x509.Certificate, poison: bool) -> bytes:
    encoded = leaf.public_bytes(keys.DER)
    if not poison:
        return len(encoded).to_bytes(3, "big") + encoded
    tbs = der.Certificate.parse(encoded).tbs_without(signing.POISON)
    key_hash = hashlib.sha256(submitter.issuing.public_key().public_bytes(keys.DER, keys.SPKI)).digest()
    return key_hash + len(tbs).to_bytes(3, "big") + tbs


def assert_logged(log, submission: Submission, poison: bool, leaf: x509.Certificate) -> int:
    """The timestamp verifies over the leaf built here, and the leaf is in the tree at the index it names."""
    encoded = leaf_of(submission, int(poison), signed_entry(log.submitter, leaf, poison))
    reader = merkle.Reader(submission.signature)
    assert reader.take(2) == b"\4\3" and submission.log_id == log.key.log_id
    assert log.key.verifies(reader.vector(2), encoded)
    reader.end()
    index, head = merkle.leaf_index(submission.extensions), log.auditor.head()
    assert index < head.size and submission.timestamp <= head.timestamp
    both = log.auditor.get("ct/v1/get-entry-and-proof", leaf_index=index, tree_size=head.size).json()
    assert base64.b64decode(both["leaf_input"]) == encoded
    path = [base64.b64decode(step) for step in both["audit_path"]]
    assert merkle.is_included(merkle.leaf_hash(encoded), index, head.size, path, head.root)
    return index


@pytest.mark.parametrize("poison", [True, False])
@pytest.mark.parametrize("with_root", [True, False])
def test_a_good_chain_is_logged_with_its_root(log, poison, with_root):
    """TL-26 TL-40 TL-42 TL-48: certificates and precertificates, with and without the root."""
    leaf = log.submitter.leaf(poison)
    chain = log.submitter.chain(leaf, with_root)
    answer = post(log.url, "add-pre-chain" if poison else "add-chain", chain)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    index = assert_logged(log, Submission(answer), poison, leaf)
    extra = base64.b64decode(log.auditor.entries(index + 1, index)[0]["extra_data"])
    reader = merkle.Reader(extra)
    if poison:
        assert reader.vector(3) == leaf.public_bytes(keys.DER)
    inner, stored = merkle.Reader(reader.vector(3)), []
    reader.end()
    while inner.at < len(inner.data):
        stored.append(inner.vector(3))
    assert stored == log.submitter.chain(leaf)[1:]


def test_equal_submissions_are_one_entry(log):
    """TL-40 TL-52 TL-53 TL-54: concurrent, later, without the root, signed anew, and after a restart."""
    leaf = log.submitter.leaf()
    chain = log.submitter.chain(leaf)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(log.url, "add-pre-chain", chain), range(100)))
    answers += [post(log.url, "add-pre-chain", chain), post(log.url, "add-pre-chain", chain[:-1])]
    log.restart()
    answers.append(post(log.url, "add-pre-chain", chain))
    # The same fields under another signature: ECDSA takes a new random number each time.
    resigned = signed(log.submitter, der.Certificate.parse(chain[0]).tbs)
    assert resigned != chain[0]
    answers.append(post(log.url, "add-pre-chain", [resigned, *chain[1:]]))
    assert {answer.status_code for answer in answers} == {200}
    given = [Submission(answer) for answer in answers]
    assert len({(one.timestamp, one.extensions) for one in given}) == 1
    for one in given[:1] + given[-4:]:
        assert_logged(log, one, True, leaf)


def test_certificate_and_precertificate_are_two_entries(log):
    """TL-55: a final certificate that carries the timestamp of its precertificate."""
    precertificate = log.submitter.leaf()
    first = Submission(post(log.url, "add-pre-chain", log.submitter.chain(precertificate)))
    listed = x509.UnrecognizedExtension(SCT_LIST, der.octet_string(b"\0\0"))
    final = log.submitter.leaf(False, extensions=[(listed, False)])
    second = Submission(post(log.url, "add-chain", log.submitter.chain(final)))
    assert assert_logged(log, first, True, precertificate) != assert_logged(log, second, False, final)


def refused(log, endpoint, chain, status=400, **options) -> str:
    answer = post(log.url, endpoint, chain, **options)
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"].startswith("text/plain") and answer.text.count("\n") == 1
    return answer.text


def test_malformed_bodies_are_refused(log):
    """TL-41: each with its status and one line of text, and the log goes on."""
    size = log.auditor.head().size
    for what, (body, status) in bodies(log.submitter).items():
        for endpoint in ("add-chain", "add-pre-chain"):
            text = refused(log, endpoint, body, status)
            assert len(text) < 200, what
    assert log.auditor.head().size == size
    assert post(log.url, "add-pre-chain", log.submitter.chain(log.submitter.leaf())).status_code == 200


def test_other_members_and_content_types_do_not_matter(log):
    """TL-42: clients differ."""
    chain = [text64(link) for link in log.submitter.chain(log.submitter.leaf())]
    for kind in ("text/plain", "application/json; charset=utf-8", ""):
        body = json.dumps({"more": {"a": [1]}, "chain": chain})
        answer = requests.post(f"{log.url}/ct/v1/add-pre-chain", data=body, headers={"Content-Type": kind}, timeout=30)
        assert answer.status_code == 200


def test_compressed_bodies_are_refused(log):
    """TL-41 R-26: 415 before anything is read of them."""
    body = gzip.compress(json.dumps({"chain": [text64(x) for x in log.submitter.chain(log.submitter.leaf())]}).encode())
    refused(log, "add-pre-chain", body, 415, headers={"Content-Encoding": "gzip"})


def test_a_slow_body_ends_after_ten_seconds(log):
    """TL-41 R-26: 408, the connection ends with it, and others are not held up."""
    parts = urllib.parse.urlsplit(log.url)
    with socket.create_connection((parts.hostname, parts.port), 30) as connection:
        head = f"POST {parts.path}/ct/v1/add-pre-chain HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{{"
        connection.sendall(head.encode())
        assert post(log.url, "add-pre-chain", log.submitter.chain(log.submitter.leaf())).status_code == 200
        answer = b""
        while part := connection.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 408 ") and b"connection: close" in answer.lower()


def test_every_refusal_of_admission(log):
    """TL-27 TL-30 TL-48: from outside, each with status 400 and its reason, and none becomes an entry."""
    size = log.auditor.head().size
    for what, (endpoint, chain, reason) in chains(log.submitter).items():
        assert reason in refused(log, endpoint, chain), what
    assert log.auditor.head().size == size


def signed(submitter: Submitter, tbs: bytes) -> bytes:
    """A certificate around these to-be-signed bytes, signed by the intermediate."""
    signature = submitter.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return der.sequence(tbs, der.sequence(der.oid("1.2.840.10045.4.3.2")), der.bit_string(signature))


def test_poison_twice_is_refused(log):
    """TL-30: no library makes such a certificate, so it is put together by hand."""
    parsed = der.Certificate.parse(log.submitter.leaf().public_bytes(keys.DER))
    [poison] = [one.raw for one in parsed.extensions if der.oid(signing.POISON) in one.raw]
    for more, status in [((), 200), ((poison,), 400)]:
        listed = [one.raw for one in parsed.extensions] + list(more)
        fields = [field.raw for field in parsed.fields[:-1]] + [der.tlv(0xA3, der.sequence(*listed))]
        chain = [signed(log.submitter, der.sequence(*fields)), *log.submitter.chain(log.submitter.leaf())[1:]]
        assert post(log.url, "add-pre-chain", chain).status_code == status
        assert post(log.url, "add-chain", chain).status_code == 400


def test_rsa_and_expired_issuers_are_accepted(log):
    """TL-48: a log records: PSS and PKCS #1, an expired leaf, extensions nobody knows."""
    s = log.submitter
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\4\0")
    # Within the window, which begins with the log, and over: the day has passed for this leaf in a moment.
    leaf = s.leaf(end=datetime.timedelta(seconds=5), extensions=[(unknown, True)])
    assert post(log.url, "add-pre-chain", s.chain(leaf)).status_code == 200
    strong = rsa.generate_private_key(65537, 2048)
    issuing = s.authority(name("rsa issuing"), strong, s.root_name, s.root_key)
    builder = s.builder(name("leaf"), s.leaf_key, name("rsa issuing"), -DAY, DAY)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)
    builder = builder.add_extension(x509.PrecertPoison(), True)
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    for scheme in (padding.PKCS1v15(), pss):
        leaf = builder.sign(strong, hashes.SHA256(), rsa_padding=scheme)
        chain = [link.public_bytes(keys.DER) for link in (leaf, issuing, s.root)]
        assert post(log.url, "add-pre-chain", chain).status_code == 200


def test_a_leaf_straight_from_the_root_is_accepted(log):
    """TL-40: alone and with the root, as one entry."""
    s = log.submitter
    leaf = s.leaf(False, issuer=s.root_name, key=s.root_key)
    chain = [leaf.public_bytes(keys.DER), s.root.public_bytes(keys.DER)]
    alone, whole = (Submission(post(log.url, "add-chain", part)) for part in (chain[:1], chain))
    assert (alone.timestamp, alone.extensions) == (whole.timestamp, whole.extensions)


def test_the_own_ca_alone_submits_by_default(world):
    """TL-49: strangers get 403 whatever they send, and reads stay open."""
    chain = Submitter()
    size = world.auditor.head().size
    for body in (chain.chain(chain.leaf()), b"garbage", [world.auditor.root_der]):
        for endpoint in ("add-chain", "add-pre-chain"):
            answer = post(world.auditor.url, endpoint, body)
            assert answer.status_code == 403 and "own CA" in answer.text
    assert world.auditor.head().size == size
    for ask in (requests.get, requests.head, requests.put):
        answer = ask(world.auditor.url + "/ct/v1/add-chain", timeout=30)
        assert answer.status_code == 405 and "POST" in answer.headers["Allow"]
    answer = requests.options(world.auditor.url + "/ct/v1/add-chain", timeout=30)
    assert answer.status_code == 204 and answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"]


def test_listed_roots_are_not_the_own_root(log):
    """TL-49: what only our own CA can have issued comes from it alone."""
    issuing = x509.load_pem_x509_certificate(log.house.read("ca/issuing.pem")).public_bytes(keys.DER)
    refused(log, "add-chain", [issuing])
    leaf = log.submitter.leaf(False)
    chain = [leaf.public_bytes(keys.DER), issuing, log.auditor.root_der]
    refused(log, "add-chain", chain)


def test_anybody_with_a_limit(tmp_path, issuer):
    """TL-41 TL-49 TL-55: own final certificates are taken as entries of their own, and floods get 429."""
    with OpenLog(tmp_path, accept="any-with-limit") as log:
        log.server.stop()
        log.house.trust({issuer.url: {}})
        log.server = log.house.serve(*log.options)
        auditor = Auditor(log.house)
        body = signing.good_body(issuer.token(issuer.email("jane@example.com")), "jane@example.com")
        issued = signing.Client(log.house.url).issue(body)
        auditor.check_issued(issued)
        final = Submission(post(log.url, "add-chain", issued.ders))
        assert merkle.leaf_index(final.extensions) == issued.index + 1
        flood = log.submitter.chain(log.submitter.leaf())

        def flooded(_) -> tuple[int, str | None]:
            # No more than this: an answer that is kept keeps its connection, and an address has a share of those.
            answer = post(log.url, "add-pre-chain", flood)
            return answer.status_code, answer.headers.get("Retry-After")

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(flooded, range(300)))
        assert {status for status, _ in answers} == {200, 429}
        for status, wait in answers:
            if status == 429:
                assert 1 <= int(wait) <= 30
        assert connections_refused(log.house, "too-many-from-address") == 0
        # Our own CA does not come by that way.
        body = signing.good_body(issuer.token(issuer.email("jane@example.com")), "jane@example.com")
        auditor.check_issued(signing.Client(log.house.url).issue(body))


def test_roots_are_added_and_removed(tmp_path):
    """TL-39: get-roots says which; entries of a removed root stay, with their whole chains."""
    with OpenLog(tmp_path) as log:
        auditor = Auditor(log.house)
        root = log.submitter.root.public_bytes(keys.DER)

        def listed() -> set[bytes]:
            return {base64.b64decode(text) for text in auditor.get("ct/v1/get-roots").json()["certificates"]}

        assert listed() == {auditor.root_der, root}
        log.fill(2)
        before = auditor.entries(2)
        busy = ("log", "roots", "--data-dir", log.house.directory)
        digest = hashlib.sha256(root).hexdigest()
        assert program.run(*busy).returncode == 0, "listing needs no stopped server"
        assert "in use" in program.run(*busy, "--remove", digest, "--reason", "too early").stderr
        log.server.stop()
        nameless = program.run(*busy, "--remove", digest)
        assert nameless.returncode == 1 and "--reason" in nameless.stderr
        assert [one["sha256"] for one in log.change_roots()] == sorted(
            [digest, hashlib.sha256(auditor.root_der).hexdigest()]
        )
        log.change_roots("--remove", digest, "--reason", "gone")
        both = [digest, hashlib.sha256(auditor.root_der).hexdigest()]
        for bad in (both[0], both[1], "00" * 32):
            assert program.run(*busy, "--remove", bad, "--reason", "no").returncode == 1
        log.server = log.house.serve(*log.options)
        assert listed() == {auditor.root_der}
        assert auditor.entries(2) == before
        tiled = log.tiled()
        assert tiled.issuer(hashlib.sha256(root).digest()) == root and len(tiled.records(2)) == 2
        refused(log, "add-pre-chain", log.submitter.chain(log.submitter.leaf()))
        log.server.stop()
        log.change_roots("--add", tmp_path / "submitter-root.pem", "--reason", "back")
        log.server = log.house.serve(*log.options)
        log.fill(1)
        assert listed() == {auditor.root_der, root} and auditor.head().size == 3


def test_an_entry_stays_when_its_submitter_leaves(log):
    """TL-43: a client that closes at once; resubmission finds one entry."""
    leaf = log.submitter.leaf()
    chain = log.submitter.chain(leaf)
    size = log.auditor.head().size
    body = json.dumps({"chain": [text64(link) for link in chain]}).encode()
    parts = urllib.parse.urlsplit(log.url)
    for _ in range(20):
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        connection.request("POST", f"{parts.path}/ct/v1/add-pre-chain", body)
        connection.close()
    answer = Submission(post(log.url, "add-pre-chain", chain))
    assert_logged(log, answer, True, leaf)
    assert log.auditor.head().size == size + 1
