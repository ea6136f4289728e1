"""The program dies, is asked to stop, loses its disk, or finds its files damaged: no promise is broken.

MINTMARK_CRASH_ROUNDS sets the number of kills, MINTMARK_CRASH_SEED repeats a run.
"""

import os
import pathlib
import random
import resource
import shutil
import socket
import threading
import time

import pytest
import requests

import keys
import merkle
from auditor import Auditor
from client import Client, Issued, good_body
from conftest import ADDRESS
from issuer import DISCOVERY, compact, respond
from program import Server, eventually

ROUNDS = int(os.environ.get("MINTMARK_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("MINTMARK_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))


class Load:
    """Clients that ask for certificates in a closed loop until told to stop, and keep every answer."""

    def __init__(self, url: str, issuer, auditor: Auditor, clients: int = 4):
        self.url, self.issuer, self.auditor = url, issuer, auditor
        self.answers: list[requests.Response] = []
        self.broken: list[requests.RequestException] = []
        self.halt = threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def _run(self) -> None:
        key, client = keys.make("p256"), Client(self.url)
        body = good_body(self.issuer.token(self.issuer.email(ADDRESS)), ADDRESS, key)
        while not self.halt.is_set():
            try:
                self.answers.append(client.post(body))
            except requests.RequestException as error:
                self.broken.append(error)
                return

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.halt.set()
        for thread in self.threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self.threads)

    @property
    def issued(self) -> list[Issued]:
        """What was received, each with an SCT that verifies."""
        found = [Issued(answer) for answer in self.answers if answer.status_code == 200]
        assert all(self.auditor.key.verifies_sct(issued.sct, issued.log_entry) for issued in found)
        return found

    def wait_for(self, count: int) -> None:
        eventually(lambda: len(self.answers) >= count, 60, f"{count} answers")


def check_all(auditor: Auditor, received: list[Issued]) -> None:
    """Every certificate that any client ever received is in the downloaded tree, at the index its SCT names."""
    head = auditor.head()
    leaves = auditor.recompute(head)
    for issued in received:
        assert issued.sct.log_id == auditor.key.log_id
        assert leaves[issued.index] == merkle.leaf_hash(issued.log_entry.encode())
        assert issued.sct.timestamp <= head.timestamp
    assert len({issued.index for issued in received}) == len(received)
    assert len({issued.leaf.serial_number for issued in received}) == len(received)


def test_kills_at_random_moments_lose_nothing(trusting, issuer):
    """R-01 R-02 R-11 (SIGKILL) TL-57: kill -9 under load, restart, audit the whole log, issue again."""
    print(f"MINTMARK_CRASH_SEED={SEED} MINTMARK_CRASH_ROUNDS={ROUNDS}")
    dice, auditor, received = random.Random(SEED), Auditor(trusting), []
    for _ in range(ROUNDS):
        with trusting.serve() as server:
            check_all(auditor, received)
            received.append(Client(trusting.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)))
            with Load(trusting.url, issuer, auditor) as load:
                load.wait_for(dice.randrange(1, 40))
                time.sleep(dice.random() / 20)
                server.kill()
            received += load.issued
            assert {answer.status_code for answer in load.answers} == {200}
    with trusting.serve() as server:
        check_all(auditor, received)
        assert len(received) > 2 * ROUNDS
        assert server.stop() == 0


def test_the_end_signal_under_load_breaks_no_request(trusting, issuer):
    """R-41 OPS-09: every answer is whole and good, refusals are connection ends only, the status is 0."""
    auditor = Auditor(trusting)
    with trusting.serve() as server:
        with Load(trusting.url, issuer, auditor, clients=8) as load:
            load.wait_for(40)
            assert server.stop() == 0
        assert {answer.status_code for answer in load.answers} <= {200, 503} and load.issued
        assert all(isinstance(error, requests.ConnectionError) for error in load.broken)
    with trusting.serve():
        check_all(auditor, load.issued)


def test_the_end_signal_waits_for_a_request_in_flight(trusting, issuer):
    """R-41 OPS-09: a request that waits for a slow provider when the signal comes gets its certificate."""
    asked, go_on = threading.Event(), threading.Event()

    def slow(handler) -> None:
        asked.set()
        go_on.wait(30)
        respond(handler, compact(issuer.discovery()))

    issuer.stop()  # so that discovery at start-up fails and the first request must fetch
    with trusting.serve() as server:
        issuer.answers[DISCOVERY] = slow
        issuer.start()
        body = good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(post_until_fetched(trusting.url, body, asked)))
        waiting.start()
        assert asked.wait(60), "the request never reached the provider"
        server.terminate()
        eventually(lambda: not listening(trusting.port), 30, "the listener closes")
        go_on.set()
        waiting.join(60)
        assert answers and answers[0].status_code == 200, answers and answers[0].text
        assert server.wait() == 0
    with trusting.serve():
        Auditor(trusting).check_issued(Issued(answers[0]))


