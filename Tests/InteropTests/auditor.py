"""An auditor of one log: downloads, recomputes, remembers every head it saw, and believes nothing."""

import base64
import hashlib

import requests
from cryptography import x509

import der
import keys
import merkle
from client import POISON, Issued


class Auditor:
    """Sees only the public endpoints, the log's public key and the root certificate."""

    def __init__(self, house):
        self.url, self.origin = house.log_url, house.origin
        self.key = merkle.LogKey(house.log_public_key)
        self.root_der = x509.load_pem_x509_certificate(house.read("ca/root.pem")).public_bytes(keys.DER)
        self.heads: list[merkle.TreeHead] = []
        self.checked: set[tuple[bytes, bytes]] = set()  # entries whose signatures were verified before
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, status: int = 200, **query) -> requests.Response:
        answer = self.session.get(f"{self.url}/{path}", params=query, timeout=60)
        assert answer.status_code == status, (path, query, answer.status_code, answer.text[:200])
        return answer

    def head(self) -> merkle.TreeHead:
        return self.remember(merkle.TreeHead.from_json(self.get("ct/v1/get-sth").json()))

    def checkpoint(self) -> merkle.TreeHead:
        note = self.get("checkpoint").content
        return self.remember(merkle.TreeHead.from_checkpoint(note, self.origin, self.key.log_id))

    def remember(self, head: merkle.TreeHead) -> merkle.TreeHead:
        """Checks the signature and that heads never go back: equal, or a later time and no smaller size (I2)."""
        assert head.is_signed_by(self.key)
        if self.heads and head != self.heads[-1]:
            last = self.heads[-1]
            assert head.timestamp > last.timestamp and head.size >= last.size, (last, head)
            assert head.size > last.size or head.root == last.root
        if not self.heads or head != self.heads[-1]:
            self.heads.append(head)
        return head

    def entries(self, size: int, start: int = 0) -> list[dict]:
        """Entries start ..< size, over as many pages as the log wants; each page must bring something."""
        found = []
        while start + len(found) < size:
            page = self.get("ct/v1/get-entries", start=start + len(found), end=size - 1).json()["entries"]
            assert page and len(found) + len(page) <= size - start
            found += page
        return found

    def recompute(self, head: merkle.TreeHead) -> list[bytes]:
        """Downloads the whole tree, checks each entry, and the root of this head and of every earlier one (I5)."""
        leaves = []
        for index, entry in enumerate(self.entries(head.size)):
            leaf_input, extra = (base64.b64decode(entry[name], validate=True) for name in ("leaf_input", "extra_data"))
            leaf = merkle.Leaf.parse(leaf_input)
            assert merkle.leaf_index(leaf.extensions) == index and leaf.timestamp <= head.timestamp
            leaves.append(merkle.leaf_hash(leaf_input))
            if (leaves[-1], extra) not in self.checked:
                self.check_precertificate(leaf, *merkle.precertificate_chain(extra))
                self.checked.add((leaves[-1], extra))
        assert merkle.root_of(leaves) == head.root
        for earlier in self.heads:
            if earlier.size <= head.size:
                assert merkle.root_of(leaves[: earlier.size]) == earlier.root, "the tree is not append-only"
        return leaves

    def check_precertificate(self, leaf: merkle.Leaf, precertificate: bytes, chain: list[bytes]) -> None:
        """The logged precertificate carries the leaf's bytes plus poison, and chains to the accepted root."""
        assert der.Certificate.parse(precertificate).tbs_without(POISON) == leaf.tbs
        assert chain[-1] == self.root_der
        links = [x509.load_der_x509_certificate(link) for link in (precertificate, *chain)]
        for link, issuer in zip(links, links[1:]):
            link.verify_directly_issued_by(issuer)
        spki = links[1].public_key().public_bytes(keys.DER, keys.SPKI)
        assert leaf.issuer_key_hash == hashlib.sha256(spki).digest()

    def check_issued(self, issued: Issued, head: merkle.TreeHead | None = None) -> None:
        """The certificate's SCT verifies and its entry is in the tree at the index that the SCT names."""
        sct, leaf = issued.sct, issued.log_entry
        assert sct.log_id == self.key.log_id and self.key.verifies_sct(sct, leaf)
        head = head or self.head()
        assert issued.index < head.size and sct.timestamp <= head.timestamp
        hashed = merkle.leaf_hash(leaf.encode())
        proof = self.get("ct/v1/get-proof-by-hash", hash=base64.b64encode(hashed).decode(), tree_size=head.size).json()
        assert proof["leaf_index"] == issued.index
        path = [base64.b64decode(step, validate=True) for step in proof["audit_path"]]
        assert merkle.is_included(hashed, issued.index, head.size, path, head.root)
