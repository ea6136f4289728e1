"""gRPC as grpcio speaks it: every service, where the token comes from, deadlines, health, metrics, one port and two."""

import shutil
import socket
import subprocess
import threading

import pytest
from cryptography import x509
from google.protobuf import json_format

import client
import keys
import program
import rpc
from client import PUBLIC_KEY, TOKEN, good_body
from conftest import ADDRESS
from issuer import DISCOVERY, compact, respond
from ports import free_port
from rpc import HEALTH, V1, V2


@pytest.fixture(scope="module")
def caller(world):
    with rpc.Caller(world.house.port) as caller:
        yield caller


def names(pem: str) -> list[str]:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [name.value for name in found]


def spki(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_key().public_bytes(keys.DER, keys.SPKI)


@pytest.mark.parametrize("kind", keys.GOOD)
def test_every_kind_of_key_gets_its_certificate(world, caller, kind):
    """API-01 over gRPC: leaf, issuing CA, root, PEM without a newline at the end."""
    key = keys.shared(kind)
    chain = caller.issue(good_body(world.token(), ADDRESS, key))
    assert names(chain[0]) == [ADDRESS] and spki(chain[0]) == key.spki()
    bundle = world.client.get("/api/v2/trustBundle").json()["chains"][0]["certificates"]
    assert [pem + "\n" for pem in chain[1:]] == bundle


def test_the_key_in_one_line_as_sigstore_java_sends_it(world, caller):
    """TRAP-01 TRAP-14 over gRPC: all base64 on one line and nothing after the END line."""
    key = keys.shared("p256")
    body = client.key_body(world.token(), keys.pem(key.spki(), columns=0, end=""), key.sign(ADDRESS.encode()))
    assert spki(caller.issue(body)[0]) == key.spki()


def test_a_certificate_signing_request(world, caller):
    key = keys.shared("p384")
    chain = caller.issue(client.request_body(world.token(), keys.pem(key.csr(), "CERTIFICATE REQUEST")))
    assert spki(chain[0]) == key.spki()


def test_the_bundle_and_the_configuration_are_those_of_http(world, caller):
    """API-19 API-21 over gRPC."""
    for method, path in [("GetTrustBundle", "trustBundle"), ("GetConfiguration", "configuration")]:
        empty = rpc.kind(rpc.methods(V2)[method].input_type.full_name)()
        answer = json_format.MessageToDict(caller.call(V2, method, empty), always_print_fields_with_no_presence=True)
        assert answer == world.client.get(f"/api/v2/{path}").json()


def legacy(world, key, **changes):
    fields = {"publicKey": {"content": client.text64(key.pem().encode())}}
    fields |= {"signedEmailAddress": client.text64(key.sign(ADDRESS.encode()))}
    kind = rpc.kind("dev.sigstore.fulcio.v1beta.CreateSigningCertificateRequest")
    return json_format.ParseDict({**fields, **changes}, kind())


def test_the_first_version(world, caller):
    """API-02 over gRPC: the token comes as metadata alone; PEM or DER; the answer is an HttpBody."""
    key, metadata = keys.shared("p256"), [("oidcidentitytoken", world.token())]
    for content in (key.pem().encode(), key.spki()):
        request = legacy(world, key, publicKey={"content": client.text64(content), "algorithm": "anything"})
        answer = caller.call(V1, "CreateSigningCertificate", request, metadata)
        assert answer.content_type == "application/pem-certificate-chain" and not answer.data.endswith(b"\n")
        assert spki(x509.load_pem_x509_certificates(answer.data)[0].public_bytes(keys.PEM).decode()) == key.spki()
    with pytest.raises(rpc.Failure, match=f"^3 {TOKEN}$"):
        caller.call(V1, "CreateSigningCertificate", legacy(world, key))
    root = caller.call(V1, "GetRootCertificate", b"")
    assert root.data.decode() == world.client.get("/api/v1/rootCert").text
    assert root.content_type == "application/pem-certificate-chain"


def test_the_first_version_takes_a_request_unless_it_is_empty(world, caller):
    """POP-12 for gRPC's first version."""
    key, other = keys.shared("p256"), keys.shared("p384")
    metadata = [("oidcidentitytoken", world.token())]
    pem = client.text64(keys.pem(other.csr(), "CERTIFICATE REQUEST").encode())
    for request, expected in [(pem, other), ("", key)]:
        message = legacy(world, key, certificateSigningRequest=request)
        chain = caller.call(V1, "CreateSigningCertificate", message, metadata).data
        found = x509.load_pem_x509_certificates(chain)[0].public_key().public_bytes(keys.DER, keys.SPKI)
        assert found == expected.spki()
    nothing = rpc.kind("dev.sigstore.fulcio.v1beta.CreateSigningCertificateRequest")()
    with pytest.raises(rpc.Failure, match=f"^3 {PUBLIC_KEY}$"):
        caller.call(V1, "CreateSigningCertificate", nothing, metadata)


def test_where_the_token_comes_from(world, caller):
    """API-10 API-12, B.1 row 28: the message first, then exactly one oidcidentitytoken, never authorization."""
    body = world.good_body()
    token = body.pop("credentials")["oidcIdentityToken"]
    assert caller.issue(body, [("oidcidentitytoken", token)])
    assert caller.issue({**body, "credentials": {"oidcIdentityToken": token}}, [("oidcidentitytoken", "x")])
    assert caller.issue({**body, "credentials": {"oidcIdentityToken": ""}}, [("oidcidentitytoken", token)])
    for metadata in (
        [("authorization", f"Bearer {token}")],
        [("oidcidentitytoken", token), ("oidcidentitytoken", token)],
        [("oidcidentitytoken", f"Bearer {token}")],
        [("x-oidcidentitytoken", token)],
        [],
    ):
        with pytest.raises(rpc.Failure, match=f"^3 {TOKEN}$"):
            caller.issue(body, metadata)


def test_the_last_member_of_the_oneof_counts(world, caller):
    """POP-12: on the wire the last member wins, and an empty request sent last hides the key."""
    key, other = keys.shared("p256"), keys.shared("p384")
    pem = keys.pem(other.csr(), "CERTIFICATE REQUEST").encode()
    with_key = rpc.signing_request(good_body(world.token(), ADDRESS, key)).SerializeToString()
    request_kind = rpc.kind("dev.sigstore.fulcio.v2.CreateSigningCertificateRequest")
    with_request = request_kind(certificate_signing_request=pem).SerializeToString()
    proof = key.sign(ADDRESS.encode())
    key_alone = rpc.signing_request(client.key_body(None, key.pem(), proof)).SerializeToString()
    path = f"/{V2}/CreateSigningCertificate"
    parse = rpc.kind("dev.sigstore.fulcio.v2.SigningCertificate").FromString

    def issued(octets: bytes) -> bytes:
        chain = caller.raw(path, octets, parse=parse).signed_certificate_embedded_sct.chain.certificates
        return spki(chain[0])

    assert issued(with_key + with_request) == other.spki()
    assert issued(with_key + with_request + key_alone) == key.spki()
    with pytest.raises(rpc.Failure, match=f"^3 {PUBLIC_KEY}$"):
        issued(with_key + b"\x1a\x00")


@pytest.mark.parametrize("service", ["", "anything", V2])
def test_health_serves_whatever_is_asked_for(caller, service):
    """API-23: SERVING for any name; Watch and List are not implemented."""
    check = rpc.kind("grpc.health.v1.HealthCheckRequest")(service=service)
    assert caller.call(HEALTH, "Check", check).status == 1
    for method in ("Watch", "List"):
        with pytest.raises(rpc.Failure, match="^12 unimplemented$"):
            caller.raw(f"/{HEALTH}/{method}", b"")


@pytest.mark.parametrize(
    "path, message",
    [
        ("/x.y.Z/Do", "unknown service x.y.Z"),
        (f"/{V2}/Do", f"unknown method Do for service {V2}"),
        (f"/{V1}/GetTrustBundle", f"unknown method GetTrustBundle for service {V1}"),
        (f"/{V2}/GetTrustBundle/", f"unknown service {V2}/GetTrustBundle"),
        ("/api/v2/signingCert", "unknown service api/v2"),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "unknown service grpc.reflection.v1.ServerReflection"),
    ],
)  # fmt: skip
def test_unknown_services_and_methods(caller, path, message):
    """API-14 for the last row of 1.7; reflection is not served."""
    with pytest.raises(rpc.Failure) as caught:
        caller.raw(path, b"")
    assert (caught.value.code, caught.value.message) == (12, message)


