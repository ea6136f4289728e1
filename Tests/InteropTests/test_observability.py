"""Metrics and logs (certificate-authority §8.3, §8.4; reliability R-46 to R-48, R-55, R-56)."""

import json
import os
import pathlib
import random
import signal
import socket
import string
import subprocess
import sys
import time

import client
import keys
import pytest
import requests
from client import TOKEN, Client, good_body, key_body, request_body
from conftest import ADDRESS
from cryptography import x509
from issuer import Issuer
from program import House, Server, binary, environment, eventually
from prometheus_client.parser import text_string_to_metric_families

METRICS = {
    "fulcio_new_certs": "counter", "fulcio_api_latency": "histogram", "fulcio_build_info": "gauge",
    "http_requests_total": "counter", "promhttp_metric_handler_requests_total": "counter",
    "promhttp_metric_handler_requests_in_flight": "gauge", "mintmark_refusals_total": "counter",
    "mintmark_issuances_total": "counter", "mintmark_issuer_key_age_seconds": "gauge",
    "mintmark_issuer_key_fetch_failures_total": "counter",
    "mintmark_ca_certificate_days_left": "gauge",
    "mintmark_ca_certificate_not_after_timestamp_seconds": "gauge", "mintmark_log_tree_size": "gauge",
    "mintmark_log_checkpoint_age_seconds": "gauge", "mintmark_log_sequencing_seconds": "histogram",
    "mintmark_log_commits_total": "counter", "mintmark_log_syncs_total": "counter",
    "mintmark_log_queue_entries": "gauge", "mintmark_log_waiting_certificates": "gauge",
    "mintmark_log_volume_free_bytes": "gauge", "mintmark_log_volume_reserve_bytes": "gauge",
    "mintmark_signing_requests_in_flight": "gauge", "mintmark_ready": "gauge", "mintmark_clock_alarm": "gauge",
    "mintmark_self_test_success": "gauge", "mintmark_metrics_dropped_total": "counter",
    "process_start_time_seconds": "gauge", "process_resident_memory_bytes": "gauge",
    "process_virtual_memory_bytes": "gauge", "process_open_fds": "gauge", "process_max_fds": "gauge",
    "process_cpu_seconds_total": "counter",
}  # fmt: skip
BUCKETS = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]


class Scrape:
    """One answer of the metrics port, read by the client library of Prometheus."""

    def __init__(self, port: int):
        answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        self.text = answer.text
        self.families = list(text_string_to_metric_families(self.text))
        self.samples = [sample for family in self.families for sample in family.samples]

    def value(self, name: str, **labels) -> float:
        """The sum of the samples with these labels, among others; there must be one.

        The parser adds the suffix that counters have in OpenMetrics.
        """
        named = [s for s in self.samples if s.name in (name, name + "_total")]
        found = [s.value for s in named if labels.items() <= s.labels.items()]
        assert found, (name, labels)
        return sum(found)

    @property
    def series(self) -> set:
        return {(sample.name, *sorted(sample.labels.items())) for sample in self.samples}


def good(issuer, **claims) -> dict:
    return good_body(issuer.token(issuer.email(ADDRESS, **claims)), ADDRESS)


def legacy(issuer) -> tuple[bytes, dict]:
    key = keys.shared("p256")
    body = {
        "publicKey": {"algorithm": "ecdsa", "content": client.text64(key.pem().encode())},
        "signedEmailAddress": client.text64(key.sign(ADDRESS.encode())),
    }
    return body, {"Authorization": "Bearer " + issuer.token(issuer.email(ADDRESS))}


