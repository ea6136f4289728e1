"""Ten times the load for a minute: python storm.py --seconds 60 --factor 10 --json storm.json

Starts a server whose shares let one client have everything, and lets `mintmark bench issue --overload` ask it for many
times what it can do, over more connections than it may answer. Meanwhile health, checkpoint and tree head are asked for
all the time, and resident memory is noted. Good answers must go on; memory must stay below the ceiling that the server
computes from its limits; afterwards certificates are issued as before, and the log is downloaded and recomputed.
"""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import requests

import program
from auditor import Auditor
from client import Client, Issued, good_body
from issuer import Issuer
from ports import free_port

ADDRESS = "storm@example.com"
OPTIONS = ["--max-signing-per-address", "0", "--max-signing-per-issuer", "0", "--max-connections-per-address", "0"]


@dataclasses.dataclass
class Record:
    """What one storm saw; times in seconds."""

    factor: float = 0.0
    peak_per_second: float = 0.0
    answered_per_second: float = 0.0
    good_share_of_peak: float = 0.0
    good_p99: float = 0.0
    refusal_p99: float = 0.0
    answers: dict[str, int] = dataclasses.field(default_factory=dict)
    probes: int = 0
    probe_failures: list[str] = dataclasses.field(default_factory=list)
    probe_p50: float = 0.0
    probe_p99: float = 0.0
    recovery: float = 0.0
    resident_bytes: list[int] = dataclasses.field(default_factory=list)
    ceiling_bytes: int = 0
    tree_size: int = 0


def gauge(house, name: str) -> float:
    """A metric without labels."""
    text = Client(f"http://127.0.0.1:{house.metrics_port}").get("/metrics").text
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


class Probes:
    """Asks for what must be answered under any load, ten times a second, and watches the memory."""

    def __init__(self, house, server: program.Server, record: Record, every: float):
        self.server, self.record, self.every, self.over = server, record, every, threading.Event()
        paths = ("/healthz", f"/log/{house.shard}/checkpoint", f"/log/{house.shard}/ct/v1/get-sth")
        self.urls = [house.url + path for path in paths]
        self.seconds: list[float] = []
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        next_note = 0.0
        while not self.over.wait(0.1):
            for url in self.urls:
                began = time.monotonic()
                try:
                    # A connection of its own each time, as a monitor has.
                    status = requests.get(url, timeout=60, proxies={"http": None}).status_code
                except requests.RequestException as error:
                    status = type(error).__name__
                self.seconds.append(time.monotonic() - began)
                if status != 200:
                    self.record.probe_failures.append(f"{url}: {status}")
            if time.monotonic() >= next_note:
                self.record.resident_bytes.append(self.server.resident_bytes())
                next_note = time.monotonic() + self.every

    def __enter__(self) -> "Probes":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        self.thread.join(120)
        ordered = sorted(self.seconds) or [0.0]
        self.record.probes = len(self.seconds)
        self.record.probe_p50 = ordered[len(ordered) // 2]
        self.record.probe_p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def drive(house, port: int, factor: float, seconds: float, prepared: int) -> dict:
    """Lets the program's own driver ask, and reads its report."""
    command = [
        program.binary(), "bench", "issue", "--overload", "--factor", factor, "--url", house.url, "--issuer-port", port,
        "--duration", seconds, "--rounds", 1, "--requests", prepared, "--json",
    ]  # fmt: skip
    done = subprocess.run(
        list(map(str, command)), env=program.environment(), capture_output=True, text=True,
        timeout=4 * seconds + 240, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def storm(directory: pathlib.Path, seconds: float, factor: float = 10, prepared: int = 256, say=print) -> Record:
    """One storm; raises when a promise is not kept."""
    house, port, record = program.House(directory), free_port(), Record(factor=factor)
    house.init()
    with Issuer() as issuer:
        house.trust({issuer.url: {}, f"http://127.0.0.1:{port}": {}})
        body = good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
        with house.serve(*OPTIONS) as server:
            before = Client(house.url).issue(body)
            record.ceiling_bytes = int(gauge(house, "mintmark_memory_ceiling_bytes"))
            with Probes(house, server, record, max(0.2, seconds / 60)):
                result = drive(house, port, factor, seconds, prepared)
            began = time.monotonic()

            def recovered() -> Issued | None:
                answer = Client(house.url).post(body)
                return Issued(answer) if answer.status_code == 200 else None

            after = program.eventually(recovered, 30, "certificates are issued as before")
            record.recovery = time.monotonic() - began
            record.answers = result["answers"]
            for name in ("peak_per_second", "good_share_of_peak"):
                setattr(record, name, result[name]["median"])
            record.answered_per_second = result["answered_per_second"]["median"]
            record.good_p99 = result["good_p99_seconds"]["median"]
            record.refusal_p99 = result["refusal_p99_seconds"]["median"]
            say("downloading and recomputing the log")
            auditor = Auditor(house)
            for issued in (before, after):
                auditor.check_issued(issued)
            record.tree_size = auditor.head().size
            assert server.stop() == 0, server.output[-2000:]
    return record


def problems(record: Record) -> list[str]:
    """What of the promises was not kept; nothing here depends on how fast the machine is."""
    found = record.probe_failures[:5]
    if set(record.answers) - {"200", "429", "503"}:
        found.append(f"answers: {record.answers}")
    if record.answers.get("200", 0) == 0:
        found.append("no good answer under load")
    if max(record.resident_bytes, default=0) >= record.ceiling_bytes:
        found.append(f"{max(record.resident_bytes)} octets of memory, above {record.ceiling_bytes}")
    if record.tree_size < record.answers.get("200", 0):
        found.append(f"{record.tree_size} entries for {record.answers['200']} good answers")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Many times the load, and an audit at the end.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--factor", type=float, default=10.0)
    parser.add_argument("--json", type=pathlib.Path, help="where the record is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mintmark-storm") as directory:
        record = storm(pathlib.Path(directory), options.seconds, options.factor, 512, lambda text: print(text, file=sys.stderr))
    text = json.dumps(dataclasses.asdict(record), indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")
    for problem in problems(record):
        print(problem, file=sys.stderr)
    return 1 if problems(record) else 0


if __name__ == "__main__":
    sys.exit(main())
