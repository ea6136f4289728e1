"""RFC 6962 as an auditor reads it: hashes, proofs, leaves, tree heads and checkpoints, from the RFC's text only."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes (§2.1)."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    # Pairing from the left and carrying the odd last node up is the same tree as the RFC's split at a power of two.
    while len(level) > 1:
        carried = level[-1:] if len(level) % 2 else []
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)] + carried
    return level[0]


def is_included(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Whether `path` leads from the leaf hash at `index` to `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, current = index, size - 1, leaf
    for step in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            current = node_hash(step, current)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = node_hash(current, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and current == root


def is_consistent(first: int, second: int, path: list[bytes], old: bytes, new: bytes) -> bool:
    """Whether `path` leads from the tree of `first` leaves to that of `second` (RFC 9162 §2.1.4.2)."""
    if first == second or first == 0:
        return not path and (old == new if first == second else old == EMPTY_ROOT)
    path = [old, *path] if first & (first - 1) == 0 else list(path)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for step in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(step, fr), node_hash(step, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old and sr == new


class Reader:
    """Reads the TLS presentation language."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise ValueError("truncated structure")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, octets: int) -> int:
        return int.from_bytes(self.take(octets), "big")

    def vector(self, octets: int) -> bytes:
        return self.take(self.number(octets))

    def end(self) -> None:
        if self.at != len(self.data):
            raise ValueError("trailing bytes in structure")


@dataclass(frozen=True)
class Leaf:
    """A MerkleTreeLeaf of a precertificate (RFC 6962 §3.4)."""

    timestamp: int
    issuer_key_hash: bytes
    tbs: bytes
    extensions: bytes

    @classmethod
    def parse(cls, data: bytes) -> "Leaf":
        reader = Reader(data)
        if reader.number(1) != 0 or reader.number(1) != 0:
            raise ValueError("unknown leaf version or type")
        timestamp, kind = reader.number(8), reader.number(2)
        if kind != 1:
            raise ValueError("not a precertificate entry")
        leaf = cls(timestamp, reader.take(32), reader.vector(3), reader.vector(2))
        reader.end()
        return leaf

    def encode(self) -> bytes:
        return (
            b"\0\0"
            + self.timestamp.to_bytes(8, "big")
            + b"\0\1"
            + self.issuer_key_hash
            + len(self.tbs).to_bytes(3, "big")
            + self.tbs
            + len(self.extensions).to_bytes(2, "big")
            + self.extensions
        )


def leaf_index(extensions: bytes) -> int:
    """The index in the static-ct `leaf_index` extension, which must be the only one."""
    reader = Reader(extensions)
    if reader.number(1) != 0:
        raise ValueError("unknown extension type")
    value = reader.vector(2)
    reader.end()
    if len(value) != 5:
        raise ValueError("leaf_index has five octets")
    return int.from_bytes(value, "big")


def precertificate_chain(extra_data: bytes) -> tuple[bytes, list[bytes]]:
    """The precertificate and its chain from `extra_data` (RFC 6962 §3.1, PrecertChainEntry)."""
    reader = Reader(extra_data)
    precertificate, inner = reader.vector(3), Reader(reader.vector(3))
    reader.end()
    chain = []
    while inner.at < len(inner.data):
        chain.append(inner.vector(3))
    return precertificate, chain


@dataclass(frozen=True)
class SCT:
    """A SignedCertificateTimestamp (RFC 6962 §3.2)."""

    version: int
    log_id: bytes
    timestamp: int
    extensions: bytes
    algorithm: bytes
    signature: bytes

    @classmethod
    def parse(cls, data: bytes) -> "SCT":
        reader = Reader(data)
        sct = cls(
            reader.number(1), reader.take(32), reader.number(8), reader.vector(2), reader.take(2), reader.vector(2)
        )
        reader.end()
        return sct

    @classmethod
    def only_one_in(cls, sct_list: bytes) -> "SCT":
        """The single SCT of a list as it stands inside the inner OCTET STRING."""
        outer = Reader(sct_list)
        inner = Reader(outer.vector(2))
        outer.end()
        sct = cls.parse(inner.vector(2))
        inner.end()
        return sct


class LogKey:
    """The log's public key as verifiers use it."""

    def __init__(self, public_pem: bytes):
        self.key = serialization.load_pem_public_key(public_pem)
        der, info = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        self.spki = self.key.public_bytes(der, info)
        self.log_id = hashlib.sha256(self.spki).digest()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            self.key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def verifies_sct(self, sct: SCT, leaf: Leaf) -> bool:
        return sct.version == 0 and sct.algorithm == b"\4\3" and self.verifies(sct.signature, leaf.encode())


@dataclass(frozen=True)
class TreeHead:
    """A signed tree head, from get-sth or from a checkpoint."""

    size: int
    timestamp: int
    root: bytes
    signature: bytes  # digitally-signed, with its algorithm octets

    @classmethod
    def from_json(cls, body: dict) -> "TreeHead":
        assert type(body["tree_size"]) is int and type(body["timestamp"]) is int
        names = ("sha256_root_hash", "tree_head_signature")
        root, signature = (base64.b64decode(body[name], validate=True) for name in names)
        return cls(body["tree_size"], body["timestamp"], root, signature)

    @classmethod
    def from_checkpoint(cls, note: bytes, origin: str, log_id: bytes) -> "TreeHead":
        """Reads a C2SP checkpoint with one RFC 6962 signature line of ours (static-ct-api, "Checkpoints")."""
        text, _, signatures = note.decode().rpartition("\n\n")
        first, size, root = text.split("\n")
        assert first == origin and size == str(int(size)) and len(root) == 44
        key_id = hashlib.sha256(origin.encode() + b"\n\x05" + log_id).digest()[:4]
        assert signatures.endswith("\n")
        for line in signatures[:-1].split("\n"):
            dash, name, encoded = line.split(" ")
            blob = base64.b64decode(encoded, validate=True)
            if (dash, name, blob[:4]) == ("\u2014", origin, key_id):
                timestamp = int.from_bytes(blob[4:12], "big")
                return cls(int(size), timestamp, base64.b64decode(root, validate=True), blob[12:])
        raise AssertionError("no signature line of the log")

    def is_signed_by(self, key: LogKey) -> bool:
        reader = Reader(self.signature)
        algorithm, signature = reader.take(2), reader.vector(2)
        reader.end()
        message = b"\0\1" + self.timestamp.to_bytes(8, "big") + self.size.to_bytes(8, "big") + self.root
        return algorithm == b"\4\3" and key.verifies(signature, message)
