"""TLS on the ports of HTTP and gRPC: what is negotiated, what is refused, and certificates that change."""

import os
import shutil
import socket
import ssl
import subprocess
import threading

import httpx
import pytest

import client
import program
import rpc
import tls
from client import good_body
from conftest import ADDRESS
from issuer import Issuer
from ports import free_port
from rpc import HEALTH, V1, V2
from wire import Wire


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """One server with TLS on its one port, for the tests that do not change its certificate."""
    directory = tmp_path_factory.mktemp("tls")
    house, pair = program.House(directory), tls.Pair()
    house.init()
    house.context = pair.context()
    with Issuer() as issuer:
        house.trust({issuer.url: {}})
        with house.serve(*pair.write(directory / "pair").options()) as server:
            house.issuer, house.pair, house.server = issuer, pair, server
            yield house
            assert server.stop() == 0


def body(house) -> dict:
    return good_body(house.issuer.token(house.issuer.email(ADDRESS)), ADDRESS)


@pytest.mark.parametrize("http2", [True, False])
def test_the_json_api(secure, http2):
    """OPS-05: HTTP/2 and HTTP/1.1, chosen by ALPN."""
    url = f"https://127.0.0.1:{secure.port}"
    with httpx.Client(http1=not http2, http2=http2, verify=secure.pair.context(), timeout=60, trust_env=False) as session:
        answer = session.post(url + "/api/v2/signingCert", json=body(secure), headers={"Origin": "https://x"})
        assert (answer.http_version, answer.status_code) == ("HTTP/2" if http2 else "HTTP/1.1", 200)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert session.post(url + "/api/v2/signingCert", json={}).status_code == 400


def test_grpc(secure):
    """OPS-06 TRAP-14: all services on the port of the CA's URL, with TLS."""
    with rpc.Caller(secure.port, secure.pair.pem) as caller:
        assert caller.issue(body(secure))
        assert caller.call(V1, "GetRootCertificate", b"").data
        assert caller.call(V2, "GetTrustBundle", b"").chains
        assert caller.call(HEALTH, "Check", b"").status == 1


