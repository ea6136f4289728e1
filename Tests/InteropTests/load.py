"""A load generator: prepared keys and tokens, N kept connections, a closed loop, a fixed number of seconds.

Makes a data directory, starts the program named by MINTMARK and a provider, and prints one JSON object. The client
runs on the same machine and takes part of it: its processor time is in the result, so that nobody reads the figures
as the server's limit. Example: MINTMARK=.build-release/release/mintmark python load.py --seconds 20 --connections 16
"""

import argparse
import http.client
import json
import os
import pathlib
import tempfile
import threading
import time

import keys
from client import good_body, request_body
from conftest import ADDRESS
from issuer import ALGORITHMS, Issuer
from program import House, binary

HEADERS = {"Content-Type": "application/json"}


def bodies(issuer: Issuer, options) -> list[bytes]:
    """Requests with distinct keys and tokens; RSA keys are few because making them takes long."""
    prepared = []
    for _ in range(4 if options.key.startswith("rsa") else options.keys):
        key, token = keys.make(options.key), issuer.token(issuer.email(ADDRESS), options.algorithm)
        if options.request:
            body = request_body(token, keys.pem(key.csr(), "CERTIFICATE REQUEST"))
        else:
            body = good_body(token, ADDRESS, key)
        prepared.append(json.dumps(body).encode())
    return prepared


class Worker(threading.Thread):
    """One connection that asks, waits for the answer, and asks again until the end."""

    def __init__(self, port: int, prepared: list[bytes], first: int, end: float):
        super().__init__(daemon=True)
        self.port, self.prepared, self.next, self.end = port, prepared, first, end
        self.seconds: list[float] = []
        self.statuses: dict[str, int] = {}

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while time.monotonic() < self.end:
            begin = time.monotonic()
            try:
                connection.request("POST", "/api/v2/signingCert", self.body(), HEADERS)
                answer = connection.getresponse()
                answer.read()
                status = str(answer.status)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                status = type(error).__name__
            if status == "200":
                self.seconds.append(time.monotonic() - begin)
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def body(self) -> bytes:
        self.next += 1
        return self.prepared[self.next % len(self.prepared)]


def percentiles(seconds: list[float]) -> dict:
    ordered = sorted(seconds)
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
    found = {name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for name, share in at.items()}
    return {name: round(value * 1000, 2) for name, value in {**found, "max": ordered[-1]}.items()}


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(house: House, server, prepared: list[bytes], options) -> dict:
    Worker(house.port, prepared, 0, time.monotonic() + 1).run()  # connections, key sets and caches warm
    server_before, client_before, begin = cpu_seconds(server.process.pid), time.process_time(), time.monotonic()
    end = begin + options.seconds
    workers = [Worker(house.port, prepared, i * 7, end) for i in range(options.connections)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    elapsed = time.monotonic() - begin
    statuses: dict[str, int] = {}
    for worker in workers:
        for status, count in worker.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    seconds = [value for worker in workers for value in worker.seconds]
    return {
        "issuances": len(seconds),
        "issuances_per_second": round(len(seconds) / elapsed, 1),
        "milliseconds": percentiles(seconds) if seconds else None,
        "answers": statuses,
        "server_cpu_seconds": round(cpu_seconds(server.process.pid) - server_before, 2),
        "client_cpu_seconds": round(time.process_time() - client_before, 2),
        "server_resident_mebibytes": server.resident_bytes() >> 20,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--keys", type=int, default=256, help="distinct keys and tokens")
    parser.add_argument("--key", default="p256", choices=keys.GOOD, help="the client's kind of key")
    parser.add_argument("--algorithm", default="RS256", choices=ALGORITHMS, help="the token's signature")
    parser.add_argument("--key-type", default="p384", help="the authority's keys, as for `init`")
    parser.add_argument("--request", action="store_true", help="send signing requests, not proofs of possession")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Issuer(algorithms=[options.algorithm]) as issuer:
        house = House(pathlib.Path(directory), key_type=options.key_type)
        house.init()
        house.trust({issuer.url: {}})
        prepared = bodies(issuer, options)
        with house.serve() as server:
            result = measure(house, server, prepared, options)
            result["exit_status"] = server.stop()
    described = {name: value for name, value in vars(options).items() if name != "keys"}
    print(json.dumps({"program": binary(), **described, "cores": os.cpu_count(), **result}, indent=1))


if __name__ == "__main__":
    main()
