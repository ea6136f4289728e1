"""An auditor of a whole log over both of its APIs: recomputes everything, forgets nothing, and says what it found.

It shares no code with the program and asserts nothing: whatever does not fit becomes a finding of its report, and it
goes on looking.
"""

import base64
import contextlib
import hashlib
import itertools
import random
from dataclasses import dataclass, field

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature

import der
import keys
import merkle
import tiled_log
from client import POISON
from tiled_log import WIDTH, TileLeaf, tile_path, widths

REFUSED = (AssertionError, ValueError, LookupError, TypeError, InvalidSignature, requests.RequestException)
ALL_PAIRS = 12  # so many heads are compared each with each, more of them each with the next and the newest


class Disagreement(AssertionError):
    """Something that does not fit, in words."""


def require(condition, what: str) -> None:
    if not condition:
        raise Disagreement(what)


def decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


@dataclass(frozen=True)
class Entry:
    """One MerkleTreeLeaf of either kind, taken apart."""

    timestamp: int
    issuer_key_hash: bytes | None  # None for an entry of a final certificate
    signed: bytes
    index: int

    @classmethod
    def parse(cls, leaf: bytes) -> "Entry":
        reader = merkle.Reader(leaf)
        require(reader.take(2) == b"\0\0", "unknown leaf version or type")
        timestamp, kind = reader.number(8), reader.number(2)
        require(kind in (0, 1), f"unknown entry type {kind}")
        issuer = reader.take(32) if kind == 1 else None
        entry = cls(timestamp, issuer, reader.vector(3), merkle.leaf_index(reader.vector(2)))
        reader.end()
        return entry


@dataclass(frozen=True)
class Receipt:
    """A promise that somebody holds: this leaf stands at this index."""

    index: int
    leaf: bytes


@dataclass
class Memory:
    """What an auditor carries from one look at a log to the next."""

    heads: list[merkle.TreeHead] = field(default_factory=list)
    entries: list[tuple[bytes, bytes]] = field(default_factory=list)  # leaf hash, digest of extra_data
    receipts: list[Receipt] = field(default_factory=list)
    sound: set[tuple[bytes, bytes]] = field(default_factory=set)  # entries whose signatures were verified

    def copy(self) -> "Memory":
        return Memory(list(self.heads), list(self.entries), list(self.receipts), self.sound)


@dataclass
class Report:
    """What one look found, and how much it compared."""

    size: int = -1
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def __str__(self) -> str:
        compared = ", ".join(f"{number} {what}" for what, number in self.counts.items())
        return "\n  ".join([f"size {self.size}: compared {compared or 'nothing'}", *(self.findings or ["agrees"])])