def post_until_fetched(url: str, body: dict, asked: threading.Event) -> requests.Response:
    """Posts until the provider has been asked: after the failed start-up a pause before the next try is allowed."""
    while True:
        answer = Client(url).post(body)
        if asked.is_set() or answer.status_code == 200:
            return answer
        time.sleep(0.2)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_second_server_on_the_same_log_is_refused(trusting, issuer):
    """TL-63 R-15: the second ends with status 1, the first goes on."""
    with trusting.serve() as server:
        said = trusting.refuses_to_serve(port=0, metrics_port=0)
        assert "mintmark:" in said
        Client(trusting.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        assert server.stop() == 0


@pytest.fixture
def used(trusting, issuer):
    """A log with some entries, stopped in good order, its files in one place."""
    with trusting.serve() as server:
        for _ in range(5):
            Client(trusting.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        assert server.stop() == 0
    return trusting


def remove_log(house) -> None:
    for path in house.database.parent.glob(house.database.name + "*"):
        path.unlink()


def cut(house, size: int) -> None:
    with open(house.database, "r+b") as file:
        file.truncate(size)


def flip_in_the_middle_of(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def exchange(first: pathlib.Path, second: pathlib.Path) -> None:
    a, b = first.read_bytes(), second.read_bytes()
    first.write_bytes(b)
    second.write_bytes(a)


DAMAGE = {
    "R-17 TL-65 the log is missing": remove_log,
    "R-17 the log is empty": lambda h: cut(h, 0),
    "R-17 the log is one page": lambda h: cut(h, 8192),
    "R-17 the log is half": lambda h: cut(h, h.database.stat().st_size // 2 // 8192 * 8192),
    "R-17 the log is no database": lambda h: h.database.write_bytes(b"x" * h.database.stat().st_size),
    "R-43 TL-66 the log's key is another log's": lambda h: exchange(
        h.directory / "log" / h.shard / "key.pem", h.directory / "ca" / "issuing-key.pem"
    ),
    "R-43 the issuing key is the root's": lambda h: exchange(
        h.directory / "ca" / "root-key.pem", h.directory / "ca" / "issuing-key.pem"
    ),
    "R-43 the issuing key is readable for the world": lambda h: (h.directory / "ca" / "issuing-key.pem").chmod(0o644),
    "R-43 the log's key is readable for the world": lambda h: (h.directory / "log" / h.shard / "key.pem").chmod(0o644),
    "R-43 the issuing key is damaged": lambda h: flip_in_the_middle_of(h.directory / "ca" / "issuing-key.pem"),
    "R-43 the issuing key is missing": lambda h: (h.directory / "ca" / "issuing-key.pem").unlink(),
    "CRT-09 the chain is empty": lambda h: (h.directory / "ca" / "chain.pem").write_bytes(b""),
    "R-43 the passphrase is wrong": lambda h: h.passphrase_file.write_text("wrong horse\n"),
    "R-43 the settings are missing": lambda h: (h.directory / "settings.yaml").unlink(),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_files_stop_the_start(used, issuer, tmp_path, name):
    """One clear line, status 1, no port opened; with the files put back the log goes on where it was."""
    kept = tmp_path / "kept"
    shutil.copytree(used.directory, kept)
    passphrase = used.passphrase_file.read_text()
    DAMAGE[name](used)
    said = used.refuses_to_serve()
    assert [line for line in said.splitlines() if line.startswith("mintmark: ")], said
    assert not listening(used.port) and not any('"listening"' in line for line in said.splitlines())
    shutil.rmtree(used.directory)
    shutil.copytree(kept, used.directory)
    used.passphrase_file.write_text(passphrase)
    with used.serve():
        issued = Client(used.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        assert issued.index == 5


def test_a_missing_shared_memory_file_is_recovered(trusting, issuer):
    """R-17: after a kill, deleting only -shm loses nothing."""
    auditor, received = Auditor(trusting), []
    with trusting.serve() as server:
        for _ in range(5):
            received.append(Client(trusting.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)))
        server.kill()
    shared = trusting.database.with_name(trusting.database.name + "-shm")
    assert shared.exists()
    shared.unlink()
    with trusting.serve():
        check_all(auditor, received)


def write_limit(server: Server, size: int) -> None:
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_log_that_cannot_be_written_issues_nothing(trusting, issuer):
    """R-03 R-13 TL-50: writes fail (a file size limit): 5xx for who waits, no certificate, an end; then recovery.

    Five times over, because an answer that races with the end of the process arrives now and then.
    """
    auditor, body, received = Auditor(trusting), good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS), []
    for _ in range(5):
        with trusting.serve() as server:
            check_all(auditor, received)
            received += [Client(trusting.url).issue(body) for _ in range(3)]
            write_limit(server, 0)
            answers = [attempt(trusting.url, body) for _ in range(10)]
            assert answers[0] is not None, "the request that waited for the log got no answer"
            assert all(answer is None or answer.status_code >= 500 for answer in answers)
            assert all("CERTIFICATE" not in answer.text for answer in answers if answer is not None)
            assert server.wait() == 1, "after a failed write the process must end by itself"
    with trusting.serve():
        check_all(auditor, received)
        assert Client(trusting.url).issue(body).index >= len(received)


def attempt(url: str, body: dict) -> requests.Response | None:
    try:
        return Client(url).post(body)
    except requests.ConnectionError:
        return None
