"""A certificate log on loopback that signs real timestamps with a key of its own, and can misbehave in every way.

It keeps no tree: it remembers what was posted, for the tests to look at.
"""

import base64
import collections
import http.server
import json
import socket
import ssl
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

import der
import keys
import merkle
from client import POISON, text64
from issuer import Server, respond
from ports import free_port

PRECERTIFICATE, CERTIFICATE = "add-pre-chain", "add-chain"


def issuer_key_hash(issuer: bytes) -> bytes:
    return hashes_of(der.Certificate.parse(issuer).spki)


def hashes_of(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()


def certificate_leaf(certificate: bytes, timestamp: int, extensions: bytes) -> bytes:
    """The leaf of a certificate that was logged as it is (RFC 6962 §3.4)."""
    head = b"\0\0" + timestamp.to_bytes(8, "big") + b"\0\0" + len(certificate).to_bytes(3, "big")
    return head + certificate + len(extensions).to_bytes(2, "big") + extensions


class Submission:
    """One request, as it came, and the timestamp that is due for it."""

    def __init__(self, log: "CTLog", path: str, headers, body: bytes):
        self.path, self.headers, self.body, self.time = path, headers, body, time.monotonic()
        self.log, self.kind = log, path.rsplit("/", 1)[-1]
        self.chain = [base64.b64decode(item, validate=True) for item in json.loads(body)["chain"]]

    def leaf(self, timestamp: int, extensions: bytes) -> bytes:
        if self.kind == CERTIFICATE:
            return certificate_leaf(self.chain[0], timestamp, extensions)
        tbs = der.Certificate.parse(self.chain[0]).tbs_without(POISON)
        return merkle.Leaf(timestamp, issuer_key_hash(self.chain[1]), tbs, extensions).encode()

    def answer(self, **changes) -> dict:
        """The members of a good answer; `timestamp` and `extensions` may be other ones, and are signed too."""
        timestamp = changes.pop("timestamp", int(time.time() * 1000))
        extensions = changes.pop("extensions", self.log.extensions)
        signature = self.log.sign(self.leaf(timestamp, extensions))
        good = {"sct_version": 0, "id": text64(self.log.id), "timestamp": timestamp,
                "extensions": text64(extensions), "signature": text64(signature)}  # fmt: skip
        return {name: value for name, value in {**good, **changes}.items() if value is not None}


class CTLog:
    """One log. `script` holds what to do with the next submissions; when it is empty, they get good answers."""

    def __init__(self, key=None, base: str = "", tls: ssl.SSLContext | None = None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.port, self.base, self.tls = free_port(), base, tls
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}{base}"
        # A static-ct log says where the entry stands: leaf_index(0), 5 octets.
        self.extensions = bytes.fromhex("0000050000000007")
        self.submissions: list[Submission] = []
        self.script = collections.deque()
        self.released = threading.Event()
        self.server, self.connections = None, []

    @property
    def public_pem(self) -> bytes:
        """PEM with nothing after it but the end of its last line."""
        return self.key.public_key().public_bytes(keys.PEM, keys.SPKI)

    @property
    def id(self) -> bytes:
        return hashes_of(self.key.public_key().public_bytes(keys.DER, keys.SPKI))

    def sign(self, message: bytes) -> bytes:
        """DigitallySigned over SHA-256."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            algorithm, signature = 1, self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        else:
            algorithm, signature = 3, self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        return bytes([4, algorithm]) + len(signature).to_bytes(2, "big") + signature

    def verify(self, message: bytes, sct: merkle.SCT) -> None:
        """Throws unless the timestamp is this log's over the message."""
        assert (sct.version, sct.log_id) == (0, self.id)
        public = self.key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            assert sct.algorithm == b"\4\1"
            public.verify(sct.signature, message, padding.PKCS1v15(), hashes.SHA256())
        else:
            assert sct.algorithm == b"\4\3"
            public.verify(sct.signature, message, ec.ECDSA(hashes.SHA256()))

    def start(self) -> "CTLog":
        log = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                log.connections.append(self.connection)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                submission = Submission(log, self.path, self.headers, body)
                log.submissions.append(submission)
                step = log.script.popleft() if log.script else good
                step(self, submission)

            def do_GET(self):
                respond(self, b"not here", 404)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        if self.tls:
            self.server.socket = self.tls.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self.released.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        self.hang_up()

    def hang_up(self) -> None:
        """Ends the connections that are kept open between submissions."""
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections.clear()

    def __enter__(self) -> "CTLog":
        return self.start()

    def __exit__(self, *_):
        self.stop()


def good(handler, submission: Submission) -> None:
    respond(handler, json.dumps(submission.answer()).encode())


def changed(**changes):
    """A good answer with other members; None leaves one out, a function makes one of the submission."""

    def step(handler, submission):
        made = {name: value(submission) if callable(value) else value for name, value in changes.items()}
        respond(handler, json.dumps(submission.answer(**made)).encode())

    return step


def status(code: int, body: bytes = b"no", **headers):
    return lambda handler, submission: respond(handler, body, code, "text/plain", **headers)


def text(body: bytes, **headers):
    return lambda handler, submission: respond(handler, body, **headers)


def reset(handler, submission) -> None:
    """Ends the connection without a word."""
    handler.close_connection = True
    handler.connection.close()


def hang(handler, submission) -> None:
    """Says nothing until the other side leaves or the log stops; then the connection is of no more use."""
    handler.connection.settimeout(0.1)
    while not submission.log.released.is_set():
        try:
            if not handler.connection.recv(1):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    handler.close_connection = True


def drip(handler, submission) -> None:
    """Sends a good answer one octet at a time, slower than anybody waits."""
    body = json.dumps(submission.answer()).encode()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
    try:
        for octet in body:
            if submission.log.released.wait(0.5):
                break
            handler.wfile.write(bytes([octet]))
    except OSError:
        pass
    handler.close_connection = True
