"""A witness of C2SP tlog-witness, written from the documents alone: it believes nothing, and can misbehave on demand."""

import base64
import hashlib
import http.server
import json
import os
import pathlib
import ssl
import threading
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

import merkle
from ports import free_port

DASH = "\u2014"
# Ways to answer that a log must survive; each answers requests that the protocol would have answered with 200.
MISCHIEF = {
    "garbage", "huge", "error", "forbidden", "unknown", "redirect", "wrong-key", "wrong-message", "time-zero",
    "other-line", "empty", "size-without-type", "close",
}  # fmt: skip


class Refused(Exception):
    """A request that the protocol answers with this status."""

    def __init__(self, status: int, body: str = "", kind: str = "text/plain"):
        super().__init__(status, body)
        self.status, self.body, self.kind = status, body, kind


def key_line(name: str, kind: int, key: bytes) -> str:
    """A vkey (C2SP signed-note)."""
    key_id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]
    return f"{name}+{key_id.hex()}+{base64.b64encode(bytes([kind]) + key).decode()}"


def text_of(note: bytes) -> bytes:
    """The signed text of a note, with its last newline."""
    return note[: note.rindex(b"\n\n") + 1]


class Witness:
    """One witness on a loopback port that trusts one log; its state outlives it in a file."""

    def __init__(self, directory: pathlib.Path, name: str, origin: str, log_public_key: bytes):
        self.name, self.label = f"witness.example/{name}", name
        self.origin, self.log_key = origin, merkle.LogKey(log_public_key)
        self.state_file = directory / f"{name}.json"
        self.signer, self.stranger = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/w"
        self.mode, self.delay = "good", 0.0
        self.context: ssl.SSLContext | None = None  # for TLS; the URL is then to be changed too
        self.answers: list[tuple[int, int, int]] = []  # old size, size, status
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()
        self.times: list[float] = []  # when each request began
        self.busy = self.most_busy = 0
        self.lock, self.released = threading.Lock(), threading.Event()
        self.server: http.server.ThreadingHTTPServer | None = None

    @property
    def public_key(self) -> bytes:
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return self.signer.public_key().public_bytes(*raw)

    @property
    def vkey(self) -> str:
        return key_line(self.name, 4, self.public_key)

    @property
    def policy_line(self) -> str:
        return f"witness {self.label} {self.vkey} {self.url}"

    @property
    def state(self) -> tuple[int, bytes]:
        """The size and root of the newest head that it cosigned."""
        if not self.state_file.exists():
            return 0, merkle.EMPTY_ROOT
        stored = json.loads(self.state_file.read_text())
        return stored["size"], bytes.fromhex(stored["root"])

    def remember(self, size: int, root: bytes) -> None:
        """On disk and whole, before anybody hears of it."""
        temporary = self.state_file.with_suffix(".new")
        with temporary.open("w") as file:
            json.dump({"size": size, "root": root.hex()}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.state_file)

    def cosignature(self, text: bytes, signer=None, now: int | None = None, signed: bytes | None = None) -> str:
        """A signature line of `cosignature/v1`; the arguments make it wrong."""
        now = int(time.time()) if now is None else now
        message = b"cosignature/v1\ntime %d\n" % now + (text if signed is None else signed)
        body = now.to_bytes(8, "big") + (signer or self.signer).sign(message)
        key_id = bytes.fromhex(self.vkey.split("+")[1])
        return f"{DASH} {self.name} {base64.b64encode(key_id + body).decode()}\n"

    def verified(self, note: bytes) -> int | None:
        """The time of this witness's cosignature under a note; None when it has none; fails for one that is wrong."""
        text, key_id = text_of(note), bytes.fromhex(self.vkey.split("+")[1])
        for line in note[len(text) + 1 :].decode().splitlines():
            dash, name, encoded = line.split(" ")
            blob = base64.b64decode(encoded, validate=True)
            if (dash, name, blob[:4]) != (DASH, self.name, key_id):
                continue
            now = int.from_bytes(blob[4:12], "big")
            assert now > 0
            self.signer.public_key().verify(blob[12:], b"cosignature/v1\ntime %d\n" % now + text)
            return now
        return None

    def add_checkpoint(self, body: bytes) -> tuple[int, str]:
        """Judges one request; returns its size and the answer 200, or raises what refuses it."""
        head, _, note = body.partition(b"\n\n")
        lines = head.decode().split("\n")
        assert lines[0].startswith("old ") and lines[0][4:] == str(int(lines[0][4:])), lines[0]
        old, path = int(lines[0][4:]), [base64.b64decode(line, validate=True) for line in lines[1:]]
        assert len(path) <= 63 and all(len(step) == 32 for step in path)
        text = text_of(note)
        if text.split(b"\n")[0].decode() != self.origin:
            raise Refused(404)
        try:
            new = merkle.TreeHead.from_checkpoint(note, self.origin, self.log_key.log_id)
            assert new.is_signed_by(self.log_key)
        except (AssertionError, InvalidSignature, ValueError):
            raise Refused(403) from None
        if old > new.size:
            raise Refused(400)
        with self.lock:
            size, root = self.state
            if old != size:
                raise Refused(409, f"{size}\n", "text/x.tlog.size")
            if not merkle.is_consistent(old, new.size, path, root, new.root):
                raise Refused(422)
            self.remember(new.size, new.root)
        return new.size, self.cosignature(text)

    def mischief(self, handler, text: bytes) -> None:
        """Answers as no witness should."""
        lines = {
            "wrong-key": lambda: self.cosignature(text, signer=self.stranger),
            "wrong-message": lambda: self.cosignature(text, signed=text.replace(b"\n", b"\n1", 1)),
            "time-zero": lambda: self.cosignature(text, now=0),
            "other-line": lambda: f"{DASH} somebody.example {base64.b64encode(bytes(72)).decode()}\n",
            "garbage": lambda: "\x00\x01 no signature \n\n\n", "empty": lambda: "",
            "huge": lambda: self.cosignature(text) * 200_000,
        }  # fmt: skip
        if self.mode in lines:
            return handler.reply(200, lines[self.mode]())
        if self.mode == "redirect":
            return handler.reply(307, "", location=f"{self.url}/elsewhere")
        if self.mode == "size-without-type":
            return handler.reply(409, "99999999\n")
        if self.mode == "close":
            return handler.connection.close()
        handler.reply({"error": 500, "forbidden": 403, "unknown": 404}[self.mode], "no")

    def start(self) -> "Witness":
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def reply(self, status: int, body: str, kind: str = "text/plain", location: str | None = None) -> None:
                data = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                if location:
                    self.send_header("Location", location)
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self):
                try:
                    witness.handle(self)
                except (BrokenPipeError, ConnectionResetError):
                    pass

        self.released.clear()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        if self.context:
            self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def handle(self, handler) -> None:
        with self.lock:
            self.times.append(time.monotonic())
            self.busy += 1
            self.most_busy = max(self.busy, self.most_busy)
        try:
            body = handler.rfile.read(int(handler.headers["Content-Length"]))
            self.paths.add(handler.path)
            self.bodies.append(body)
            if self.mode == "hang":
                self.released.wait(60)
                return
            time.sleep(self.delay)
            old = int(body.split(b"\n")[0][4:])
            if self.mode in MISCHIEF:
                self.mischief(handler, text_of(body.partition(b"\n\n")[2]))
                self.answers.append((old, -1, 0))
            elif self.mode == "contradict":
                self.answers.append((old, -1, 422))
                handler.reply(422, "no")
            else:
                self.answer(handler, body, old)
        finally:
            with self.lock:
                self.busy -= 1

    def answer(self, handler, body: bytes, old: int) -> None:
        try:
            size, line = self.add_checkpoint(body)
            self.answers.append((old, size, 200))
            handler.reply(200, line)
        except Refused as refused:
            self.answers.append((old, -1, refused.status))
            handler.reply(refused.status, refused.body, refused.kind)

    @property
    def cosigned(self) -> list[int]:
        """The sizes that it cosigned, in order."""
        return [size for _, size, status in self.answers if status == 200]

    def stop(self) -> None:
        self.released.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def __enter__(self) -> "Witness":
        return self.start()

    def __exit__(self, *_):
        self.stop()