class WholeAuditor:
    """Knows a log's origin, public key and accepted roots, and sees only what both APIs answer."""

    def __init__(self, url: str, origin: str, key: merkle.LogKey, roots: list[bytes], memory: Memory | None = None):
        self.url, self.origin, self.key, self.roots = url, origin, key, list(roots)
        self.memory, self.report = memory or Memory(), Report()
        self.session = requests.Session()
        self.session.trust_env = False

    def at(self, url: str, **kept) -> "WholeAuditor":
        """The same auditor before another server, with a copy of its memory or only what is named of it."""
        memory = Memory(**kept, sound=self.memory.sound) if kept else self.memory.copy()
        return WholeAuditor(url, self.origin, self.key, self.roots, memory)

    def promise(self, issued) -> None:
        """Remembers the timestamp in a certificate, which must verify."""
        leaf = issued.log_entry
        assert issued.sct.log_id == self.key.log_id and self.key.verifies_sct(issued.sct, leaf)
        self.memory.receipts.append(Receipt(issued.index, leaf.encode()))

    def look(self) -> Report:
        """Downloads and compares all there is."""
        self.report = Report()
        head = None
        with self.noting("head"):
            head = self.newest_head()
        if head is None:
            return self.report
        self.report.size = head.size
        leaves: list[bytes] = []
        extras: list[bytes] = []
        with self.noting("get-entries"):
            self.download(head, leaves, extras)
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        self.examine(head, leaves, extras)
        self.compare_roots(head, hashes)
        self.compare_tiles(head, hashes)
        self.compare_records(head, leaves, extras)
        self.compare_proofs(head, hashes)
        self.compare_history(hashes)
        self.remember(hashes, extras)
        return self.report

    @contextlib.contextmanager
    def noting(self, where: str):
        try:
            yield
        except REFUSED as error:
            self.report.findings.append(f"{where}: {error}"[:300] if str(error) else f"{where}: {error!r}")

    def get(self, path: str, **query) -> requests.Response:
        answer = self.session.get(f"{self.url}/{path}", params=query, timeout=60)
        require(answer.status_code == 200, f"{path} answered {answer.status_code} {answer.text[:80]!r}")
        return answer

    # Heads

    def newest_head(self) -> merkle.TreeHead:
        """The head that both APIs show; signed, and no step back from any that was seen before (I2)."""
        for _ in range(50):
            plain = merkle.TreeHead.from_json(self.get("ct/v1/get-sth").json())
            note = merkle.TreeHead.from_checkpoint(self.get("checkpoint").content, self.origin, self.key.log_id)
            again = merkle.TreeHead.from_json(self.get("ct/v1/get-sth").json())
            if plain == again:
                break
        require(plain == note, "get-sth and checkpoint show different heads")
        require(plain.is_signed_by(self.key), "the signature of the head does not verify")
        self.report.count("heads", 2)
        for seen in self.memory.heads:
            with self.noting("head"):
                require(seen.size != plain.size or seen.root == plain.root, f"two roots for size {plain.size}: a fork")
                require(seen.size <= plain.size, f"the log had {seen.size} entries and now has {plain.size}")
                require(seen == plain or seen.timestamp < plain.timestamp, "the head's time did not advance")
        if plain not in self.memory.heads:
            self.memory.heads.append(plain)
        return plain

    # Entries

    def download(self, head: merkle.TreeHead, leaves: list[bytes], extras: list[bytes]) -> None:
        while len(leaves) < head.size:
            page = self.get("ct/v1/get-entries", start=len(leaves), end=head.size - 1).json()["entries"]
            require(page, f"there is no entry {len(leaves)} below the head's size {head.size}")
            require(len(page) <= head.size - len(leaves), "more entries than were asked for")
            for entry in page:
                leaves.append(decode(entry["leaf_input"]))
                extras.append(decode(entry["extra_data"]))

    def examine(self, head: merkle.TreeHead, leaves: list[bytes], extras: list[bytes]) -> None:
        """Each entry for itself: its place, its time, its certificate and chain; and that it is still the same."""
        before = 0
        for index, (leaf, extra) in enumerate(zip(leaves, extras)):
            with self.noting(f"entry {index}"):
                entry = Entry.parse(leaf)
                require(entry.index == index, f"says that it stands at {entry.index}")
                if index < len(self.memory.entries):
                    known, digest = self.memory.entries[index]
                    require(known == merkle.leaf_hash(leaf), "is another entry than it was")
                    require(digest == hashlib.sha256(extra).digest(), "has another extra_data than it had")
                require(before <= entry.timestamp <= head.timestamp, "its time does not fit between its neighbours")
                before = entry.timestamp
                if (leaf, extra) not in self.memory.sound:
                    self.verify_chain(entry, extra)
                    self.memory.sound.add((leaf, extra))
        self.report.count("entries", len(leaves))

    def verify_chain(self, entry: Entry, extra: bytes) -> None:
        reader = merkle.Reader(extra)
        submitted = entry.signed if entry.issuer_key_hash is None else reader.vector(3)
        inner = merkle.Reader(reader.vector(3))
        reader.end()
        chain = []
        while inner.at < len(inner.data):
            chain.append(inner.vector(3))
        require(chain and chain[-1] in self.roots, "its chain does not end in an accepted root")
        links = [x509.load_der_x509_certificate(link) for link in (submitted, *chain)]
        for link, issuer in itertools.pairwise(links):
            link.verify_directly_issued_by(issuer)
        if entry.issuer_key_hash is not None:
            stripped = der.Certificate.parse(submitted).tbs_without(POISON)
            require(stripped == entry.signed, "its precertificate is not the one that was logged")
            spki = links[1].public_key().public_bytes(keys.DER, keys.SPKI)
            require(hashlib.sha256(spki).digest() == entry.issuer_key_hash, "its issuer has another key")

    def compare_roots(self, head: merkle.TreeHead, hashes: list[bytes]) -> None:
        """The entries make the root of this head and of every other one that was seen (I5)."""
        for seen in self.memory.heads:
            with self.noting("root"):
                require(len(hashes) >= seen.size, f"there are no entries for the head of size {seen.size}")
                require(merkle.root_of(hashes[: seen.size]) == seen.root, f"the root of size {seen.size} differs")
                self.report.count("roots")
        for receipt in self.memory.receipts:
            with self.noting("receipt"):
                found = hashes[receipt.index] if receipt.index < len(hashes) else None
                require(found == merkle.leaf_hash(receipt.leaf), f"what was promised at {receipt.index} is not there")
                self.report.count("receipts")
        with self.noting("get-roots"):
            listed = [decode(text) for text in self.get("ct/v1/get-roots").json()["certificates"]]
            require(sorted(listed) == sorted(self.roots), "other roots are accepted than those known")

    # Tiles

    def compare_tiles(self, head: merkle.TreeHead, hashes: list[bytes]) -> None:
        """Every tile of every level, full and partial, and the beginnings of the last ones."""
        level, current = 0, hashes
        while current:
            for index, width in enumerate(widths(head.size, level)):
                for part in {width, max(1, width - 1)} if width < WIDTH else {width, 255, 1}:
                    with self.noting(f"tile {index} of level {level}"):
                        tile = self.get(tile_path(level, index, part)).content
                        wanted = b"".join(current[index * WIDTH : index * WIDTH + part])
                        require(tile == wanted, f"its first {part} hashes are not what the entries make")
                        self.report.count("tiles")
            full = len(current) // WIDTH * WIDTH
            current = [merkle.root_of(current[at : at + WIDTH]) for at in range(0, full, WIDTH)]
            level += 1

    def compare_records(self, head: merkle.TreeHead, leaves: list[bytes], extras: list[bytes]) -> None:
        """The data tiles say what get-entries says, and every issuer they name is there (I10)."""
        tiled = tiled_log.TiledLog(self.url, self.origin, self.key)
        for index, width in enumerate(widths(head.size, 0)):
            with self.noting(f"data tile {index}"):
                reader = merkle.Reader(self.get(tile_path("data", index, width)).content)
                for place in range(index * WIDTH, index * WIDTH + width):
                    record = TileLeaf.read(reader)
                    require(record.index == place, f"the record of entry {place} says {record.index}")
                    require(record.leaf == leaves[place], f"entry {place} differs from get-entries")
                    issuers = {name: tiled.issuer(name) for name in record.fingerprints}
                    require(record.extra_data(issuers) == extras[place], f"entry {place}: extra_data differs")
                    self.report.count("records")
                reader.end()

    # Proofs

    def compare_proofs(self, head: merkle.TreeHead, hashes: list[bytes]) -> None:
        """Every entry is in the head's tree; every head seen is the beginning of every later one."""
        chosen = random.Random(head.size)
        for index, leaf in enumerate(hashes):
            with self.noting(f"inclusion of entry {index}"):
                hashed = base64.b64encode(leaf).decode()
                proof = self.get("ct/v1/get-proof-by-hash", hash=hashed, tree_size=head.size).json()
                require(proof["leaf_index"] == index, f"is said to stand at {proof['leaf_index']}")
                path = [decode(step) for step in proof["audit_path"]]
                require(merkle.is_included(leaf, index, head.size, path, head.root), "the proof does not verify")
                self.report.count("inclusions")
        for index in chosen.sample(range(len(hashes)), min(20, len(hashes))):
            with self.noting(f"entry and proof of {index}"):
                both = self.get("ct/v1/get-entry-and-proof", leaf_index=index, tree_size=head.size).json()
                path = [decode(step) for step in both["audit_path"]]
                found = merkle.leaf_hash(decode(both["leaf_input"]))
                require(merkle.is_included(found, index, head.size, path, head.root), "the proof does not verify")
        by_size = {seen.size: seen.root for seen in self.memory.heads if seen.size <= head.size}
        sizes = sorted(by_size)
        pairs = set(itertools.pairwise(sizes)) | {(size, head.size) for size in sizes}
        if len(sizes) <= ALL_PAIRS:
            pairs = set(itertools.combinations(sizes, 2))
        for first, second in sorted(pairs):
            with self.noting(f"consistency of {first} and {second}"):
                answer = self.get("ct/v1/get-sth-consistency", first=first, second=second).json()
                path = [decode(step) for step in answer["consistency"]]
                fits = merkle.is_consistent(first, second, path, by_size[first], by_size[second])
                require(fits, "the proof does not verify: a fork")
                self.report.count("consistencies")

    # History

    def compare_history(self, hashes: list[bytes]) -> None:
        """Where the operator also hands out the checkpoints that were kept: each is one of this tree."""
        answer = self.session.get(f"{self.url}/history", timeout=60)
        if answer.status_code == 404:
            return
        for number, text in enumerate(answer.json()):
            with self.noting(f"kept checkpoint {number}"):
                kept = merkle.TreeHead.from_checkpoint(decode(text), self.origin, self.key.log_id)
                require(kept.is_signed_by(self.key), "its signature does not verify")
                require(kept.size <= len(hashes), f"is of size {kept.size}, which the log does not have")
                require(merkle.root_of(hashes[: kept.size]) == kept.root, f"the root of size {kept.size} differs")
                self.report.count("kept checkpoints")

    def remember(self, hashes: list[bytes], extras: list[bytes]) -> None:
        digests = [hashlib.sha256(extra).digest() for extra in extras]
        known = len(self.memory.entries)
        self.memory.entries += list(zip(hashes, digests))[known:]

