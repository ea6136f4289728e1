"""The self-audit (transparency-log 5.4.1, 5.4.2): the server looks at its own log through what stands before it."""

import base64
import contextlib
import http.server
import shutil
import threading
import urllib.error
import urllib.request

import requests

from client import Client
from ports import free_port
from program import House, eventually

# Two looks, each at most ten seconds after the one before, and time to spare.
PATIENCE = 60.0


class Proxy:
    """What stands before a log: passes everything on unless a path is overridden."""

    def __init__(self, target: str):
        self.target, self.port = target, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.kept: dict[str, bytes] = {}  # path ends, with what is answered for them
        self.added: dict[str, bytes] = {}  # path ends, with what follows the true answer
        self.asked: list[str] = []

    def __enter__(self) -> "Proxy":
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                proxy.asked.append(self.path)
                body, status = proxy.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def answer(self, path: str) -> tuple[bytes, int]:
        for end, body in self.kept.items():
            if end in path:
                return body, 200
        try:
            with urllib.request.urlopen(self.target + path, timeout=10) as answer:
                added = b"".join(more for end, more in self.added.items() if path.endswith(end))
                return answer.read() + added, answer.status
        except urllib.error.HTTPError as error:
            return error.read(), error.code

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def audited(house, proxy, *more):
    with house.serve("--log-self-audit", "on", "--log-monitoring-url", proxy.url, *more) as server:
        yield server


def found(house, result: str) -> float:
    text = requests.get(f"http://127.0.0.1:{house.metrics_port}/metrics", timeout=10).text
    lines = [line for line in text.splitlines() if line.startswith("mintmark_log_self_audit_checks_total")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if f'result="{result}"' in line)


def ready(house) -> dict:
    return requests.get(house.url + "/readyz", timeout=10).json()


def test_a_stale_cache_before_the_checkpoint(trusting, body, tmp_path):
    """TL-81: a checkpoint that is served long after newer ones were published raises an alarm and freezes nothing."""
    audit = tmp_path / "audit.jsonl"
    client = Client(trusting.url)
    with Proxy(trusting.url) as proxy, audited(trusting, proxy, "--audit-log", str(audit)):
        client.issue(body)
        eventually(lambda: found(trusting, "good"), PATIENCE, "a good look")
        assert any("/checkpoint" in path for path in proxy.asked) and any("/tile/0/" in path for path in proxy.asked)
        assert ready(trusting)["warnings"] == [] and found(trusting, "stale") == 0
        proxy.kept["/checkpoint"] = requests.get(trusting.log_url + "/checkpoint", timeout=10).content
        client.issue(body)
        eventually(lambda: found(trusting, "stale"), PATIENCE, "the stale checkpoint is found")
        assert ready(trusting)["warnings"] and ready(trusting)["reasons"] == []
        eventually(lambda: "self-audit-stale" in audit.read_text(), 10, "the audit stream tells")
        client.issue(body)
        proxy.kept.clear()
        eventually(lambda: ready(trusting)["warnings"] == [], PATIENCE, "the alarm ends by itself")
        assert audit.read_text().count("self-audit-stale") == 1


def test_a_checkpoint_with_many_cosignatures(trusting, body):
    """TL-81: a checkpoint with as many signatures as a note may have is read whole, however long they are."""
    line = "— witness.example/%d " + base64.b64encode(bytes(1000)).decode() + "\n"
    with Proxy(trusting.url) as proxy:
        proxy.added["/checkpoint"] = "".join(line % number for number in range(99)).encode()
        assert len(proxy.added["/checkpoint"]) > 64 << 10
        with audited(trusting, proxy):
            Client(trusting.url).issue(body)
            eventually(lambda: found(trusting, "good"), PATIENCE, "a good look")
            assert ready(trusting)["warnings"] == []


def test_a_replica_that_serves_another_tree(trusting, body, tmp_path, issuer):
    """TL-81: another key's checkpoint and a tile without our entries raise alarms; nothing is frozen."""
    (tmp_path / "other").mkdir()
    other = House(tmp_path / "other", shard=trusting.shard)
    other.init()
    other.trust({issuer.url: {}})
    with other.serve(), Proxy(trusting.url) as proxy, audited(trusting, proxy):
        Client(trusting.url).issue(body)
        Client(other.url).issue(body)
        proxy.kept["/checkpoint"] = requests.get(other.log_url + "/checkpoint", timeout=10).content
        eventually(lambda: found(trusting, "contradicted"), PATIENCE, "the other log's checkpoint is found")
        assert ready(trusting)["warnings"] and ready(trusting)["reasons"] == []
        proxy.kept = {"/tile/0/": requests.get(other.log_url + "/tile/0/000.p/1", timeout=10).content}
        before = found(trusting, "contradicted")
        Client(trusting.url).issue(body)  # a new head, so that it looks again
        proxy.kept["/tile/0/"] += bytes(32)
        eventually(lambda: found(trusting, "contradicted") > before, PATIENCE, "the other log's tile is found")
        Client(trusting.url).issue(body)


def test_a_second_history_under_our_key_freezes(trusting, body, tmp_path):
    """TL-81: a head that our key has signed and that is not one of this log is a fork: nothing is signed any more."""
    client = Client(trusting.url)
    (tmp_path / "twin").mkdir()
    twin = House(tmp_path / "twin", shard=trusting.shard)
    shutil.copytree(trusting.directory, twin.directory)
    shutil.copy(trusting.configuration, twin.configuration)
    with twin.serve():
        Client(twin.url).issue(body)
        Client(twin.url).issue(body)
        note = requests.get(twin.log_url + "/checkpoint", timeout=10).content
    with Proxy(trusting.url) as proxy, audited(trusting, proxy):
        client.issue(body)
        client.issue(body)
        proxy.kept["/checkpoint"] = note
        eventually(lambda: "frozen" in str(ready(trusting)["reasons"]), PATIENCE, "the log is frozen")
        assert client.post(body).status_code == 503 and found(trusting, "forked") == 1


def test_no_look_unless_asked_for(trusting, body):
    """The self-audit is off by default: a server may be unable to reach its own public URL."""
    with Proxy(trusting.url) as proxy, trusting.serve("--log-monitoring-url", proxy.url):
        Client(trusting.url).issue(body)
        assert "self_audit" not in requests.get(f"http://127.0.0.1:{trusting.metrics_port}/metrics", timeout=10).text
        assert proxy.asked == []