def test_the_upstream_check_passes_after_one_issuance_of_the_first_version(trusting, issuer):
    """OPS-07: as Fulcio's own end-to-end test reads the metrics; every family has its type, a help line and a use."""
    with trusting.serve():
        assert Scrape(trusting.metrics_port).value("fulcio_new_certs") == 0
        body, headers = legacy(issuer)
        assert Client(trusting.url).post(body, headers, "/api/v1/signingCert").status_code == 201
        Client(trusting.url).refuse(good(issuer, exp=1), TOKEN)
        scrape = Scrape(trusting.metrics_port)
    for name, kind in METRICS.items():
        assert f"# TYPE {name} {kind}\n" in scrape.text and f"# HELP {name} " in scrape.text, name
    assert scrape.text.count("# TYPE ") == scrape.text.count("# HELP ")
    assert "fulcio_new_certs 1\n" in scrape.text
    samples = [s for s in scrape.samples if s.name == "fulcio_api_latency_bucket"]
    found = [s for s in samples if (s.labels["code"], s.labels["method"]) == ("201", "post")]
    assert [s.labels["le"] for s in found] == BUCKETS and found[-1].value == 1
    assert all(set(s.labels) == {"code", "method", "le"} for s in samples)
    assert scrape.value("http_requests_total", code="201", method="post") == 1
    [build] = [s for s in scrape.samples if s.name == "fulcio_build_info"]
    assert set(build.labels) == {"version", "revision", "build_date", "goversion"} and build.value == 1
    assert build.labels["version"] and build.labels["goversion"]
    assert scrape.value("promhttp_metric_handler_requests_total", code="200") == 1
    assert scrape.value("promhttp_metric_handler_requests_in_flight") == 1


