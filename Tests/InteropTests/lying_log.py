"""Logs that lie: a proxy in front of an honest one that changes what it likes, and a log made of nothing but answers."""

import base64
import hashlib
import http.server
import json
import threading
import time
import urllib.parse

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

import keys
import merkle
import tiled_log
from issuer import Server, respond
from ports import free_port


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


class Answer:
    """What goes back to the client."""

    def __init__(self, body: bytes, status: int = 200, **headers):
        self.body, self.status, self.headers = body, status, headers


class Served:
    """Answers GETs on a port of its own: `answer(path)` is given the path and query below the base."""

    def __init__(self, base: str = ""):
        self.port, self.base = free_port(), base
        self.url = f"http://127.0.0.1:{self.port}{base}"
        self.asked: list[str] = []

    def answer(self, path: str) -> Answer:
        raise NotImplementedError

    def __enter__(self):
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = self.path.removeprefix(served.base + "/")
                served.asked.append(path)
                answer = served.answer(path)
                respond(self, answer.body, answer.status, "application/octet-stream", **answer.headers)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Proxy(Served):
    """Hands on what an honest log says; `lies` maps the beginning of a path to what becomes of the body."""

    def __init__(self, url: str):
        super().__init__("/somewhere")
        self.target, self.lies, self.local = url, {}, threading.local()

    def fetch(self, path: str) -> requests.Response:
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
            self.local.session.trust_env = False
        return self.local.session.get(f"{self.target}/{path}", timeout=60)

    def answer(self, path: str) -> Answer:
        honest = self.fetch(path)
        for start, lie in self.lies.items():
            if path.startswith(start):
                made = lie(honest.content)
                return made if isinstance(made, Answer) else Answer(made, honest.status_code)
        return Answer(honest.content, honest.status_code)


class Forger:
    """Signs heads with the log's own key, as whoever stole it could."""

    def __init__(self, house, passphrase: bytes = b"correct horse"):
        sealed = house.read(f"log/{house.shard}/key.pem")
        self.key = serialization.load_pem_private_key(sealed, passphrase)
        self.origin = house.origin

    def head(self, size: int, root: bytes, timestamp: int) -> dict[str, bytes]:
        """The body of get-sth and of the checkpoint."""
        return signed_head(self.key, self.origin, size, root, timestamp)


def digitally_signed(key, message: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        kind, signature = 1, key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    else:
        kind, signature = 3, key.sign(message, ec.ECDSA(hashes.SHA256()))
    return bytes([4, kind]) + len(signature).to_bytes(2, "big") + signature


def signed_head(key, origin: str, size: int, root: bytes, timestamp: int) -> dict[str, bytes]:
    signed = digitally_signed(key, b"\0\1" + timestamp.to_bytes(8, "big") + size.to_bytes(8, "big") + root)
    sth = {"tree_size": size, "timestamp": timestamp, "sha256_root_hash": text64(root),
           "tree_head_signature": text64(signed)}  # fmt: skip
    spki = key.public_key().public_bytes(keys.DER, keys.SPKI)
    name = origin.encode() + b"\n\x05" + hashlib.sha256(spki).digest()
    line = text64(hashlib.sha256(name).digest()[:4] + timestamp.to_bytes(8, "big") + signed)
    note = f"{origin}\n{size}\n{text64(root)}\n\n\u2014 {origin} {line}\n"
    return {"ct/v1/get-sth": json.dumps(sth).encode(), "checkpoint": note.encode()}


class PlainLog(Served):
    """A log of RFC 6962 alone, made of leaves that anybody gave it, without any leaf index."""

    def __init__(self, key, entries: list[tuple[bytes, bytes]], page: int = 100):
        super().__init__("/ct")
        self.key, self.entries, self.page = key, entries, page

    def answer(self, path: str) -> Answer:
        name, _, query = path.partition("?")
        query = {name: int(value[0]) for name, value in urllib.parse.parse_qs(query).items()}
        leaves = [merkle.leaf_hash(leaf) for leaf, _ in self.entries]
        if name == "ct/v1/get-sth":
            head = signed_head(self.key, "plain", len(leaves), merkle.root_of(leaves), int(time.time() * 1000))
            return Answer(head[name])
        if name == "ct/v1/get-entries":
            chosen = self.entries[query["start"] : min(query["end"] + 1, query["start"] + self.page)]
            entries = [{"leaf_input": text64(leaf), "extra_data": text64(extra)} for leaf, extra in chosen]
            return Answer(json.dumps({"entries": entries}).encode())
        if name == "ct/v1/get-sth-consistency":
            path = consistency(leaves[: query["second"]], query["first"])
            return Answer(json.dumps({"consistency": [text64(step) for step in path]}).encode())
        return Answer(b"not here", 404)


def consistency(leaves: list[bytes], first: int, is_whole: bool = True) -> list[bytes]:
    """The proof from the tree of the `first` leaves to that of all of them (RFC 6962 §2.1.2)."""
    if first == len(leaves):
        return [] if is_whole else [merkle.root_of(leaves)]
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    if first <= middle:
        return consistency(leaves[:middle], first, is_whole) + [merkle.root_of(leaves[middle:])]
    return consistency(leaves[middle:], first - middle, False) + [merkle.root_of(leaves[:middle])]


def records(data: bytes) -> list[bytes]:
    """The records of a data tile, each as it stands."""
    reader, found = merkle.Reader(data), []
    while reader.at < len(data):
        start = reader.at
        tiled_log.TileLeaf.read(reader)
        found.append(data[start : reader.at])
    return found