def connect(house, context: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", house.port), timeout=20)
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


@pytest.mark.parametrize(
    "offered, chosen",
    [(["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"), (["h2"], "h2"), ([], None)],
)
def test_protocols(secure, offered, chosen):
    with connect(secure, secure.pair.context(*offered)) as connection:
        assert connection.selected_alpn_protocol() == chosen
        if chosen != "h2":
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_versions(secure, version):
    context = secure.pair.context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with connect(secure, context) as connection:
        assert connection.version() == version.replace("_", ".")


@pytest.mark.parametrize("option", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(secure, option):
    """Reliability 3: TLS 1.2 and later; the client itself is allowed to speak older ones."""
    command = ["openssl", "s_client", option, "-cipher", "ALL:@SECLEVEL=0", "-connect", f"127.0.0.1:{secure.port}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "alert protocol version" in done.stderr


def test_connections_are_not_renegotiated(secure):
    """Reliability 4.7: a client that asks for it loses its connection."""
    command = ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{secure.port}"]
    done = subprocess.run(command, input="R\nGET /healthz HTTP/1.1\n\n", capture_output=True, text=True, timeout=60)
    assert "RENEGOTIATING" in done.stdout + done.stderr
    assert "SERVING" not in done.stdout and "HTTP/1.1 200" not in done.stdout


def test_an_answer_before_the_end_of_its_request(secure):
    """R-27 over TLS: the answer arrives whole and the connection ends, although the body never does."""
    with connect(secure, secure.pair.context()) as connection:
        connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
        octets = b""
        while part := connection.recv(65_536):
            octets += part
        assert octets.startswith(b"HTTP/1.1 404") and octets.lower().count(b"connection: close") == 1


def refused(house, reason: str) -> float:
    text = client.Client(f"http://127.0.0.1:{house.metrics_port}").get("/metrics").text
    name = f'mintmark_connections_refused_total{{reason="{reason}"}}'
    return next(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


@pytest.mark.parametrize("octets", [b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_clear_text_on_the_port_for_tls(secure, octets):
    """4.11: closed and counted, without a word of HTTP."""
    before = refused(secure, "tls-handshake-failed")
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as connection:
        connection.sendall(octets)
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
        except ConnectionResetError:
            pass
    assert b"HTTP" not in received
    program.eventually(lambda: refused(secure, "tls-handshake-failed") > before, 10, "the connection is counted")


def test_tls_on_the_port_for_clear_text(world):
    """4.11: closed and counted."""
    before = refused(world.house, "tls-on-clear-text-port")
    with socket.create_connection(("127.0.0.1", world.house.port), timeout=20) as connection:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ssl.create_default_context().wrap_socket(connection, server_hostname="localhost")
    assert refused(world.house, "tls-on-clear-text-port") == before + 1


def test_a_handshake_that_never_ends(secure):
    """Reliability 3: ten seconds for the handshake."""
    with socket.create_connection(("127.0.0.1", secure.port), timeout=40) as connection:
        connection.sendall(bytes.fromhex("1603010200"))
        assert connection.recv(1) == b""


def write_over(files: tls.Files, pair: tls.Pair) -> None:
    """Key first, certificate second: in between the two do not fit."""
    files.key.write_bytes(pair.key_pem)
    files.certificate.write_bytes(pair.pem)


def rename_over(files: tls.Files, pair: tls.Pair) -> None:
    new = pair.write(files.key.parent / "new")
    new.certificate.rename(files.certificate)
    new.key.rename(files.key)


@pytest.mark.parametrize("change", [write_over, rename_over])
def test_certificates_change_while_connections_live(house, issuer, tmp_path, change):
    """OPS-06: written over or renamed over; old connections go on with what they have."""
    house.trust({issuer.url: {}})
    first, second = tls.Pair("first"), tls.Pair("second")
    files = first.write(tmp_path / "pair")
    house.context = first.context()
    with house.serve(*files.options()) as server, rpc.Caller(house.port, first.pem) as caller:
        assert tls.shown(house.port) == first.der and caller.call(HEALTH, "Check", b"").status == 1
        change(files, second)
        program.eventually(lambda: tls.shown(house.port) == second.der, 30, "the new certificate is shown")
        assert caller.call(HEALTH, "Check", b"").status == 1
        with rpc.Caller(house.port, second.pem) as other:
            assert other.issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        assert server.stop() == 0


def test_certificates_behind_a_link_that_is_swapped(house, issuer, tmp_path):
    """OPS-06: as Kubernetes and certificate clients do it; the files themselves never change."""
    house.trust({issuer.url: {}})
    pairs = [tls.Pair("first"), tls.Pair("second")]
    for number, pair in enumerate(pairs):
        pair.write(tmp_path / f"pair{number}")
    current = tmp_path / "current"
    current.symlink_to("pair0")
    files = tls.Files(current / "tls.crt", current / "tls.key")
    house.context = pairs[0].context()
    with house.serve(*files.options()):
        assert tls.shown(house.port) == pairs[0].der
        (tmp_path / "next").symlink_to("pair1")
        os.replace(tmp_path / "next", current)
        program.eventually(lambda: tls.shown(house.port) == pairs[1].der, 30, "the new certificate is shown")


def test_a_bad_new_pair_leaves_the_old_one(house, issuer, tmp_path):
    """OPS-06: whatever is wrong, the reason is logged and the old certificate is shown."""
    house.trust({issuer.url: {}})
    pair, other = tls.Pair(), tls.Pair("other")
    files = pair.write(tmp_path / "pair")
    house.context = pair.context()
    with house.serve(*files.options()) as server:
        for octets, reason in [
            (other.key_pem, "does not belong to the certificate"),
            (b"nonsense", "not an unencrypted private key in PEM"),
            (b"", "not an unencrypted private key in PEM"),
            (None, "No such file or directory"),
        ]:
            files.key.unlink() if octets is None else files.key.write_bytes(octets)
            kept = "not reloaded: what was there before stays in use"
            program.eventually(
                lambda reason=reason: [r for r in server.records() if r["message"] == kept and reason in r["mistakes"]],
                30,
                reason,
            )
            assert tls.shown(house.port) == pair.der
        files.key.write_bytes(pair.key_pem)
        program.eventually(lambda: any(r.get("message") == "reloaded" for r in server.records()), 30, "the good pair is back")


def test_certificates_change_under_load(house, issuer, tmp_path):
    """OPS-06: no call fails while the pair changes again and again."""
    house.trust({issuer.url: {}})
    pairs = [tls.Pair("first"), tls.Pair("second")]
    files = pairs[0].write(tmp_path / "pair")
    trusted, failures, stop = pairs[0].pem + pairs[1].pem, [], threading.Event()
    house.context = ssl.create_default_context(cadata=trusted.decode())

    def call() -> None:
        while not stop.is_set():
            try:
                with rpc.Caller(house.port, trusted) as caller:
                    caller.call(HEALTH, "Check", b"")
            except rpc.Failure as failure:
                failures.append(failure)

    with house.serve(*files.options()):
        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        for pair in (pairs[1], pairs[0], pairs[1]):
            rename_over(files, pair)
            program.eventually(lambda pair=pair: tls.shown(house.port) == pair.der, 30, "the next certificate")
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not failures


def test_two_ports_with_certificates_of_their_own(house, issuer, tmp_path):
    """OPS-04 OPS-06: clear text for HTTP behind a proxy, TLS for gRPC; and the fallback to the one pair."""
    house.trust({issuer.url: {}})
    pair, port = tls.Pair(), free_port()
    files = pair.write(tmp_path / "pair")
    with house.serve(*files.options("--grpc-tls"), grpc_port=port) as server:
        with rpc.Caller(port, pair.pem) as secure, rpc.Caller(house.port) as clear:
            assert secure.call(HEALTH, "Check", b"").status == clear.call(HEALTH, "Check", b"").status == 1
        assert any(r.get("url") == f"https://127.0.0.1:{port}" for r in server.records())
    house.context = pair.context()
    with house.serve(*files.options(), grpc_port=port):
        for number in (house.port, port):
            with rpc.Caller(number, pair.pem) as caller:
                assert caller.call(HEALTH, "Check", b"").status == 1


def test_mistakes_end_the_start(house, issuer, tmp_path):
    """OPS-06 R-43: one line a mistake, all at once, before any port opens."""
    house.trust({issuer.url: {}})
    good, other = tls.Pair().write(tmp_path / "good"), tls.Pair().write(tmp_path / "other")
    mixed = tls.Files(good.certificate, other.key)
    missing = tls.Files(tmp_path / "none.crt", tmp_path / "none.key")
    said = house.refuses_to_serve(*mixed.options())
    assert "does not belong to the certificate" in said
    said = house.refuses_to_serve(*missing.options())
    assert f"{missing.certificate}: No such file" in said and f"{missing.key}: No such file" in said
    said = house.refuses_to_serve("--tls-certificate", str(good.certificate))
    assert "must be set when" in said
    shutil.copy(house.passphrase_file, tmp_path / "words")
    said = house.refuses_to_serve(*tls.Files(tmp_path / "words", good.key).options())
    assert "no certificates in PEM" in said
    said = house.refuses_to_serve(*good.options("--grpc-tls"))
    assert "share one port" in said
