"""Runs the built program: commands, data directories and servers, each server in a process group of its own."""

import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

from ports import free_port

PACKAGE = pathlib.Path(__file__).parents[2]
BINARY = pathlib.Path(os.environ.get("MINTMARK", ".build/debug/mintmark"))
START_SECONDS = 60.0
# What .ci/sanitize gives to a program that was built with a sanitizer.
SANITIZER = ("LD_PRELOAD", "TSAN_OPTIONS", "ASAN_OPTIONS", "LSAN_OPTIONS")


def binary() -> str:
    return str(BINARY if BINARY.is_absolute() else PACKAGE / BINARY)


def environment() -> dict:
    """A small environment. The backtracer is off because it would hold pipes open after a kill."""
    names = ("PATH", "HOME", "LD_LIBRARY_PATH", "LANG", *SANITIZER)
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "SWIFT_BACKTRACE": "enable=no"}


def run(
    *arguments: str, timeout: float = 120, data: str | None = None, variables: dict | None = None
) -> subprocess.CompletedProcess:
    """Runs one command of the program to its end, with further environment variables."""
    command = [binary(), *map(str, arguments)]
    stdin = {"input": data} if data is not None else {"stdin": subprocess.DEVNULL}
    merged = {**environment(), **(variables or {})}
    return subprocess.run(command, env=merged, capture_output=True, text=True, timeout=timeout, **stdin)


def eventually(condition, seconds: float, what: str):
    """The first true value of `condition`; fails after a generous deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class House:
    """A data directory with its passphrase and its ports, which stay the same over restarts."""

    def __init__(self, directory: pathlib.Path, passphrase: str = "correct horse", shard: str = "2026a", **options):
        self.directory, self.shard, self.options = directory / "data", shard, options
        self.passphrase_file = directory / "passphrase"
        self.passphrase_file.write_text(passphrase + "\n")
        self.passphrase_file.chmod(0o600)
        self.configuration = directory / "issuers.yaml"
        self.port, self.metrics_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_url = f"{self.url}/log/{shard}"
        self.origin = f"127.0.0.1:{self.port}/log/{shard}"
        self.context = None  # a client's context for TLS, where the server has it

    def init(self) -> subprocess.CompletedProcess:
        extra = [text for name, value in self.options.items() for text in ("--" + name.replace("_", "-"), value)]
        done = run(
            "init", "--data-dir", self.directory, "--organization", "Example", "--public-url", self.url,
            "--passphrase-file", self.passphrase_file, "--shard", self.shard, *extra,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done

    def read(self, name: str) -> bytes:
        return (self.directory / name).read_bytes()

    @property
    def log_public_key(self) -> bytes:
        return self.read(f"log/{self.shard}/public.pem")

    @property
    def database(self) -> pathlib.Path:
        return self.directory / "log" / self.shard / "log.sqlite"

    def trust(self, issuers: dict[str, dict]) -> None:
        """Writes the issuer configuration: URL to settings that differ from an `email` issuer of client `sigstore`."""
        lines = ["oidc-issuers:"] if issuers else ["oidc-issuers: {}"]
        for url, settings in issuers.items():
            lines.append(f"  {url}:")
            merged = {"issuer-url": url, "client-id": "sigstore", "type": "email", **settings}
            lines += [f"    {name}: {json.dumps(value)}" for name, value in merged.items()]
        self.configuration.write_text("\n".join(lines) + "\n")

    def arguments(
        self, port: int | None = None, metrics_port: int | None = None, grpc_port: int | None = None
    ) -> list[str]:
        """One port of the loopback interface for HTTP and gRPC, and one for the metrics."""
        port = self.port if port is None else port
        return [
            "serve", "--data-dir", self.directory, "--passphrase-file", self.passphrase_file,
            "--config-path", self.configuration, "--host", "127.0.0.1",
            "--port", port, "--grpc-host", "127.0.0.1", "--grpc-port", port if grpc_port is None else grpc_port,
            "--metrics-host", "127.0.0.1",
            "--metrics-port", self.metrics_port if metrics_port is None else metrics_port,
            "--log-read-limit", 0,  # an auditor who asks for everything at once is no crawler
        ]  # fmt: skip

    def serve(self, *more: str, grpc_port: int | None = None) -> "Server":
        """Starts the server, with further options, and waits until it answers."""
        url = self.url.replace("http:", "https:") if self.context else self.url
        server = Server([*self.arguments(grpc_port=grpc_port), *more], url, context=self.context)
        try:
            server.wait_until_ready()
        except BaseException:
            server.kill()
            raise
        return server

    def refuses_to_serve(self, *more: str, **ports) -> str:
        """Runs `serve`, which must end with status 1 by itself; returns what it wrote to standard error."""
        done = run(*self.arguments(**ports), *more, timeout=60)
        assert done.returncode == 1, (done.returncode, done.stderr)
        return done.stderr


class Server:
    """One running `serve` whose standard error is read line by line."""

    def __init__(self, arguments: list, url: str, traced: bool = False, variables: dict | None = None, context=None):
        self.url, self.context = url, context
        self.lines: list[str] = []
        command = [str(part) for part in (arguments if traced else [binary(), *arguments])]
        # The signal dispositions are inherited as they are, so that tests can limit file sizes without killing it.
        self.process = subprocess.Popen(
            command, env={**environment(), **(variables or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, restore_signals=False,
        )  # fmt: skip
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def answers(self) -> bool:
        assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output}"
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=5, context=self.context) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def wait_until_ready(self) -> None:
        eventually(self.answers, START_SECONDS, "the server answers /healthz")

    def resident_bytes(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))

    def cpu_seconds(self) -> float:
        """Time that all threads of the process have computed so far, in user code and in the kernel."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout: float = 60) -> int:
        """The exit status, once the process has ended by itself."""
        status = self.process.wait(timeout)
        self.reader.join(5)
        return status

    def stop(self) -> int:
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        """SIGKILL for the whole group, then reaps it."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(10)
        self.reader.join(5)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind, *_):
        self.kill()
        if kind is not None:
            print(f"--- output of the server at {self.url} ---")
            print("\n".join(self.lines[-200:]))
