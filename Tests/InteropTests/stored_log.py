"""A stored log as a thief or a bad disk finds it: its rows, changed at will, and an honest server of dishonest rows."""

import base64
import contextlib
import hashlib
import http.server
import json
import pathlib
import sqlite3
import threading
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import keys
import merkle
from issuer import Server, respond
from ports import free_port
from tiled_log import WIDTH, TileLeaf

GUARD_RECORD = 4096


def range_root(leaves: list[bytes], low: int, high: int, kept: dict) -> bytes:
    """The Merkle tree hash of leaves low ..< high (RFC 6962 §2.1), with what was computed before."""
    if high - low == 1:
        return leaves[low]
    if (low, high) not in kept:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        kept[low, high] = merkle.node_hash(
            range_root(leaves, low, middle, kept), range_root(leaves, middle, high, kept)
        )
    return kept[low, high]


def inclusion(leaves: list[bytes], index: int, kept: dict) -> list[bytes]:
    low, high, path = 0, len(leaves), []
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if index < middle:
            path.append(range_root(leaves, middle, high, kept))
            high = middle
        else:
            path.append(range_root(leaves, low, middle, kept))
            low = middle
    return path[::-1]


def consistency(leaves: list[bytes], first: int, kept: dict) -> list[bytes]:
    low, high, path = 0, len(leaves), []
    if first in (0, high):
        return []
    while first != high:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if first <= middle:
            path.append(range_root(leaves, middle, high, kept))
            high = middle
        else:
            path.append(range_root(leaves, low, middle, kept))
            low = middle
    if low > 0:
        path.append(range_root(leaves, low, high, kept))
    return path[::-1]


