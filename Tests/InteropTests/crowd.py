"""Many connections at once, none of which is a decent client's."""

import http.client
import json
import os
import resource
import socket
import threading
import time

import program
from client import Client

HEAD = "POST /api/v2/signingCert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def descriptors(wanted: int) -> int:
    """How many sockets this process may have, with some to spare, and no more than wanted."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(wanted, soft - 256))


class Crowd:
    """Connections from one loopback address, all in one thread's hands."""

    def __init__(self, port: int, address: str = "127.0.0.1"):
        self.port, self.address, self.sockets = port, address, []

    def add(self, count: int, octets: bytes = b"") -> "Crowd":
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", self.port), 20, source_address=(self.address, 0))
            one.sendall(octets)
            self.sockets.append(one)
        return self

    def send(self, octets: bytes) -> int:
        """Sends to all that are open; says how many those are."""
        alive = []
        for one in self.sockets:
            try:
                one.sendall(octets)
                alive.append(one)
            except OSError:
                one.close()
        self.sockets = alive
        return len(alive)

    def open_count(self) -> int:
        """How many the server has not closed, after a look at each."""
        count = 0
        for one in self.sockets:
            one.settimeout(0)
            try:
                count += one.recv(65_536) != b""
            except BlockingIOError:
                count += 1
            except OSError:
                pass
            one.settimeout(20)
        return count

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_) -> None:
        for one in self.sockets:
            one.close()


class Canary:
    """Another client, from an address of its own, that issues all the time and must never be refused."""

    def __init__(self, house, body, address: str = "127.0.0.2"):
        self.house, self.body, self.address = house, json.dumps(body()).encode(), address
        self.seconds, self.failures, self.stopped = [], [], threading.Event()

    def ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.house.port, 60, source_address=(self.address, 0))
        began = time.monotonic()
        try:
            connection.request("POST", "/api/v2/signingCert", self.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                self.failures.append((answer.status, text[:200]))
            self.seconds.append(time.monotonic() - began)
        except OSError as error:
            self.failures.append(error)
        finally:
            connection.close()

    def run(self) -> None:
        while not self.stopped.is_set():
            self.ask()
            self.stopped.wait(0.02)

    def __enter__(self) -> "Canary":
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopped.set()
        self.thread.join(60)

    def is_well(self) -> bool:
        """Whether it is served, every time; three times at least, which are waited for while it runs."""
        program.eventually(lambda: self.failures or len(self.seconds) >= 3, 60, "the canary is served three times")
        assert not self.failures, self.failures[:3]
        return True


def refused(house, reason: str) -> float:
    """How many connections were ended for a reason."""
    text = Client(f"http://127.0.0.1:{house.metrics_port}").get("/metrics").text
    name = f'mintmark_connections_refused_total{{reason="{reason}"}}'
    return next(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def descriptor_count(server: program.Server) -> int:
    """Files that a server has open."""
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))
