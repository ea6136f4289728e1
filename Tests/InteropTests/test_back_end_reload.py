"""The chain and key that issue, read again while the server runs (certificate-authority 7, reliability R-04, R-36)."""

import os
import pathlib
import signal
import threading

import pytest

import audit
import authorities as ca
import keys
from auditor import Auditor
from authorities import PASSWORD
from client import Client, good_body
from conftest import ADDRESS
from program import eventually
from test_back_ends import Authority

LOADED, KEPT = "issuing certificate loaded", "not reloaded"


class Pairs:
    """Two issuing certificates with keys of their own below one root, and a server that may use either."""

    def __init__(self, directory: pathlib.Path, issuer):
        first = ca.chain(2)
        self.first, self.second = first, [ca.link("second", first[-1]), first[-1]]
        self.made, self.issuer = Authority(directory, first, issuer.url), issuer
        self.client = Client(self.made.house.url)

    def issue(self):
        return self.client.issue(good_body(self.issuer.token(self.issuer.email(ADDRESS)), ADDRESS))

    def issues_with(self, links: list[ca.Link]) -> bool:
        issued = self.issue()
        issued.leaf.verify_directly_issued_by(issued.certificates[1])
        return issued.certificates[1] == links[0].certificate

    def expect(self, links: list[ca.Link], how: str) -> None:
        eventually(lambda: self.issues_with(links), 60, f"certificates of the other pair after {how}")
        Auditor(self.made.house).check_issued(self.issue())


@pytest.fixture
def pairs(tmp_path, issuer):
    return Pairs(tmp_path / "ca", issuer)


def count(server, message: str) -> int:
    return sum(message in line for line in server.lines)


def test_a_write_a_rename_and_a_link_are_noticed(pairs):
    """OPS-03: each way to replace the files, as editors, cert-manager and Kubernetes do it."""
    made = pairs.made
    with made.serve() as server:
        pairs.expect(pairs.first, "the start")
        made.write(pairs.second)
        pairs.expect(pairs.second, "a write")
        for links, path in ((pairs.first, made.certificate), (pairs.first, made.key)):
            text = ca.pems(links).encode() if path == made.certificate else ca.pkcs8(links[0].private)
            fresh = path.with_suffix(".new")
            fresh.write_bytes(text)
            fresh.chmod(0o600)
            fresh.rename(path)
        pairs.expect(pairs.first, "a rename")
        assert "CN=second" in server.output and pairs.second[0].certificate.not_valid_after_utc.strftime(
            "%Y-%m-%dT%H:%M:%SZ") in server.output  # fmt: skip
        assert server.stop() == 0


def test_the_audit_stream_names_the_key_in_use(pairs, tmp_path):
    """R-57 OPS-03: the digest of the new key after a reload, and of the old one when the new pair was not usable."""
    made, path = pairs.made, tmp_path / "audit.jsonl"
    with made.serve("", "--audit-log", path) as server:
        made.write(pairs.second)
        pairs.expect(pairs.second, "a write")
        made.write(pairs.first, b"nonsense")
        eventually(lambda: "not-usable" in path.read_text(), 30, "the record of the bad pair")
        assert server.stop() == 0
    used = [(r.get("reason"), r["caKey"]) for r in audit.records(path) if "caKey" in r]
    first, second = (
        audit.digest(links[0].certificate.public_key().public_bytes(keys.DER, keys.SPKI))
        for links in (pairs.first, pairs.second)
    )
    assert used[0] == (None, first) and ("loaded", second) in used
    assert used[-1] == ("not-usable", second)


def test_the_swap_of_a_directory_link_is_noticed(pairs):
    """OPS-03: `..data` of a mounted Kubernetes secret, where neither path nor link of the files changes."""
    made = pairs.made
    for name, links in (("..1", pairs.first), ("..2", pairs.second)):
        folder = made.directory / name
        folder.mkdir()
        folder.joinpath("cert.pem").write_text(ca.pems(links))
        folder.joinpath("key.pem").write_bytes(ca.pkcs8(links[0].private))
        folder.joinpath("key.pem").chmod(0o640)
    link = made.directory / "..data"
    link.symlink_to("..1")
    for path in (made.certificate, made.key):
        path.unlink()
        path.symlink_to(f"..data/{path.name}")
    with made.serve() as server:
        pairs.expect(pairs.first, "the start")
        fresh = made.directory / "..tmp"
        fresh.symlink_to("..2")
        fresh.rename(link)
        pairs.expect(pairs.second, "the swap of a link")
        assert server.stop() == 0


