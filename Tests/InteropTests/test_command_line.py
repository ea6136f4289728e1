"""The commands: what they write, print, refuse and keep to themselves."""

import base64
import json
import os
import re
import socket
import stat
import subprocess
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import keys
from auditor import Auditor
from client import Client, good_body
from conftest import ADDRESS
from issuer import Issuer
from program import House, Server, binary, environment, eventually, run

PASSPHRASE = "marker-passphrase-7f3a"


def openssl(*arguments: str, cwd=None, **environment: str) -> subprocess.CompletedProcess:
    merged = {**os.environ, **environment}
    return subprocess.run(["openssl", *map(str, arguments)], cwd=cwd, env=merged, capture_output=True, text=True)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A data directory with the passphrase that must appear nowhere, and what `init` printed."""
    house = House(tmp_path_factory.mktemp("fresh"), passphrase=PASSPHRASE)
    house.printed = house.init()
    return house


def test_init_writes_what_it_promises_for_its_owner_only(fresh):
    """The files of the contract, 0600, directories 0700; not a plain private key among them."""
    found = {p.relative_to(fresh.directory).as_posix(): p for p in fresh.directory.rglob("*")}
    log = f"log/{fresh.shard}"
    expected = {"settings.yaml", "ca/root.pem", "ca/root-key.pem", "ca/issuing.pem", "ca/issuing-key.pem",
                "ca/chain.pem", f"{log}/key.pem", f"{log}/public.pem", f"{log}/log.sqlite"}  # fmt: skip
    assert expected <= set(found)
    for path in [fresh.directory, *found.values()]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
        if path.is_file():
            data = path.read_bytes()
            assert PASSPHRASE.encode() not in data and b"BEGIN PRIVATE KEY" not in data and b"BEGIN EC" not in data


def test_openssl_opens_the_keys_with_the_passphrase_only(fresh):
    """OPS-02 §5: encrypted PKCS#8 that fits certificate and public key, and does not open with another passphrase."""
    log = f"log/{fresh.shard}"
    for key, public in (("ca/root-key.pem", "ca/root.pem"), ("ca/issuing-key.pem", "ca/issuing.pem"),
                        (f"{log}/key.pem", f"{log}/public.pem")):  # fmt: skip
        assert fresh.read(key).startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        good = openssl("pkey", "-in", fresh.directory / key, "-passin", "env:P", "-pubout", P=PASSPHRASE)
        data = fresh.read(public)
        if b"CERTIFICATE" in data:
            certificate = x509.load_pem_x509_certificate(data)
            data = certificate.public_key().public_bytes(keys.PEM, keys.SPKI)
        assert good.returncode == 0 and good.stdout == data.decode()
        assert openssl("pkey", "-in", fresh.directory / key, "-passin", "env:P", "-noout", P="x").returncode != 0


def test_init_prints_fingerprints_and_no_secret(fresh):
    """R-46: SHA-256 of both certificates and the log ID can be found; the passphrase cannot."""
    printed = fresh.printed.stdout
    plain = re.sub(r"[:\s]", "", printed).lower()
    for name in ("root", "issuing"):
        certificate = x509.load_pem_x509_certificate(fresh.read(f"ca/{name}.pem"))
        fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        assert fingerprint in plain
    log_id = Auditor(fresh).key.log_id
    assert log_id.hex() in plain or base64.b64encode(log_id).decode() in printed
    assert PASSPHRASE not in printed + fresh.printed.stderr


def test_the_settings_name_the_chain_and_the_chain_is_issuing_then_root(fresh):
    """CA 5.2: chain.pem holds exactly the two certificates in the order of the answers."""
    chain, issuing, root = (fresh.read(f"ca/{name}.pem") for name in ("chain", "issuing", "root"))
    assert x509.load_pem_x509_certificates(chain) == x509.load_pem_x509_certificates(issuing + root)
    verified = openssl("verify", "-x509_strict", "-CAfile", "ca/root.pem", "ca/issuing.pem", cwd=fresh.directory)
    assert verified.returncode == 0, verified.stderr


def test_init_refuses_a_directory_that_exists(fresh, tmp_path):
    """TL-65: nothing in it is changed, empty or not."""
    before = {p: p.stat().st_mtime_ns for p in fresh.directory.rglob("*")}
    for directory in (fresh.directory, tmp_path):
        done = run("init", "--data-dir", directory, "--organization", "Example", "--public-url", fresh.url,
                   "--passphrase-file", fresh.passphrase_file)  # fmt: skip
        assert done.returncode == 1 and "mintmark: " in done.stderr
    assert {p: p.stat().st_mtime_ns for p in fresh.directory.rglob("*")} == before
    assert list(tmp_path.iterdir()) == []