def test_metrics_say_how_things_are(trusting, issuer):
    """R-55: issuers, certificates, log and process, each compared with what is known from elsewhere."""
    with Issuer() as away:
        away.stop()
        trusting.trust({issuer.url: {}, away.url: {}})
        with trusting.serve() as server:
            for _ in range(3):
                Client(trusting.url).issue(good(issuer))
            Client(trusting.url).refuse(good(issuer, exp=1), TOKEN)
            Client(trusting.url).refuse(good(issuer, iss="https://elsewhere.example"), TOKEN)
            scrape = Scrape(trusting.metrics_port)
            files = len(os.listdir(f"/proc/{server.process.pid}/fd"))
            resident = server.resident_bytes()
    name = {"issuer": issuer.url}
    assert scrape.value("mintmark_issuances_total", **name) == scrape.value("fulcio_new_certs") == 3
    assert scrape.value("mintmark_refusals_total", reason="token-expired", **name) == 1
    assert scrape.value("mintmark_refusals_total", reason="token-issuer-unknown", issuer="unknown") == 1
    ages = {s.labels["issuer"]: s.value for s in scrape.samples if s.name == "mintmark_issuer_key_age_seconds"}
    assert set(ages) == {issuer.url} and 0 <= ages[issuer.url] < 300
    assert scrape.value("mintmark_issuer_key_fetch_failures_total", issuer=away.url) >= 1
    assert scrape.value("mintmark_issuer_key_fetch_failures_total", **name) == 0
    chain = x509.load_pem_x509_certificates(trusting.read("ca/chain.pem"))
    for place, certificate in zip(("issuing", "root"), chain, strict=True):
        found = scrape.value("mintmark_ca_certificate_not_after_timestamp_seconds", place=place)
        assert found == certificate.not_valid_after_utc.timestamp()
        left = (found - time.time()) / 86400
        assert left - 1.1 < scrape.value("mintmark_ca_certificate_days_left", place=place) <= left + 0.1
    assert scrape.value("mintmark_log_tree_size", shard="2026a") == 3
    assert 0 <= scrape.value("mintmark_log_checkpoint_age_seconds", shard="2026a") < 60
    assert scrape.value("mintmark_log_sequencing_seconds_count", shard="2026a") == 3
    for name in ("mintmark_log_queue_entries", "mintmark_log_waiting_certificates"):
        assert scrape.value(name, shard="2026a") == 0
    disk = os.statvfs(trusting.database)
    total, free = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize
    assert scrape.value("mintmark_log_volume_reserve_bytes", shard="2026a") == min(1 << 30, total // 50)
    assert abs(scrape.value("mintmark_log_volume_free_bytes", shard="2026a") - free) < free / 10 + (1 << 30)
    assert scrape.value("mintmark_ready") == scrape.value("mintmark_self_test_success") == 1
    assert scrape.value("mintmark_clock_alarm") == 0
    started = scrape.value("process_start_time_seconds")
    assert 0 < started <= os.stat(trusting.configuration).st_mtime + 3600
    assert scrape.value("process_resident_memory_bytes") > resident / 4
    assert abs(scrape.value("process_open_fds") - files) < 20
    assert scrape.value("process_max_fds") > 0 and scrape.value("process_cpu_seconds_total") > 0


METHODS = ["PROPFIND", "MKCOL", "REPORT", "SUBSCRIBE", "LINK", "PURGE", "SEARCH", "LOCK", "TRACE", "ACL", "REBIND"]


def test_a_flood_of_names_makes_no_series(trusting, issuer):
    """R-55 R-56: 2,000 issuers, paths and methods that nobody knows, and request names; the series stay the same."""
    dice = random.Random(7)

    def name() -> str:
        return "".join(dice.choices(string.ascii_letters, k=12))

    def round_of(count: int) -> None:
        with socket.create_connection(("127.0.0.1", trusting.port), timeout=60) as connection:
            reader = connection.makefile("rb")
            for _ in range(count):
                line = f"{dice.choice(METHODS)} /{name()} HTTP/1.1\r\n"
                connection.sendall(f"{line}Host: x\r\nX-Request-Id: {name()}\r\n\r\n".encode())
                length = 0
                assert reader.readline().startswith(b"HTTP/1.1 404")
                while (line := reader.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                reader.read(length)
        for _ in range(count // 10):
            with socket.create_connection(("127.0.0.1", trusting.port), timeout=60) as connection:
                connection.sendall(f"{name().upper()} /{name()} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert connection.recv(65_536).startswith(b"HTTP/1.1 400"), "a method that HTTP does not know"
        for _ in range(count):
            token = issuer.token(issuer.email(ADDRESS, iss=f"https://{name()}.example"))
            Client.refuse(shared, key_body(token, "no key", b"no proof"), TOKEN)

    with trusting.serve() as server:
        shared = Client(trusting.url)
        shared.issue(good(issuer))
        round_of(3)
        before = Scrape(trusting.metrics_port)
        round_of(2000)
        after = Scrape(trusting.metrics_port)
        assert server.stop() == 0
    assert after.series == before.series
    assert after.value("mintmark_refusals_total", issuer="unknown", reason="token-issuer-unknown") == 2003
    assert after.value("http_requests_total", method="other", code="404") == 2003
    assert len(after.text) < 2 * len(before.text)


def test_a_failed_request_is_one_line_with_the_fields_of_the_reference(trusting, issuer):
    """8.4 1.8: a warning for what the client caused, with code, clientMessage, error and requestID."""
    with trusting.serve("--log_type", "prod") as server:
        Client(trusting.url).refuse(good(issuer, exp=1), TOKEN, headers={"X-Request-Id": "r" * 200})
        Client(trusting.url).refuse(good(issuer, email_verified=False), TOKEN)
        assert server.stop() == 0
    assert all(line.startswith("{") for line in server.lines), server.output
    assert all({"severity", "message", "time"} <= set(record) for record in server.records())
    first, second = [r for r in server.records() if r["message"] == "refused"]
    assert first["severity"] == "warn" and first["code"] == "InvalidArgument" and first["clientMessage"] == TOKEN
    assert first["error"].startswith("expired") and first["reason"] == "token-expired"
    assert first["requestID"] == "r" * 128 and second["requestID"] not in ("", first["requestID"])


def test_a_failure_of_ours_is_an_error(trusting, issuer):
    """8.4: code Internal, severity error."""
    with trusting.serve("--audit-log", "/dev/full", "--log_type", "prod") as server:
        assert Client(trusting.url).post(good(issuer)).status_code == 500
        assert server.stop() == 0
    [line] = [r for r in server.records() if r["message"] == "failed"]
    assert line["severity"] == "error" and line["code"] == "Internal" and "audit stream" in line["error"]
    assert line["clientMessage"] == "error communicating with CA backend"


def test_dev_is_text_on_standard_output_with_an_access_log(trusting, issuer, tmp_path):
    """8.4 OPS-08: debug level, method, path, status, duration and name of each request; no query and no header."""
    command = [binary(), *map(str, trusting.arguments()), "--log_type", "dev"]
    out, err = (tmp_path / "out").open("wb"), (tmp_path / "err").open("wb")
    process = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    try:

        def answers():
            try:
                return requests.get(trusting.url + "/healthz?secret=in-the-query", timeout=5, headers={"X-S": "in-a-header"})
            except requests.ConnectionError:
                return None

        eventually(answers, 60, "the server answers")
        Client(trusting.url).issue(good(issuer), headers={"X-Request-Id": "named"})
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    text = (tmp_path / "out").read_text()
    assert (tmp_path / "err").read_text() == ""
    access = [line for line in text.splitlines() if " debug: request " in line]
    assert any("path=/healthz " in line and "status=200" in line and "method=GET" in line for line in access)
    assert any("requestID=named" in line and "duration=" in line for line in access)
    assert "in-the-query" not in text and "in-a-header" not in text and not text.startswith("{")


MARKERS = ["marker-claim-7f3a", "marker-subject-51c", "marker-proof", "marker-key-9d", "marker-phrase-02e"]


def test_secrets_and_claims_are_nowhere(issuer, tmp_path):
    """OPS-08 R-46 R-48: markers in token, claims, proof, key and passphrase, with debug logging, wherever we write."""
    house = House(tmp_path, passphrase=MARKERS[4])
    house.init()
    house.trust({issuer.url: {}})
    audit = tmp_path / "audit.jsonl"
    address = MARKERS[0] + "@example.com"
    claims = {"email": address, "sub": MARKERS[1], "nonce": MARKERS[0], MARKERS[0]: MARKERS[0]}
    token = issuer.token(issuer.email(**{k: v for k, v in claims.items() if k != "email"}) | {"email": address})
    stale = issuer.token(issuer.claims({**claims, "exp": 1}))
    unverified = issuer.token(issuer.claims({**claims, "email_verified": False}))
    issued = good_body(token, address)
    proof = client.text64(MARKERS[2].encode())
    bad = [
        good_body(stale, address), good_body(unverified, address), key_body(token, MARKERS[3], MARKERS[2].encode()),
        key_body(MARKERS[0] + "." + token, keys.shared("p256").pem(), b""), request_body(token, MARKERS[3]),
        {**issued, "publicKeyRequest": {**issued["publicKeyRequest"], "proofOfPossession": proof}},
    ]  # fmt: skip
    seen = ""
    arguments = ["--audit-log", audit, "--audit-subject=false", "--log-level", "debug"]
    with house.serve(*arguments) as server:
        Client(house.url).issue(issued)
        for body in bad:
            Client(house.url).refuse(body, None)
        Client(house.url).refuse(json.dumps({"credentials": MARKERS[0]}).encode(), None)
        Client(house.url).get("/healthz?token=" + MARKERS[0], headers={"Authorization": "Bearer " + token})
        seen += Scrape(house.metrics_port).text
        for paper in ("cmdline", "environ", "comm", "maps"):
            seen += pathlib.Path(f"/proc/{server.process.pid}/{paper}").read_bytes().decode(errors="replace")
        assert server.stop() == 0
        seen += server.output
    seen += audit.read_text()
    parts = [part for text in (token, stale, unverified) for part in text.split(".")[1:]]
    proofs = [issued["publicKeyRequest"]["proofOfPossession"], proof]
    assert not [secret for secret in [*MARKERS, *parts, *proofs] if secret in seen]
    assert "PRIVATE KEY" not in seen and issuer.url in seen and '"debug"' in seen


def test_others_may_not_read_the_memory(trusting):
    """R-46: another process of the same user may not look into ours; it may look into one that allows it."""
    # Root may look everywhere; what counts is the user without the powers of root.
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []

    def reads(pid: int) -> bool:
        reading = f"open('/proc/{pid}/environ', 'rb').read(1); open('/proc/{pid}/mem', 'rb')"
        done = subprocess.run([*powerless, sys.executable, "-c", reading], capture_output=True, text=True, check=False)
        assert done.returncode == 0 or "PermissionError" in done.stderr, done.stderr
        return done.returncode == 0

    with Server([*powerless, binary(), *trusting.arguments()], trusting.url, traced=True) as server:
        server.wait_until_ready()
        limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
        [core] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core.split()[4:6] == ["0", "0"]
        open_one = subprocess.Popen([*powerless, "sleep", "60"])
        try:
            eventually(lambda: pathlib.Path(f"/proc/{open_one.pid}/comm").read_text() == "sleep\n", 30, "sleep runs")
            assert reads(open_one.pid), "the test itself must be able to read"
        finally:
            open_one.kill()
            open_one.wait(10)
        assert not reads(server.process.pid)


@pytest.mark.parametrize("command", ["serve", "check"])
def test_the_memory_is_closed_before_a_passphrase_is_read(trusting, command):
    """R-46 R-47: a command that waits for its passphrase has no core file and no crash report, and is closed to others."""
    given = environment()
    given.pop("SWIFT_BACKTRACE")
    arguments = [str(part) for part in trusting.arguments()[1:]]
    place = arguments.index("--passphrase-file")
    arguments[place : place + 2] = ["--passphrase-fd", "0"]
    # Root may look everywhere, and nobody with less may look at root.
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    process = subprocess.Popen(
        [*powerless, binary(), command, *arguments], env=given, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    papers = pathlib.Path(f"/proc/{process.pid}")
    reading = [*powerless, sys.executable, "-c", f"open('/proc/{process.pid}/mem', 'rb')"]

    def has_no_core() -> bool:
        assert process.poll() is None, "it waits for a passphrase that does not come"
        [core] = [line for line in papers.joinpath("limits").read_text().splitlines() if "core file size" in line]
        return core.split()[4:6] == ["0", "0"]

    def is_closed() -> bool:
        done = subprocess.run(reading, capture_output=True, text=True, check=False)
        return "PermissionError" in done.stderr

    try:
        eventually(has_no_core, 60, "it writes no core file")
        eventually(is_closed, 60, "its memory is closed")
        if os.getuid() == 0:
            assert b"SWIFT_BACKTRACE=enable=no" in papers.joinpath("environ").read_bytes()
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.parametrize("value", [None, "enable=yes", "enable=tty", ""])
def test_crash_reports_are_off_whatever_the_environment_says(trusting, issuer, value):
    """R-47: the program executes itself once more, as the same process, with the variable set."""
    given = environment()
    given.pop("SWIFT_BACKTRACE")
    if value is not None:
        given["SWIFT_BACKTRACE"] = value
    command = [binary(), *map(str, trusting.arguments())]
    process = subprocess.Popen(command, env=given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:

        def healthy():
            try:
                return requests.get(trusting.url + "/healthz", timeout=5).status_code == 200
            except requests.ConnectionError:
                return False

        eventually(healthy, 60, "the server answers")
        papers = pathlib.Path(f"/proc/{process.pid}")
        found = papers.joinpath("environ").read_bytes().split(b"\0")
        assert [entry for entry in found if entry.startswith(b"SWIFT_BACKTRACE=")] == [b"SWIFT_BACKTRACE=enable=no"]
        assert papers.joinpath("cmdline").read_bytes().split(b"\0")[:-1] == [part.encode() for part in command]
        assert papers.joinpath("comm").read_text().strip() == pathlib.Path(binary()).name[:15]
        Client(trusting.url).issue(good(issuer))
    finally:
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0 and output.count('"starting"') == 1, output


def test_a_trap_writes_no_memory(trusting, issuer):
    """R-47 R-46: a fatal signal ends the process at once, without a report."""
    with trusting.serve() as server:
        Client(trusting.url).issue(good(issuer))
        server.process.send_signal(signal.SIGILL)
        assert server.wait() == -signal.SIGILL
    assert all(line.startswith("{") for line in server.lines), server.output