class StoredLog:
    """The database of a log that no server has open, with its private key."""

    def __init__(self, path: pathlib.Path, origin: str, key: bytes, passphrase: bytes):
        self.path, self.origin = path, origin
        self.key = serialization.load_pem_private_key(key, passphrase)
        spki = self.key.public_key().public_bytes(keys.DER, keys.SPKI)
        self.log_id = hashlib.sha256(spki).digest()
        self.rows = sqlite3.connect(path, check_same_thread=False)

    def close(self) -> None:
        self.rows.commit()
        self.rows.close()

    def __enter__(self) -> "StoredLog":
        return self

    def __exit__(self, *_):
        self.close()

    def one(self, sql: str, *values):
        row = self.rows.execute(sql, values).fetchone()
        return row[0] if row and len(row) == 1 else row

    def all(self, sql: str, *values) -> list:
        rows = self.rows.execute(sql, values).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def set(self, sql: str, *values) -> None:
        changed = self.rows.execute(sql, values).rowcount
        assert changed == 1, (sql, changed)

    @property
    def size(self) -> int:
        return self.one("SELECT tree_size FROM head")

    def leaf(self, index: int) -> bytes:
        return self.one("SELECT leaf FROM entry WHERE idx = ?", index)

    # Changes

    def note(self, size: int, timestamp: int, root: bytes) -> bytes:
        """A checkpoint as only the owner of the key can make it (static-ct-api, "Checkpoints")."""
        message = b"\0\1" + timestamp.to_bytes(8, "big") + size.to_bytes(8, "big") + root
        signature = self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        key_id = hashlib.sha256(self.origin.encode() + b"\n\x05" + self.log_id).digest()[:4]
        signed = b"\4\3" + len(signature).to_bytes(2, "big") + signature
        line = base64.b64encode(key_id + timestamp.to_bytes(8, "big") + signed).decode()
        text = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n\n\u2014 {self.origin} {line}\n"
        return text.encode()

    def sign_head(self, size: int, root: bytes, peaks: bytes | None = None, later: int = 1000) -> None:
        """Another head with a good signature, and its row in the history."""
        timestamp = self.one("SELECT timestamp FROM head") + later
        note = self.note(size, timestamp, root)
        self.set("UPDATE head SET tree_size = ?, root = ?, timestamp = ?, note = ?", size, root, timestamp, note)
        if peaks is not None:
            self.set("UPDATE head SET peaks = ?", peaks)
        self.set(
            "INSERT INTO checkpoint VALUES (?1, ?2, ?3, ?2, ?3) ON CONFLICT (tree_size) DO UPDATE SET "
            "note = excluded.note, timestamp = excluded.timestamp, latest_note = excluded.note, "
            "latest_timestamp = excluded.timestamp",
            size, timestamp, note,
        )  # fmt: skip

    def replace(self, index: int, leaf: bytes, kept: bool = False) -> None:
        """Other bytes for an entry; with `kept` its hash stays what it was."""
        self.set("UPDATE entry SET leaf = ? WHERE idx = ?", leaf, index)
        if not kept:
            hashed = merkle.leaf_hash(TileLeaf.read(merkle.Reader(leaf)).leaf)
            self.set("UPDATE entry SET leaf_hash = ? WHERE idx = ?", hashed, index)
            prefix = int.from_bytes(hashed[:8], "big", signed=True)
            self.set("UPDATE leafidx SET prefix = ? WHERE idx = ?", prefix, index)

    def rebuild(self) -> None:
        """Makes tiles, peaks, history and head of the leaf hashes, all signed: a history that fits together."""
        leaves, size = self.all("SELECT leaf_hash FROM entry ORDER BY idx"), self.size
        level, current = 0, leaves
        while current:
            for index in range(-(-len(current) // WIDTH)):
                tile = b"".join(current[index * WIDTH : (index + 1) * WIDTH])
                if level > 0 or len(tile) == 32 * WIDTH:
                    self.set("UPDATE tile SET bytes = ? WHERE level = ? AND n = ?", tile, level, index)
            full = len(current) // WIDTH * WIDTH
            current = [merkle.root_of(current[at : at + WIDTH]) for at in range(0, full, WIDTH)]
            level += 1
        for kept, first, latest in self.all("SELECT tree_size, timestamp, latest_timestamp FROM checkpoint"):
            root = merkle.root_of(leaves[:kept])
            notes = (self.note(kept, first, root), self.note(kept, latest, root))
            self.set("UPDATE checkpoint SET note = ?, latest_note = ? WHERE tree_size = ?", *notes, kept)
        peaks, low, done = b"", 0, {}
        for bit in reversed(range(size.bit_length())):
            if size >> bit & 1:
                peaks += range_root(leaves, low, low + (1 << bit), done)
                low += 1 << bit
        self.sign_head(size, merkle.root_of(leaves), peaks)

    def rewrite_guard(self) -> None:
        """Makes the guard file say that the newest head is what it always saw."""
        note = bytes(self.one("SELECT note FROM head"))
        path = self.path.with_name(self.path.name + "-guard")
        records = b""
        for sequence in (1000, 1001):
            body = f"sequence {sequence}\nstate serving\nreason \n\n".encode() + note
            head = f"mintmark log guard 1 {hashlib.sha256(body).hexdigest()} {len(body)}\n".encode()
            records += (head + body).ljust(GUARD_RECORD - 1) + b"\n"
        path.write_bytes(records)

    # What it would answer

    def level_hashes(self, level: int, index: int) -> list[bytes]:
        tile = self.one("SELECT bytes FROM tile WHERE level = ? AND n = ?", level, index)
        if tile is None:
            low = index * WIDTH
            return self.all("SELECT leaf_hash FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", low, low + WIDTH)
        return [tile[at : at + 32] for at in range(0, len(tile), 32)]

    def leaves(self) -> list[bytes]:
        """The leaf hashes as the tiles have them, up to the head."""
        count = -(-self.size // WIDTH)
        return [leaf for index in range(count) for leaf in self.level_hashes(0, index)][: self.size]

    def extra(self, leaf: bytes) -> dict:
        record = TileLeaf.read(merkle.Reader(leaf))
        issuers = {name: self.one("SELECT der FROM issuer WHERE fp = ?", name) for name in record.fingerprints}
        parts = {"leaf_input": record.leaf, "extra_data": record.extra_data(issuers)}
        return {name: base64.b64encode(part).decode() for name, part in parts.items()}


class RowServer:
    """Both APIs of a log straight from its rows, with no check of anything."""

    def __init__(self, stored: StoredLog):
        self.stored, self.lock, self.trees = stored, threading.Lock(), {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def tree(self, size: int) -> tuple[list[bytes], dict]:
        if size not in self.trees:
            self.trees[size] = (self.stored.leaves()[:size], {})
        return self.trees[size]

    def get_sth(self, query) -> dict:
        size, timestamp, root = self.stored.one("SELECT tree_size, timestamp, root FROM head")
        note = bytes(self.stored.one("SELECT note FROM head"))
        head = merkle.TreeHead.from_checkpoint(note, self.stored.origin, self.stored.log_id)
        encoded = [base64.b64encode(part).decode() for part in (root, head.signature)]
        return {"tree_size": size, "timestamp": timestamp, "sha256_root_hash": encoded[0],
                "tree_head_signature": encoded[1]}  # fmt: skip

    def get_entries(self, query) -> dict:
        low, high = int(query["start"]), min(int(query["end"]) + 1, self.stored.size)
        rows = self.stored.all("SELECT leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", low, high)
        return {"entries": [self.stored.extra(leaf) for leaf in rows]}

    def get_proof_by_hash(self, query) -> dict:
        wanted = base64.b64decode(query["hash"], validate=True)
        index = self.stored.one("SELECT idx FROM entry WHERE leaf_hash = ?", wanted)
        return {"leaf_index": index, "audit_path": self.path(index, int(query["tree_size"]))}

    def get_entry_and_proof(self, query) -> dict:
        index = int(query["leaf_index"])
        path = self.path(index, int(query["tree_size"]))
        return {**self.stored.extra(self.stored.leaf(index)), "audit_path": path}

    def path(self, index: int, size: int) -> list[str]:
        leaves, kept = self.tree(size)
        return [base64.b64encode(step).decode() for step in inclusion(leaves, index, kept)]

    def get_sth_consistency(self, query) -> dict:
        leaves, kept = self.tree(int(query["second"]))
        steps = consistency(leaves, int(query["first"]), kept)
        return {"consistency": [base64.b64encode(step).decode() for step in steps]}

    def get_roots(self, query) -> dict:
        ders = self.stored.all("SELECT der FROM root WHERE removed IS NULL")
        return {"certificates": [base64.b64encode(der).decode() for der in ders]}

    def tile(self, parts: list[str]) -> bytes:
        level, *groups = parts
        width = int(groups.pop()) if groups[-2:-1] and groups[-2].endswith(".p") else WIDTH
        index = int("".join(group.removesuffix(".p").lstrip("x") for group in groups))
        if level != "data":
            return b"".join(self.stored.level_hashes(int(level), index)[:width])
        sql = "SELECT leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx"
        return b"".join(self.stored.all(sql, index * WIDTH, index * WIDTH + width))

    def answer(self, target: str) -> tuple[bytes, str]:
        parts = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(parts.query))
        names = parts.path.strip("/").split("/")
        octets, text = "application/octet-stream", "text/plain; charset=utf-8"
        match names:
            case ["checkpoint"]:
                return bytes(self.stored.one("SELECT note FROM head")), text
            case ["history"]:
                notes = [note for pair in self.stored.all("SELECT note, latest_note FROM checkpoint") for note in pair]
                return json.dumps([base64.b64encode(note).decode() for note in notes]).encode(), "application/json"
            case ["tile", *rest]:
                return self.tile(rest), octets
            case ["issuer", name]:
                return self.stored.one("SELECT der FROM issuer WHERE fp = ?", bytes.fromhex(name)), "application/pkix-cert"
            case ["ct", "v1", name]:
                method = getattr(self, name.replace("-", "_"))
                return json.dumps(method(query)).encode(), "application/json"
        raise LookupError(target)

    def __enter__(self) -> "RowServer":
        rows = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one segment for an answer: no waiting for acknowledgements

            def do_GET(self):
                try:
                    with rows.lock:
                        body, kind = rows.answer(self.path)
                except Exception as error:  # noqa: BLE001 - whatever the damage does is the answer
                    return respond(self, repr(error).encode(), 500, "text/plain")
                respond(self, body, 200, kind)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.server.shutdown()
            self.server.server_close()