@pytest.mark.parametrize("octets", [b"\xff\xff\xff", b"\x0a\x05ab", b"\x0a\x03\x0a\x01\xff", b"\x12\x04\x0a\x02\x12\xff"])
def test_octets_that_are_no_message(world, caller, octets):
    """1.7: undecodable, or a string that is not UTF-8."""
    with pytest.raises(rpc.Failure, match="^13 grpc: failed to unmarshal the received message: "):
        caller.raw(f"/{V2}/CreateSigningCertificate", octets)
    assert caller.issue(world.good_body())


def test_a_message_of_four_mebibytes_is_read_and_no_more(world, caller):
    """API-16, B.1 row 29: the exact text above the limit."""
    limit = 4 * 1024 * 1024
    for size in (limit + 1, 4_200_006):
        with pytest.raises(rpc.Failure) as caught:
            caller.raw(f"/{V2}/CreateSigningCertificate", bytes(size))
        expected = f"grpc: received message larger than max ({size} vs. {limit})"
        assert (caught.value.code, caught.value.message) == (8, expected)
    # An unknown field of bytes fills the message up to the limit.
    request = rpc.signing_request(world.good_body()).SerializeToString()
    rest = limit - len(request) - 6
    padding = b"\x9a\x06" + bytes([rest & 0x7F | 0x80, rest >> 7 & 0x7F | 0x80, rest >> 14 & 0x7F | 0x80, rest >> 21])
    answer = caller.raw(f"/{V2}/CreateSigningCertificate", request + padding + bytes(rest))
    assert answer and len(request + padding) + rest == limit