def subcommands(*parents: str) -> list[tuple[str, ...]]:
    """Every command of the program, by the lists in the help."""
    text = run(*parents, "--help", variables={"COLUMNS": "80"}).stdout
    listed = text.partition("\nSUBCOMMANDS:\n")[2].partition("\n\n")[0]
    names = re.findall(r"^  ([a-z][a-z-]*)(?:  |$|\s+\()", listed, re.MULTILINE)
    return [path for name in names for path in [(*parents, name), *subcommands(*parents, name)]]


def test_examples_of_the_help_can_be_pasted_from_80_columns():
    """An example ends where its last line ends: none is wrapped, so that no backslash stands alone."""
    commands, examples = subcommands(), 0
    assert {("log", "rotate"), ("verify",), ("bench", "issue"), ("development-issuer",)} <= set(commands)
    for command in commands:
        text = run(*command, "--help", variables={"COLUMNS": "80"}).stdout
        for block in re.findall(r"^Examples?:\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL):
            examples += 1
            lines = block.splitlines()
            # What was wrapped begins in the first column.
            assert all(line.startswith("  ") and line.strip() != "\\" for line in lines), (command, block)
            assert not lines[-1].endswith("\\"), (command, block)
            for before, line in zip(lines, lines[1:]):
                assert line.startswith("    ") == before.endswith("\\"), (command, block)
    assert examples > 10


def test_what_cannot_be_reached_is_named_with_its_port(tmp_path):
    """The same words for the commands that read a log and for the bench."""
    with socket.socket() as bound:  # bound, but nobody listens
        bound.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{bound.getsockname()[1]}"
        for arguments in (["log", "audit", f"http://{server}/log/2026a"],
                          ["bench", "issue", "--url", f"http://{server}", "--requests", "1"]):  # fmt: skip
            done = run(*arguments)
            assert done.returncode == 1, done.stderr
            assert f"cannot connect to {server}: connection refused" in done.stderr, done.stderr


def test_a_directory_that_is_no_backup(fresh):
    """Said at once, and `check` names its own help."""
    done = run("restore", "--check", fresh.directory)
    assert done.returncode == 1 and "not a backup (no manifest.json)" in done.stderr
    done = run("check", "--no-such-setting", "1")
    assert done.returncode == 64 and "See: mintmark check --help" in done.stderr


def test_usage_errors_have_their_own_status():
    for arguments in (["init"], ["serve", "--no-such-option"], ["no-such-command"], ["serve", "--port", "x"]):
        assert run(*arguments).returncode == 64
    assert run("init", "--passphrase", "secret").returncode == 64  # there is no such option, on purpose


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa4096"])
def test_every_key_type_of_the_authority_signs(tmp_path, issuer, kind):
    """CRT-06: the leaf's signature follows the issuing key: SHA-256 for P-256 and RSA, SHA-384 for P-384."""
    house = House(tmp_path, key_type=kind)
    house.init()
    house.trust({issuer.url: {}})
    with house.serve() as server:
        issued = Client(house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        Auditor(house).check_issued(issued)
        assert server.stop() == 0
    assert issued.leaf.signature_hash_algorithm.name == ("sha384" if kind == "p384" else "sha256")
    for certificate in issued.certificates[1:]:
        key = certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey if kind == "rsa4096" else ec.EllipticCurvePublicKey)
        assert key.key_size == {"p256": 256, "p384": 384, "rsa4096": 4096}[kind]
    for link, above in zip(issued.certificates, issued.certificates[1:]):
        link.verify_directly_issued_by(above)


def test_the_passphrase_may_come_from_a_descriptor(tmp_path):
    """R-46: --passphrase-fd for `init`; the key then opens with it."""
    house = House(tmp_path)
    read, write = os.pipe()
    os.write(write, b"from a pipe\n")
    os.close(write)
    command = [binary(), "init", "--data-dir", str(house.directory), "--organization", "Example", "--public-url",
               house.url, "--passphrase-fd", str(read)]  # fmt: skip
    done = subprocess.run(command, env=environment(), pass_fds=[read], capture_output=True, timeout=120)
    os.close(read)
    assert done.returncode == 0, done.stderr
    serialization.load_pem_private_key(house.read("ca/issuing-key.pem"), b"from a pipe")


MISTAKES = """\
oidc-issuers:
  http://127.0.0.1:9:
    issuer-url: http://127.0.0.1:8
    client-id: sigstore
    type: email
  https://example.com/a:
    issuer-url: https://example.com/a
    client-id: ""
    type: email
  https://example.com/b:
    issuer-url: https://example.com/b
    client-id: sigstore
    type: carrier-pigeon
    challenge-claim: sub
  http://example.com/c:
    issuer-url: http://example.com/c
    client-id: sigstore
    type: email
"""


def test_all_mistakes_of_a_configuration_are_named_at_once(fresh):
    """TOK-25 R-43: four mistakes, four lines, status 1, and no port was opened meanwhile."""
    fresh.configuration.write_text(MISTAKES)
    with socket.socket() as taken:
        # The port is taken: a start that binds before it checks would fail with another line.
        taken.bind(("127.0.0.1", fresh.port))
        taken.listen()
        said = fresh.refuses_to_serve()
    lines = [line for line in said.splitlines() if line.startswith("mintmark: ")]
    assert len(lines) == 4, said
    for piece in ("127.0.0.1:9", "example.com/a", "example.com/b", "example.com/c"):
        assert sum(piece in line for line in lines) == 1, piece


CONFIGURATIONS = {
    "TOK-25 no YAML": "oidc-issuers: [\n",
    "TOK-25 a repeated key": "oidc-issuers: {}\noidc-issuers: {}\n",
    "TOK-25 the wrong type": "oidc-issuers: 5\n",
    "TOK-25 nothing recognisable": "something: else\n",
    "TOK-25 empty": "",
    "TOK-25 JSON with YAML's names half filled": '{"oidc-issuers": {"http://127.0.0.1:9": {"client-id": 5}}}',
    "CA 2.3 a star in a fixed issuer": "oidc-issuers:\n  https://*.example.com:\n    issuer-url: https://*.example.com\n"
    "    client-id: sigstore\n    type: email\n",
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_bad_configuration_stops_the_start(fresh, name):
    fresh.configuration.write_text(CONFIGURATIONS[name])
    assert "mintmark: " in fresh.refuses_to_serve()


def test_a_configuration_that_is_missing_stops_the_start(fresh):
    """TOK-25 §2.6: an explicitly given path."""
    fresh.configuration.unlink(missing_ok=True)
    assert "mintmark: " in fresh.refuses_to_serve()


def test_anchors_and_unknown_keys_are_read_as_the_public_file_has_them(tmp_path, issuer):
    """TOK-26 for YAML: a top-level list of anchors, aliases also as keys, unknown members ignored."""
    house = House(tmp_path)
    house.init()
    house.configuration.write_text(
        f"define:\n  - &url {issuer.url}\n  - &who sigstore\n  - &kind email\n"
        f"oidc-issuers:\n  *url :\n    issuer-url: *url\n    client-id: *who\n    type: *kind\n"
        f"    contact: x@example.com\n    unknown: 1\n"
    )
    with house.serve():
        Client(house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))


def test_a_free_port_is_chosen_and_announced(tmp_path, issuer):
    """The one log line with the message `listening` says where; the lines are JSON; the status is 0."""
    house = House(tmp_path)
    house.init()
    house.trust({issuer.url: {}})
    with Server(house.arguments(port=0, metrics_port=0), house.url) as server:

        def announced():
            return [r for r in server.records() if r.get("message") == "listening"]

        eventually(announced, 60, "the announcement")
        found = re.findall(r"http://127\.0\.0\.1:(\d+)", json.dumps(announced()))
        assert found and int(found[0]) != house.port
        Client(f"http://127.0.0.1:{found[0]}").issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        warnings = [r for r in server.records() if r["severity"] == "warn"]
        assert any(issuer.url in json.dumps(r) for r in warnings), "an http:// issuer is worth a warning"
        assert server.stop() == 0
        assert all(line.startswith("{") for line in server.lines), server.output


METRICS = [
    ("fulcio_new_certs", "counter"),
    ("fulcio_api_latency", "histogram"),
    ("http_requests_total", "counter"),
    ("fulcio_build_info", "gauge"),
]


def scrape(world, path="/metrics") -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{world.house.metrics_port}{path}", timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return answer.read().decode()


@pytest.mark.parametrize("name,kind", METRICS)
def test_metrics_have_their_names_and_types(world, name, kind):
    """OPS-07 (names and types of §8.3)."""
    world.client.issue(world.good_body())
    assert f"# TYPE {name} {kind}\n" in scrape(world)


def counted(text: str) -> float:
    return float(re.search(r"^fulcio_new_certs(?:\{\})? (\S+)$", text, re.MULTILINE)[1])


def test_the_counter_counts_certificates_and_nothing_else(world):
    """OPS-07 SCT-05: up by one for a certificate, unchanged by a refusal; latency has a sample; any path answers."""
    before = counted(scrape(world))
    world.client.issue(world.good_body())
    world.client.refuse(b"{}", None)
    after = scrape(world, "/any/path")
    assert counted(after) == before + 1
    samples = re.findall(r"^fulcio_api_latency_count\{(.*)\} (\S+)$", after, re.MULTILINE)
    assert any('code="200"' in labels and 'method="post"' in labels and float(n) >= 1 for labels, n in samples)


def test_nothing_secret_is_written_anywhere(tmp_path):
    """R-46 R-48 OPS-08: passphrase, token, a marked claim and the proof, in logs, metrics and the process's papers."""
    with Issuer() as issuer:
        house = House(tmp_path, passphrase=PASSPHRASE)
        house.init()
        house.trust({issuer.url: {}})
        token = issuer.token(issuer.email(ADDRESS, nonce="marker-claim-19c2"))
        stale = issuer.token(issuer.email(ADDRESS, nonce="marker-claim-19c2", exp=1))
        good, bad = good_body(token, ADDRESS), good_body(stale, ADDRESS)
        with house.serve() as server:
            Client(house.url).issue(good)
            Client(house.url).refuse(bad, None)
            Client(house.url).refuse({**good, "publicKeyRequest": {"publicKey": {"content": "marker-key"}}}, None)
            with urllib.request.urlopen(f"http://127.0.0.1:{house.metrics_port}/", timeout=30) as answer:
                seen = answer.read().decode()
            for paper in ("cmdline", "environ"):
                seen += open(f"/proc/{server.process.pid}/{paper}", errors="replace").read()
            assert server.stop() == 0
            seen += server.output
    proof = good["publicKeyRequest"]["proofOfPossession"]
    secrets = [PASSPHRASE, "marker-claim-19c2", "marker-key", proof, *token.split(".")[1:], *stale.split(".")[1:]]
    assert not [secret for secret in secrets if secret in seen]
    assert "PRIVATE KEY" not in seen and issuer.url in seen


def inspect(tmp_path, name: str, data: str | bytes) -> str:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    done = run("inspect", path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_inspect_puts_everything_of_ours_into_words(world, tmp_path):
    """A certificate of each kind, a request, a token and a checkpoint: what matters is in the text."""
    claims = world.github.github()
    workflow = world.client.issue(good_body(world.github.token(claims), claims["sub"]))
    text = inspect(tmp_path, "workflow.pem", workflow.pems[0])
    for piece in (world.github.url, "o/r/.github/workflows/x.yml", "a" * 40, "github-hosted", str(workflow.index)):
        assert piece in text
    assert ADDRESS in inspect(tmp_path, "leaf.pem", world.client.issue(world.good_body()).pems[0])
    assert "Example" in inspect(tmp_path, "root.pem", world.house.read("ca/root.pem"))
    csr = keys.pem(keys.shared("p256").csr(), "CERTIFICATE REQUEST")
    assert re.search("P-256|prime256v1|p256", inspect(tmp_path, "request.pem", csr), re.IGNORECASE)
    token = world.token()
    text = inspect(tmp_path, "token.jwt", token)
    assert world.email.url in text and ADDRESS in text and token.split(".")[2] not in text
    note = world.auditor.get("checkpoint").content
    text = inspect(tmp_path, "checkpoint", note)
    assert world.house.origin in text and note.decode().split("\n")[1] in text


NONSENSE = {"empty": b"", "words": b"words", "bad": keys.pem(b"\0\0", "CERTIFICATE").encode(), "zeros": bytes(99)}


@pytest.mark.parametrize("kind", NONSENSE)
def test_inspect_refuses_what_it_does_not_know(tmp_path, kind):
    (tmp_path / "file").write_bytes(NONSENSE[kind])
    done = run("inspect", tmp_path / "file")
    assert done.returncode == 1 and "mintmark: " in done.stderr and done.stdout == ""
    assert run("inspect", tmp_path / "missing").returncode == 1
