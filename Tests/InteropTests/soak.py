"""An hour of steady load with restarts: python soak.py --minutes 60 --json soak.json

Finds out what the server can do, then asks for certificates at 60 % of that. Every sixth of the time the server is
stopped with SIGTERM, and once killed, and started again. Resident memory is noted every minute, and every error with
whether the server was down or starting when it came. At the end the whole log is downloaded and recomputed, and the
entry of every certificate that was handed out must be in the tree, at the index that its timestamp names.
"""

import argparse
import base64
import collections
import concurrent.futures
import dataclasses
import http.client
import json
import pathlib
import queue
import sys
import tempfile
import threading
import time

import keys
import merkle
import program
from auditor import Auditor
from client import Client, Issued, good_body
from issuer import Issuer

ADDRESS = "soak@example.com"
WORKERS = 16
BODIES = 64
SHARE = 0.6
GRACE = 2.0  # seconds after a restart in which a request that began before it may still fail


@dataclasses.dataclass
class Record:
    """What one soak saw."""

    saturation: float = 0.0
    issued: int = 0
    refused: int = 0
    errors_while_restarting: int = 0
    errors: list[str] = dataclasses.field(default_factory=list)
    restarts: list[str] = dataclasses.field(default_factory=list)
    resident_bytes: list[int] = dataclasses.field(default_factory=list)
    tree_size: int = 0
    found: int = 0


class Answers:
    """What was handed out: the index and the hash of the leaf that each timestamp promises, no more."""

    def __init__(self):
        self.promises: dict[int, bytes] = {}
        self.lock = threading.Lock()
        self.unread: queue.SimpleQueue = queue.SimpleQueue()

    def add(self, body: bytes) -> None:
        self.unread.put(body)

    def digest(self, limit: float) -> None:
        """Takes apart what has come, for at most so many seconds: reading certificates is slow."""
        end = time.monotonic() + limit
        while time.monotonic() < end and not self.unread.empty():
            body = self.unread.get()
            answer = type("Answer", (), {"json": staticmethod(lambda body=body: json.loads(body))})
            issued = Issued(answer)
            leaf = merkle.leaf_hash(issued.log_entry.encode())
            assert self.promises.setdefault(issued.index, leaf) == leaf, f"index {issued.index} was promised twice"