def test_deadlines(world):
    """1.6, B.1 row 18: an expired deadline is 4; a plain request's field is honoured in the same way."""
    timeouts = {"1n": 504, "0S": 504, "5": 400, "S": 400, "1x": 400, "-1S": 400, "123456789S": 400, "10S": 200}
    for text, status in timeouts.items():
        answer = world.client.post(world.good_body(), {"Grpc-Timeout": text})
        assert answer.status_code == status, (text, answer.text)
        if status == 504:
            client.assert_error(answer, 504, 4, "context deadline exceeded")
        if status == 400:
            client.assert_error(answer, 400, 3, f"invalid grpc-timeout: {text}")
        assert not [name for name in answer.headers if name.lower().startswith("grpc-")]


def test_a_slow_issuer_does_not_outlast_the_deadline(house, issuer):
    """1.6: the client's deadline ends the wait for an issuer's keys, whatever the provider does."""
    released = threading.Event()

    def slow(handler):
        released.wait(30)
        respond(handler, b"{}", 500)

    issuer.answers[DISCOVERY] = slow
    house.trust({issuer.url: {}})
    body = good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
    with house.serve() as server, rpc.Caller(house.port) as caller:
        try:
            request = rpc.signing_request(body)
            # The client would end the call by itself, so the deadline is given to the server alone.
            answer = client.Client(server.url).post(body, {"Grpc-Timeout": "300m"})
            client.assert_error(answer, 504, 4, "context deadline exceeded")
            with pytest.raises(rpc.Failure, match="^4 "):
                caller.issue(request, timeout=0.3)
            check = rpc.kind("grpc.health.v1.HealthCheckRequest")()
            assert caller.call(HEALTH, "Check", check).status == 1
        finally:
            released.set()


def test_the_identifier_of_a_request_is_in_the_log(world, caller):
    """1.8: at most 128 characters of the client's own, else one of ours."""
    body = {**world.good_body(), "credentials": {"oidcIdentityToken": "a.b.c"}}
    identifier = "request-" + "x" * 200
    with pytest.raises(rpc.Failure):
        caller.issue(body, [("x-request-id", identifier)])
    program.eventually(
        lambda: [r for r in world.server.records() if r.get("requestID") == identifier[:128]], 10, "the refusal's line"
    )
    assert identifier not in world.server.output


def samples(world, prefix: str) -> dict[str, float]:
    text = world.client.session.get(f"http://127.0.0.1:{world.house.metrics_port}/metrics", timeout=30).text
    rows = [line.rsplit(" ", 1) for line in text.splitlines() if line.startswith(prefix)]
    return {name: float(value) for name, value in rows}


