"""certspotter 0.16 as Debian packages it follows the log: the auditor that people already have."""

import base64
import concurrent.futures
import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import urllib.request

import pytest

from program import eventually
from submitter import OpenLog

pytestmark = pytest.mark.skipif(shutil.which("certspotter") is None, reason="certspotter is not installed")

# Everything that certspotter says when all is well.
USUAL = re.compile(
    r"\S+ \S+ (fetched 1 logs from|starting task for log|brand new log|downloading entries from|saving state in defer"
    r"|finished downloading entries from|task for log \S+ stopped with error .*context canceled$)"
)


class CertSpotter:
    """One state directory, over several runs of the program."""

    def __init__(self, directory: pathlib.Path, log_list: dict, *options: str):
        directory.mkdir(parents=True)
        self.list, self.watched, self.state = directory / "logs.json", directory / "watchlist", directory / "state"
        self.list.write_text(json.dumps(log_list))
        self.watched.write_text("watched.example.com\n")
        self.directory, self.options, self.said = directory, options, []

    @contextlib.contextmanager
    def running(self):
        command = ["certspotter", "-logs", self.list, "-state_dir", self.state, "-watchlist", self.watched]
        command += ["-verbose", "-stdout"]
        environment = {"HOME": str(self.directory), "PATH": os.environ["PATH"]}
        process = subprocess.Popen(
            [*map(str, command), *self.options], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        reader = threading.Thread(target=lambda: self.said.extend(process.stdout), daemon=True)
        reader.start()
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            finally:
                process.kill()
                reader.join(10)

    def files(self) -> set[str]:
        return {path.name for path in self.state.rglob("*") if path.is_file()} if self.state.exists() else set()

    def verified_size(self) -> int | None:
        """The size up to which the tree was recomputed and compared with a signed head; None before the first look."""
        found = [json.loads(path.read_text()) for path in self.state.glob("logs/*/state.json")]
        return found[0]["verified_position"]["size"] if found else None

    def has_looked(self) -> bool:
        return self.verified_size() is not None

    def follows(self, size: int) -> None:
        """Runs until the log is verified up to this size, and finds nothing to complain about."""
        def has_verified() -> bool:
            assert process.poll() is None, self.said
            return self.verified_size() == size

        with self.running() as process:
            eventually(has_verified, 30, f"certspotter verifies {size}")
        self.assert_content()

    def assert_content(self) -> None:
        assert [line for line in self.said if not USUAL.match(line)] == []
        assert self.files() == {"version", "state.json"}, "something else than positions is in the state directory"


def log_list(log: OpenLog) -> dict:
    with urllib.request.urlopen(log.url + "/loglist-rfc6962.json", timeout=30) as answer:
        return json.load(answer)


def test_certspotter_follows_from_empty_over_restarts(tmp_path):
    """TL-44 TL-83: from size 0 through 2,700 entries; both sides restart, and it always asks far past the end."""
    with OpenLog(tmp_path / "log") as log:
        spotter = CertSpotter(tmp_path / "spotter", log_list(log))
        spotter.follows(0)
        size = 0
        for more, poison in [(1, True), (1, False), (298, True), (900, True), (1000, False), (500, True)]:
            log.fill(more, poison)
            size += more
            spotter.follows(size)
            log.restart()
            spotter.follows(size)
        # Entries arrive while it downloads: it sees more than the head it began with, and must not wedge.
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            filling = pool.submit(log.fill, 300)
            while not filling.done():
                with spotter.running():
                    before = spotter.verified_size()
                    eventually(lambda: filling.done() or spotter.verified_size() > before, 60, "it goes on")
            filling.result()
        spotter.follows(size + 300)
        log.server.kill()
        log.server = log.house.serve(*log.options)
        log.fill(5)
        spotter.follows(size + 305)


@pytest.mark.parametrize("size", [0, 1, 7])
def test_certspotter_starts_at_the_end(tmp_path, size):
    """TL-44: its first look asks for the last entry and the proof of its hash."""
    with OpenLog(tmp_path / "log") as log:
        log.fill(size)
        spotter = CertSpotter(tmp_path / "spotter", log_list(log), "-start_at_end")
        spotter.follows(size)
        log.fill(3)
        spotter.follows(size + 3)


class Forger(http.server.BaseHTTPRequestHandler):
    """Passes everything on and changes one bit of one entry."""

    log_url = ""

    def do_GET(self):
        with urllib.request.urlopen(self.log_url + self.path, timeout=30) as answer:
            body = answer.read()
        if "/get-entries" in self.path:
            page = json.loads(body)
            leaf = bytearray(base64.b64decode(page["entries"][0]["leaf_input"]))
            leaf[9] ^= 1  # a bit of the time
            page["entries"][0]["leaf_input"] = base64.b64encode(leaf).decode()
            body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_certspotter_complains_about_a_changed_entry(tmp_path):
    """TL-44: the test above would see it if the log served something else than it signed."""
    with OpenLog(tmp_path / "log") as log:
        log.fill(5)
        Forger.log_url = log.url
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forger)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            forged = log_list(log)
            forged["operators"][0]["logs"][0]["url"] = f"http://127.0.0.1:{server.server_port}/"
            spotter = CertSpotter(tmp_path / "spotter", forged)
            with spotter.running():
                eventually(lambda: [line for line in spotter.said if not USUAL.match(line)], 60, "it complains")
            assert spotter.verified_size() in (0, None)
        finally:
            server.shutdown()