class Soak:
    """One server under steady load."""

    def __init__(self, directory: pathlib.Path, seconds: float, issuer: Issuer, say):
        self.house, self.seconds, self.say = program.House(directory), seconds, say
        self.house.init()
        self.house.trust({issuer.url: {}})
        self.auditor = Auditor(self.house)
        self.record, self.answers = Record(), Answers()
        self.issuer, self.lock = issuer, threading.Lock()
        self.down_until, self.is_down, self.over = 0.0, False, threading.Event()
        self.refresh()
        self.server = self.house.serve(*self.options)

    options = ["--max-signing-per-address", "0", "--max-signing-per-issuer", "0", "--max-connections-per-address", "0"]

    def refresh(self) -> None:
        """New tokens: each lives for ten minutes."""
        pairs = [keys.shared("p256")]
        self.bodies = [
            json.dumps(good_body(self.issuer.token(self.issuer.email(ADDRESS, jti=str(n))), ADDRESS, pairs[0])).encode()
            for n in range(BODIES)
        ]

    def ask(self, connection: http.client.HTTPConnection, number: int) -> None:
        """Asks once; an answer that is no certificate, or none at all, is counted by when it came."""
        began = time.monotonic()
        try:
            connection.request(
                "POST", "/api/v2/signingCert", self.bodies[number % BODIES], {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            body = answer.read()
            with self.lock:
                if answer.status == 200:
                    self.record.issued += 1
                    self.answers.add(body)
                elif answer.status in (429, 503):
                    self.count(began, f"{answer.status}", is_refusal=True)
                else:
                    self.count(began, f"{answer.status} {body[:200]!r}")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            with self.lock:
                self.count(began, f"{type(error).__name__}: {error}")
            time.sleep(0.05)

    def count(self, began: float, what: str, is_refusal: bool = False) -> None:
        if self.is_down or began < self.down_until:
            self.record.errors_while_restarting += 1
        elif is_refusal:
            self.record.refused += 1
        else:
            self.record.errors.append(what)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=60)

    def saturate(self, seconds: float) -> float:
        """Certificates a second in a closed loop."""
        before, end = self.record.issued, time.monotonic() + seconds

        def work(start: int) -> None:
            connection = self.connect()
            number = start
            while time.monotonic() < end:
                self.ask(connection, number)
                number += 1
            connection.close()

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(work, range(WORKERS)))
        return (self.record.issued - before) / seconds

    def load(self, worker: int, interval: float) -> None:
        """An open loop: a request is due whether the last one was answered in time or not."""
        connection, number = self.connect(), worker
        due = time.monotonic() + interval * worker / WORKERS
        while not self.over.is_set():
            if (wait := due - time.monotonic()) > 0:
                self.over.wait(wait)
            self.ask(connection, number)
            number += WORKERS
            # What could not be sent while the server was away is not made up for.
            due = max(due + interval, time.monotonic() - interval)
        connection.close()

    def restart(self, how: str) -> None:
        self.is_down = True
        if how == "kill":
            self.server.kill()
        else:
            assert self.server.stop() == 0, self.server.output[-2000:]
        self.server = self.house.serve(*self.options)
        self.down_until, self.is_down = time.monotonic() + GRACE, False
        self.record.restarts.append(how)
        self.say(f"restarted after {how}")

    def run(self) -> Record:
        self.record.saturation = self.saturate(max(2.0, min(20.0, self.seconds / 20)))
        rate = max(1.0, SHARE * self.record.saturation)
        self.say(f"{self.record.saturation:.0f} certificates a second at most; {rate:.0f} a second from now on")
        began = time.monotonic()
        period, minute, tokens = self.seconds / 6, min(60.0, self.seconds / 10), min(240.0, self.seconds / 3)
        turns = collections.deque((period * n, "kill" if n == 3 else "stop") for n in range(1, 6))
        next_note, next_tokens = 0.0, tokens
        workers = [threading.Thread(target=self.load, args=(n, WORKERS / rate), daemon=True) for n in range(WORKERS)]
        for one in workers:
            one.start()
        try:
            while (elapsed := time.monotonic() - began) < self.seconds:
                if turns and elapsed >= turns[0][0]:
                    self.restart(turns.popleft()[1])
                if elapsed >= next_tokens:
                    self.refresh()
                    next_tokens += tokens
                if elapsed >= next_note:
                    self.record.resident_bytes.append(self.server.resident_bytes())
                    next_note += minute
                    left = int(self.seconds - elapsed)
                    with self.lock:
                        text = f"{self.record.issued} issued, {len(self.record.errors)} errors"
                    self.say(f"{text}, {self.record.resident_bytes[-1] >> 20} MiB, {left} s left")
                self.answers.digest(0.2)
                time.sleep(0.02)
        finally:
            self.over.set()
            for one in workers:
                one.join(90)
        self.answers.digest(float("inf"))
        self.audit()
        assert self.server.stop() == 0, self.server.output[-2000:]
        return self.record

    def audit(self) -> None:
        """Downloads the whole tree, recomputes its root, and looks for every promise in it."""
        self.say("downloading and recomputing the log")
        head = program.eventually(
            lambda: (head := self.auditor.head()).size > max(self.answers.promises, default=-1) and head, 30,
            "the head covers every timestamp",
        )  # fmt: skip
        leaves = self.leaves(head.size)
        assert merkle.root_of(leaves) == head.root
        self.record.tree_size = head.size
        for index, leaf in self.answers.promises.items():
            assert leaves[index] == leaf, f"the timestamp with index {index} is not in the tree"
        self.record.found = len(self.answers.promises)


    def leaves(self, size: int) -> list[bytes]:
        """The hashes of all leaves, a page at a time: an hour's entries are too much to keep."""
        hashes: list[bytes] = []
        while len(hashes) < size:
            page = self.auditor.get("ct/v1/get-entries", start=len(hashes), end=size - 1).json()["entries"]
            assert page and len(hashes) + len(page) <= size
            hashes += [merkle.leaf_hash(base64.b64decode(entry["leaf_input"], validate=True)) for entry in page]
        return hashes


def soak(directory: pathlib.Path, seconds: float, say=lambda text: None) -> Record:
    """Runs a soak of so many seconds; raises when a promise is not kept."""
    with Issuer() as issuer:
        one = Soak(directory, seconds, issuer, say)
        try:
            return one.run()
        finally:
            one.over.set()
            one.server.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description="Steady load with restarts, and an audit at the end.")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", type=pathlib.Path, help="where the record is written")
    parser.add_argument("--directory", type=pathlib.Path, help="where the data directory is made and kept")
    options = parser.parse_args()

    def say(text: str) -> None:
        print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)

    if options.directory:
        options.directory.mkdir(parents=True)
        record = soak(options.directory, 60 * options.minutes, say)
    else:
        with tempfile.TemporaryDirectory(prefix="mintmark-soak") as directory:
            record = soak(pathlib.Path(directory), 60 * options.minutes, say)
    text = json.dumps(dataclasses.asdict(record), indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")
    return 1 if record.errors else 0


if __name__ == "__main__":
    sys.exit(main())
