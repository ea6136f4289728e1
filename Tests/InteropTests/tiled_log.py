"""A client of the static CT API, from its text alone: sees a log through checkpoint, tiles and issuers."""

import gzip
import hashlib
import http.client
import urllib.parse
from dataclasses import dataclass

import requests

import merkle

WIDTH = 256


def tile_path(level, index: int, width: int = WIDTH) -> str:
    """`tile/<L>/<N>[.p/<W>]`: groups of three digits, all but the last with an x."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < WIDTH else "")


def widths(size: int, level: int) -> list[int]:
    """The widths of the tiles of a level, in order, the partial one last."""
    hashes = size // WIDTH**level
    return [WIDTH] * (hashes // WIDTH) + ([hashes % WIDTH] if hashes % WIDTH else [])


@dataclass(frozen=True)
class TileLeaf:
    """One record of a data tile."""

    leaf: bytes  # the MerkleTreeLeaf
    precertificate: bytes | None
    fingerprints: list[bytes]
    timestamp: int
    index: int

    @classmethod
    def read(cls, reader: merkle.Reader) -> "TileLeaf":
        start = reader.at
        timestamp, kind = reader.number(8), reader.number(2)
        if kind == 1:
            reader.take(32)
        elif kind != 0:
            raise ValueError("unknown entry type")
        reader.vector(3)
        extensions = reader.vector(2)
        leaf = b"\0\0" + reader.data[start : reader.at]
        precertificate = reader.vector(3) if kind == 1 else None
        chain = reader.vector(2)
        if len(chain) % 32 or not chain:
            raise ValueError("fingerprints of 32 octets each")
        fingerprints = [chain[at : at + 32] for at in range(0, len(chain), 32)]
        return cls(leaf, precertificate, fingerprints, timestamp, merkle.leaf_index(extensions))

    def extra_data(self, issuers: dict[bytes, bytes]) -> bytes:
        """What get-entries must give beside the leaf."""
        chain = b"".join(len(der).to_bytes(3, "big") + der for der in map(issuers.__getitem__, self.fingerprints))
        front = b"" if self.precertificate is None else self.precertificate
        head = b"" if self.precertificate is None else len(front).to_bytes(3, "big") + front
        return head + len(chain).to_bytes(3, "big") + chain


class TiledLog:
    """One log's monitoring prefix."""

    def __init__(self, url: str, origin: str, key: merkle.LogKey):
        self.url, self.origin, self.key = url, origin, key
        self.session = requests.Session()
        self.session.trust_env = False
        self.issuers: dict[bytes, bytes] = {}

    def get(self, path: str, status: int = 200, headers: dict | None = None) -> requests.Response:
        answer = self.session.get(f"{self.url}/{path}", headers=headers, timeout=60)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:200])
        return answer

    def head(self) -> merkle.TreeHead:
        head = merkle.TreeHead.from_checkpoint(self.get("checkpoint").content, self.origin, self.key.log_id)
        assert head.is_signed_by(self.key)
        return head

    def hashes(self, level: int, size: int) -> list[bytes]:
        """All the hashes of a level in a tree, tile by tile."""
        found = []
        for index, width in enumerate(widths(size, level)):
            tile = self.get(tile_path(level, index, width)).content
            assert len(tile) == 32 * width
            found += [tile[at : at + 32] for at in range(0, len(tile), 32)]
        return found

    def root(self, size: int) -> bytes:
        """The root of a tree, after each level was computed from the one below it."""
        level, hashes = 0, self.hashes(0, size)
        leaves = hashes
        while size >= WIDTH ** (level + 1):
            full = len(hashes) // WIDTH * WIDTH
            computed = [merkle.root_of(hashes[at : at + WIDTH]) for at in range(0, full, WIDTH)]
            level += 1
            hashes = self.hashes(level, size)
            assert hashes == computed, f"level {level} does not follow from the level below"
        return merkle.root_of(leaves)

    def records(self, size: int, start: int = 0) -> list[TileLeaf]:
        """The entries from the tile of `start` on, each checked against its hash tile."""
        found = []
        for index, width in enumerate(widths(size, 0)):
            if (index + 1) * WIDTH <= start:
                continue
            reader = merkle.Reader(self.get(tile_path("data", index, width)).content)
            records = [TileLeaf.read(reader) for _ in range(width)]
            reader.end()
            hashes = self.get(tile_path(0, index, width)).content
            for place, record in enumerate(records):
                assert record.index == index * WIDTH + place
                assert merkle.leaf_hash(record.leaf) == hashes[32 * place : 32 * place + 32]
            found += records
        return found

    def issuer(self, fingerprint: bytes) -> bytes:
        if fingerprint not in self.issuers:
            answer = self.get(f"issuer/{fingerprint.hex()}")
            assert answer.headers["Content-Type"] == "application/pkix-cert"
            assert hashlib.sha256(answer.content).digest() == fingerprint
            self.issuers[fingerprint] = answer.content
        return self.issuers[fingerprint]

    def raw(self, path: str, accept: str | None) -> "Wire":
        """An answer whose body is as it came; without any Accept-Encoding field when that is None."""
        parts = urllib.parse.urlsplit(f"{self.url}/{path}")
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        try:
            connection.putrequest("GET", parts.path, skip_accept_encoding=True)
            if accept is not None:
                connection.putheader("Accept-Encoding", accept)
            connection.endheaders()
            answer = connection.getresponse()
            return Wire(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()


@dataclass(frozen=True)
class Wire:
    """An answer with its body as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_gzip(self) -> bool:
        return self.headers.get("content-encoding", self.headers.get("Content-Encoding")) == "gzip"

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.body) if self.is_gzip else self.body