def test_a_bad_pair_leaves_the_old_one_in_use(pairs):
    """OPS-03 R-36: half a pair, a foreign root, a damaged or missing file; all is said, and the next good one counts."""
    made = pairs.made
    foreign = ca.chain(2)
    bad = {
        "ecdsa public keys are not equal": lambda: made.write(pairs.second, ca.pkcs8(pairs.first[0].private)),
        "the log does not accept the last certificate": lambda: made.write(foreign),
        "error during PEM decoding": lambda: made.certificate.write_text("-----BEGIN CERTIFICATE-----\n"),
        "No such file": lambda: made.certificate.unlink(),
        "everybody may read": lambda: (made.write(pairs.second), made.key.chmod(0o644)),
        "anybody may write to it": lambda: (made.certificate.chmod(0o646), made.write(pairs.second)),
    }
    with made.serve() as server:
        pairs.expect(pairs.first, "the start")
        for message, change in bad.items():
            change()
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: any(KEPT in line and message in line for line in server.lines), 60, message)
            assert pairs.issues_with(pairs.first), message
            assert count(server, LOADED) == 0, message
        made.write(pairs.second, ca.pkcs8(pairs.first[0].private))  # the certificate first, the key a moment later
        made.certificate.chmod(0o644)
        before = count(server, KEPT)
        eventually(lambda: count(server, KEPT) > before, 60, "half a pair is noticed")
        made.write(pairs.second)
        pairs.expect(pairs.second, "the other half of the pair")
        assert server.stop() == 0


def test_without_watching_only_a_signal_counts(pairs):
    """OPS-03: --fileca-watch=false; SIGHUP reads both files all the same, and does not end the process."""
    made = pairs.made
    with made.serve("", "--fileca-watch=false") as server:
        pairs.expect(pairs.first, "the start")
        made.write(pairs.second)
        threading.Event().wait(2.5)  # longer than two looks would take
        assert pairs.issues_with(pairs.first) and count(server, LOADED) == 0
        server.process.send_signal(signal.SIGHUP)
        pairs.expect(pairs.second, "SIGHUP")
        assert server.stop() == 0


def test_the_chain_of_a_data_directory_is_read_again_too(pairs):
    """OPS-03: ca/chain.pem and ca/issuing-key.pem, replaced by rename, the key under the same passphrase."""
    folder = pairs.made.house.directory / "ca"
    with pairs.made.house.serve() as server:
        pairs.expect(pairs.first, "the start")
        for name, data in (("chain.pem", ca.pems(pairs.second).encode()),
                           ("issuing-key.pem", ca.pbes2(pairs.second[0].private, PASSWORD))):  # fmt: skip
            fresh = folder / (name + ".new")
            fresh.write_bytes(data)
            fresh.chmod(0o600)
            fresh.rename(folder / name)
        pairs.expect(pairs.second, "a rename in the data directory")
        fresh = folder / "plain"
        fresh.write_bytes(ca.pkcs8(pairs.first[0].private))
        fresh.chmod(0o600)
        fresh.rename(folder / "issuing-key.pem")
        eventually(lambda: "not an encrypted private key" in server.output, 60, "a plain key is refused")
        assert pairs.issues_with(pairs.second)
        assert server.stop() == 0


class Load(threading.Thread):
    """Asks for one certificate after the other until it is stopped."""

    def __init__(self, pairs: Pairs):
        super().__init__(daemon=True)
        house, issuer = pairs.made.house, pairs.issuer
        self.client, self.issued, self.ended = Client(house.url), [], threading.Event()
        self.body = good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
        self.failure = None

    def run(self) -> None:
        try:
            while not self.ended.is_set():
                self.issued.append(self.client.issue(self.body))
        except BaseException as error:
            self.failure = error


def test_no_certificate_mixes_two_pairs(pairs):
    """SCT-09 R-04 R-36: under load, over 60 reloads of good and bad pairs, each chain and each SCT verifies."""
    made = pairs.made
    steps = [
        (LOADED, lambda: made.write(pairs.second)),
        (KEPT, lambda: made.key.write_bytes(ca.pkcs8(pairs.first[0].private))),
        (LOADED, lambda: made.write(pairs.first)),
        (KEPT, lambda: os.truncate(made.certificate, 100)),
    ]
    with made.serve("", "--fileca-watch=false") as server:
        workers = [Load(pairs) for _ in range(4)]
        for worker in workers:
            worker.start()
        for number in range(60):
            message, change = steps[number % len(steps)]
            change()
            before = count(server, message)
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: count(server, message) > before, 60, f"reload {number}")
        for worker in workers:
            worker.ended.set()
            worker.join(60)
            assert worker.failure is None, worker.failure
        issued = [one for worker in workers for one in worker.issued]
        known = {tuple(link.certificate.public_bytes(keys.DER) for link in links): links
                 for links in (pairs.first, pairs.second)}  # fmt: skip
        chains = [tuple(one.ders[1:]) for one in issued]
        assert set(chains) == set(known)  # whole chains, and both of them were used
        auditor = Auditor(made.house)
        for one in issued:
            one.leaf.verify_directly_issued_by(one.certificates[1])
            sct = one.sct
            assert sct.log_id == auditor.key.log_id and auditor.key.verifies_sct(sct, one.log_entry)
        head = auditor.head()
        for one in issued[:: max(1, len(issued) // 20)]:
            auditor.check_issued(one, head)
        assert head.size >= len(issued) > 60
        assert server.stop() == 0