def label(name: str, service: str, method: str, code: str | None = None, kind: str = "unary") -> str:
    first = f'grpc_code="{code}",' if code else ""
    return f'grpc_server_{name}_total{{{first}grpc_type="{kind}",grpc_service="{service}",grpc_method="{method}"}}'


def test_calls_are_counted_under_the_names_of_the_original(world, caller):
    """OPS-07, CA 8.3: all series from the start; a call counts once in each; calls are no HTTP requests."""
    before, requests = samples(world, "grpc_server_"), samples(world, "http_requests_total")
    codes = {name.split('grpc_code="')[1].split('"')[0] for name in before if "handled" in name}
    assert len(codes) == 17
    for service in (V2, V1, HEALTH):
        for method in rpc.methods(service):
            kind = "server_stream" if method == "Watch" else "unary"
            assert all(label("handled", service, method, code, kind) in before for code in codes)
            for name in ("started", "msg_received", "msg_sent"):
                assert label(name, service, method, None, kind) in before
    caller.issue(world.good_body())
    with pytest.raises(rpc.Failure):
        caller.issue({})
    after = samples(world, "grpc_server_")
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    method = "CreateSigningCertificate"
    assert changed == {
        label("started", V2, method): 2, label("msg_received", V2, method): 2, label("msg_sent", V2, method): 1,
        label("handled", V2, method, "OK"): 1, label("handled", V2, method, "InvalidArgument"): 1,
    }  # fmt: skip
    assert samples(world, "http_requests_total") == requests


def test_two_ports_serve_the_same(house, issuer):
    """OPS-04 OPS-05: a second port for gRPC; both protocols and both versions on each."""
    house.trust({issuer.url: {}})
    port = free_port()
    with house.serve(grpc_port=port) as server:
        for number in (house.port, port):
            body = good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
            with rpc.Caller(number) as caller:
                assert caller.issue(body)
                assert caller.call(V1, "GetRootCertificate", b"").data
            answer = client.Client(f"http://127.0.0.1:{number}").post(body, {"Origin": "https://x"})
            assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == "*"
        said = [r["message"] for r in server.records() if "url" in r]
        assert {"listening", "listening for gRPC", "listening for metrics"} <= set(said)
        assert server.stop() == 0


def test_calls_in_flight_end_before_the_server_does(house, issuer):
    """OPS-09 R-41 over HTTP/2: SIGTERM while calls wait for an issuer; each gets its certificate, then status 0."""
    waiting, released = threading.Semaphore(0), threading.Event()

    def slow(handler):
        waiting.release()
        released.wait(30)
        respond(handler, compact(issuer.discovery()))

    issuer.answers[DISCOVERY] = slow
    house.trust({issuer.url: {}})
    with house.serve() as server, rpc.Caller(house.port) as caller:
        chains, body = [], good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)
        threads = [threading.Thread(target=lambda: chains.append(caller.issue(body))) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert waiting.acquire(timeout=30)
        program.eventually(
            lambda: sum(samples_of(house, "grpc_server_msg_received_total")) >= 8, 30, "the calls are under way"
        )
        server.terminate()
        program.eventually(lambda: not listens(house.port), 30, "the listener closes")
        released.set()
        for thread in threads:
            thread.join(30)
        assert len(chains) == 8 and all(names(chain[0]) == [ADDRESS] for chain in chains)
        assert server.wait() == 0


def samples_of(house, name: str) -> list[float]:
    text = client.Client(f"http://127.0.0.1:{house.metrics_port}").get("/metrics").text
    return [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name)]


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False


@pytest.mark.skipif(shutil.which("grpcurl") is None, reason="grpcurl is not installed")
def test_grpcurl(world):
    """A client in Go: the trust bundle by our .proto files."""
    command = ["grpcurl", "-plaintext", "-import-path", str(rpc.PROTOS), "-proto", "dev/sigstore/fulcio/v2/fulcio.proto"]
    done = subprocess.run(
        [*command, f"127.0.0.1:{world.house.port}", f"{V2}/GetTrustBundle"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "BEGIN CERTIFICATE" in done.stdout, done.stderr
