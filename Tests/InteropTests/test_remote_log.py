"""Logs of others: what is posted to them and what becomes of their timestamps; and no log at all (§6.1 to 6.5)."""

import base64
import datetime
import ipaddress
import json
import socket
import ssl
import threading
import urllib.request

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

import ct_log
import der
import keys
import merkle
import program
from client import POISON, SCT_LIST, Issued, text64
from conftest import ADDRESS
from ct_log import CTLog, changed, status
from ports import free_port
from remote_site import canary, log, site, token_issuer  # noqa: F401
from remote_site import MINUTES, Site, check, now, other_key, signature
from test_legacy_api import CHAIN, legacy_body
from test_legacy_api import PATH as LEGACY


def test_a_precertificate_goes_out_and_its_timestamp_comes_back_inside(site, log):
    """API-01 SCT-01 SCT-02 SCT-03 SCT-04: chain with root, poison last, extensions of the log kept byte for byte."""
    sct = check(site.issue(), log.submissions[-1])
    assert sct.extensions == log.extensions
    submission = log.submissions[-1]
    assert submission.path == "/ct/v1/add-pre-chain" and submission.headers["Host"] == f"127.0.0.1:{log.port}"
    assert submission.headers["Content-Type"] == "application/json" and len(submission.chain) == 3
    assert set(json.loads(submission.body)) == {"chain"}


def test_the_first_version_of_the_api_embeds_as_well(site, log):
    """API-02 with another log: no SCT header."""
    headers = {"Authorization": f"Bearer {site.issuer.token(site.issuer.email(ADDRESS))}"}
    answer = site.client.post(legacy_body(keys.shared("p256")), headers, LEGACY)
    assert answer.status_code == 201 and "SCT" not in answer.headers
    leaf = x509.load_pem_x509_certificates(answer.content)[0]
    assert leaf.extensions.get_extension_for_oid(x509.ObjectIdentifier(SCT_LIST))


@pytest.mark.parametrize("extensions", [b"", b"\1\0\3abc", bytes(300)], ids=["none", "unknown", "long"])
def test_extensions_are_kept_byte_for_byte(site, log, canary, extensions):
    """SCT-03: whatever the log puts there."""
    log.script.append(changed(extensions=extensions))
    assert check(site.issue(), log.submissions[-1]).extensions == extensions


def test_there_is_no_log_of_our_own(site):
    """The log's routes are gone, and readiness does not ask for its head."""
    assert site.client.get(f"/log/{site.house.shard}/ct/v1/get-sth").status_code == 404
    answer = site.client.get("/readyz")
    assert answer.status_code == 200 and answer.json() == {"status": "ok", "reasons": [], "warnings": []}
    with urllib.request.urlopen(f"http://127.0.0.1:{site.house.metrics_port}/", timeout=30) as metrics:
        assert b"mintmark_log_tree_size" not in metrics.read()


def test_base_path_slash_and_host(tmp_path, token_issuer, monkeypatch):
    """SCT-08: a path prefix is kept, a trailing slash dropped, the Host header replaced, no proxy asked."""
    usual = program.environment()
    proxy = f"http://127.0.0.1:{free_port()}"
    names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    monkeypatch.setattr(program, "environment", lambda: {**usual, **dict.fromkeys(names, proxy)})
    with CTLog(base="/prefix/2026") as log:
        log.url += "/"
        with Site(tmp_path, token_issuer, [log], "--ct-log-origin", "log.example.com:8443") as site:
            check(site.issue(), log.submissions[-1])
        assert log.submissions[-1].path == "/prefix/2026/ct/v1/add-pre-chain"
        assert log.submissions[-1].headers["Host"] == "log.example.com:8443"


def authority(name: str):
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certificate(name, key, None, None)


def certificate(name: str, key, issuer: x509.Certificate | None, issuer_key) -> x509.Certificate:
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(issuer.subject if issuer else subject, subject, key.public_key(),
                                      x509.random_serial_number(), start, start + datetime.timedelta(days=1))  # fmt: skip
    builder = builder.add_extension(x509.BasicConstraints(issuer is None, None), True)
    if issuer:
        names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    return builder.sign(issuer_key or key, hashes.SHA256())


def tls_context(directory, key, chain) -> ssl.SSLContext:
    path = directory / "log-tls.pem"
    plain = key.private_bytes(keys.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(plain + chain.public_bytes(keys.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_tls_with_a_private_authority(tmp_path, token_issuer):
    """6.2: --ct-log.tls-ca-cert decides who is trusted; without it, with another one, below TLS 1.2: no certificate."""
    (ca_key, ca), (_, other) = authority("log CA"), authority("other CA")
    key = ec.generate_private_key(ec.SECP256R1())
    context = tls_context(tmp_path, key, certificate("log", key, ca, ca_key))
    paths = {}
    for name, root in (("ca", ca), ("other", other)):
        paths[name] = tmp_path / f"{name}.pem"
        paths[name].write_bytes(root.public_bytes(keys.PEM))
    with CTLog(tls=context) as log:
        (tmp_path / "a").mkdir()
        with Site(tmp_path / "a", token_issuer, [log], "--ct-log.tls-ca-cert", paths["ca"], budget=2) as site:
            check(site.issue(), log.submissions[-1])
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            log.hang_up()
            site.fails()
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            check(site.issue(), log.submissions[-1])
        attempts = len(log.submissions)
        for name, options in (("b", ["--ct-log.tls-ca-cert", paths["other"]]), ("c", [])):
            (tmp_path / name).mkdir()
            with Site(tmp_path / name, token_issuer, [log], *options, budget=2) as site:
                site.fails()
        assert len(log.submissions) == attempts


def lists(issued: Issued) -> list[merkle.SCT]:
    outer = merkle.Reader(der.parse_one(issued.parsed.value(SCT_LIST), 0x04).content)
    inner = merkle.Reader(outer.vector(2))
    outer.end()
    scts = []
    while inner.at < len(inner.data):
        scts.append(merkle.SCT.parse(inner.vector(2)))
    return scts


def test_several_logs_give_one_timestamp_each(tmp_path, token_issuer):
    """SCT-03 SCT-04 R-03 R-04: in the order of the options, ECDSA and RSA; when one fails there is no certificate."""
    with CTLog() as first, CTLog(rsa.generate_private_key(65537, 2048)) as second:
        with Site(tmp_path, token_issuer, [first, second]) as site:
            issued = site.issue()
            scts, logs = lists(issued), [first, second]
            assert len(scts) == 2 and first.submissions[-1].body == second.submissions[-1].body
            for sct, log in zip(scts, logs):
                tbs = issued.parsed.tbs_without(SCT_LIST)
                leaf = merkle.Leaf(sct.timestamp, issued.issuer_key_hash, tbs, sct.extensions)
                log.verify(leaf.encode(), sct)
            for log in logs:
                log.script.append(status(403))
                site.fails()
                log.script.append(changed(signature=signature(other_key)))
                site.fails()
                assert len(lists(site.issue())) == 2


def test_several_logs_are_asked_at_once(tmp_path, token_issuer):
    """Each log answers only when the other one has been asked."""
    with CTLog() as first, CTLog() as second, Site(tmp_path, token_issuer, [first, second], budget=20) as site:

        def after(other):
            def step(handler, submission):
                program.eventually(lambda: other.submissions, 15, "the other log is asked")
                ct_log.good(handler, submission)

            return step

        first.script.append(after(second))
        second.script.append(after(first))
        assert len(lists(site.issue())) == 2


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_request_that_waits_for_the_log_is_answered_before_the_end(tmp_path, token_issuer):
    """OPS-09: SIGTERM while the log thinks: 200, then status 0."""
    with CTLog() as log, Site(tmp_path, token_issuer, [log], budget=30) as site:
        go_on = threading.Event()

        def late(handler, submission):
            go_on.wait(20)
            ct_log.good(handler, submission)

        log.script.append(late)
        answers = []
        asking = threading.Thread(target=lambda: answers.append(site.client.post(site.body())))
        asking.start()
        program.eventually(lambda: log.submissions, 30, "the submission arrives")
        site.server.terminate()
        program.eventually(lambda: not accepts(site.house.port), 30, "the listener is closed")
        go_on.set()
        asking.join()
        assert answers[0].status_code == 200 and site.server.wait() == 0
        check(Issued(answers[0]), log.submissions[-1])


def detached(body: dict) -> tuple[list[bytes], dict]:
    assert set(body) == {"signedCertificateDetachedSct"}
    member = body["signedCertificateDetachedSct"]
    assert set(member) == {"chain", "signedCertificateTimestamp"}
    pems = member["chain"]["certificates"]
    assert all(pem == pem.strip() for pem in pems)
    chain = [x509.load_pem_x509_certificate(pem.encode()).public_bytes(keys.DER) for pem in pems]
    return chain, base64.b64decode(member["signedCertificateTimestamp"], validate=True)


def check_detached(log: CTLog, chain: list[bytes], sct: bytes) -> None:
    """The text of 6.4 over the certificate as it was posted to add-chain."""
    value = json.loads(sct)
    assert list(value) == ["sct_version", "id", "timestamp", "extensions", "signature"]
    assert b" " not in sct and b"\n" not in sct
    submission = log.submissions[-1]
    assert submission.path == "/ct/v1/add-chain" and submission.chain == chain
    leaf = der.Certificate.parse(chain[0])
    assert leaf.value(POISON) is None and leaf.value(SCT_LIST) is None
    decoded = {name: base64.b64decode(value[name], validate=True) for name in ("id", "extensions", "signature")}
    assert decoded["id"] == log.id and decoded["extensions"] == log.extensions
    message = ct_log.certificate_leaf(chain[0], value["timestamp"], decoded["extensions"])
    reader = merkle.Reader(decoded["signature"])
    parsed = merkle.SCT(value["sct_version"], decoded["id"], value["timestamp"], decoded["extensions"],
                        reader.take(2), reader.vector(2))  # fmt: skip
    reader.end()
    log.verify(message, parsed)
    with pytest.raises(InvalidSignature):
        log.verify(message + b"\0", parsed)


def test_a_detached_timestamp_stands_beside_the_certificate(tmp_path, token_issuer):
    """API-04: v2 member and v1 header, verified against the certificate; a log that fails keeps the certificate in."""
    with CTLog() as log, Site(tmp_path, token_issuer, [log], "--ct-log-submission", "certificate") as site:
        answer = site.client.post(site.body())
        assert answer.status_code == 200, answer.text
        check_detached(log, *detached(answer.json()))
        headers = {"Authorization": f"Bearer {token_issuer.token(token_issuer.email(ADDRESS))}"}
        answer = site.client.post(legacy_body(keys.shared("p256")), headers, LEGACY)
        assert answer.status_code == 201 and answer.headers["Content-Type"] == CHAIN
        chain = [c.public_bytes(keys.DER) for c in x509.load_pem_x509_certificates(answer.content)]
        check_detached(log, chain, base64.b64decode(answer.headers["SCT"], validate=True))
        for step in (status(403), changed(signature=signature(other_key)), changed(sct_version=1)):
            log.script.append(step)
            site.fails()
        check_detached(log, *detached(site.client.post(site.body()).json()))


def test_our_own_log_takes_certificates_as_well(tmp_path, token_issuer):
    """API-04 R-01: with the log of the data directory; the entry is there when the answer is."""
    with Site(tmp_path, token_issuer, [], "--ct-log-submission", "certificate") as site:
        chain, sct = detached(site.client.post(site.body()).json())
        value = json.loads(sct)
        parts = {name: base64.b64decode(value[name]) for name in ("id", "extensions", "signature")}
        leaf = ct_log.certificate_leaf(chain[0], value["timestamp"], parts["extensions"])
        key = merkle.LogKey(site.house.log_public_key)
        assert parts["id"] == key.log_id and key.verifies(parts["signature"][4:], leaf)
        index = merkle.leaf_index(parts["extensions"])
        path = f"/log/{site.house.shard}/ct/v1/get-entries?start={index}&end={index}"
        entry = site.client.get(path).json()["entries"][0]
        assert base64.b64decode(entry["leaf_input"]) == leaf


@pytest.mark.parametrize("none", ["none", ""])
def test_no_log_is_loud(tmp_path, token_issuer, none):
    """API-03 R-03: empty timestamp, no header, one warning at the start and one for each certificate."""
    with Site(tmp_path, token_issuer, [], "--ct-log-url", none) as site:
        chain, sct = detached(site.client.post(site.body()).json())
        leaf = der.Certificate.parse(chain[0])
        assert sct == b"" and len(chain) == 3 and leaf.value(POISON) is None and leaf.value(SCT_LIST) is None
        headers = {"Authorization": f"Bearer {token_issuer.token(token_issuer.email(ADDRESS))}"}
        answer = site.client.post(legacy_body(keys.shared("p256")), headers, LEGACY)
        assert answer.status_code == 201 and "SCT" not in answer.headers
        program.eventually(lambda: len(warnings(site, "issued without a log")) == 2, 10, "a warning each")
        assert len(warnings(site, "NO LOG")) == 1 and site.count() == 2
        assert site.client.get("/readyz").status_code == 200
        assert site.client.get(f"/log/{site.house.shard}/ct/v1/get-sth").status_code == 404


def warnings(site: Site, beginning: str) -> list[dict]:
    return [r for r in site.server.records() if r["severity"] == "warn" and r["message"].startswith(beginning)]


def test_without_a_key_timestamps_stay_unchecked(tmp_path, token_issuer):
    """6.5: said at the start; signature and id are believed, version and time are not."""
    with CTLog() as log, Site(tmp_path, token_issuer, [log], keyed=False) as site:
        told = [r["detail"] for r in site.server.records() if r["message"] == "configuration"]
        assert any("unchecked" in detail for detail in told)
        log.script.append(changed(id=text64(bytes(32)), signature=signature(other_key)))
        assert site.issue().sct.log_id == bytes(32)
        for step in (changed(sct_version=1), changed(timestamp=now(11 * MINUTES)), changed(signature="")):
            log.script.append(step)
            site.fails()
        check(site.issue(), log.submissions[-1])


def public(private) -> bytes:
    return private.public_key().public_bytes(keys.PEM, keys.SPKI)


def bad_keys() -> dict[str, tuple[bytes, str]]:
    good = public(ec.generate_private_key(ec.SECP256R1()))
    extra, weak = "invalid public key: extra data found after PEM key decoded", keys.WeakRSA("rsa-1024")
    return {
        "P-384": (public(ec.generate_private_key(ec.SECP384R1())), "public is ECDSA, but not on the P256 curve"),
        "empty line after": (good + b"\n", extra), "text after": (good + b"x", extra), "two keys": (good + good, extra),
        "RSA-1024": (keys.pem(weak.spki()).encode(), "RSA with less than 2048 bits"),
        "Ed25519": (public(ed25519.Ed25519PrivateKey.generate()), "unsupported public key type"),
        "no PEM": (b"key", "invalid public key"), "nothing": (b"", "invalid public key"),
        "a certificate": (good.replace(b"PUBLIC KEY", b"CERTIFICATE"), "invalid public key"),
        "cut": (keys.pem(b"0\0").encode(), "invalid public key"),
    }  # fmt: skip


@pytest.mark.parametrize("name", bad_keys())
def test_a_bad_log_key_stops_the_start(house, tmp_path, name):
    """SCT-10."""
    house.trust({"http://127.0.0.1:1": {}})
    data, message = bad_keys()[name]
    path = tmp_path / "log.pem"
    path.write_bytes(data)
    said = house.refuses_to_serve("--ct-log-url", "http://127.0.0.1:1", "--ct-log-public-key-path", path)
    assert message in said and "--ct-log-public-key-path" in said


def test_mistakes_are_told_all_at_once(house, tmp_path):
    """SCT-10: every option of the log that cannot be, one line each, before any port opens."""
    house.trust({"http://127.0.0.1:1": {}})
    junk = tmp_path / "junk.pem"
    junk.write_bytes(b"junk")
    said = house.refuses_to_serve(
        "--ct-log-url", "ftp://log", "--ct-log-url", "http://a.example/x?y", "--ct-log-submission", "certificate",
        "--ct-log-public-key-path", junk, "--ct-log-public-key-path", tmp_path / "missing.pem",
        "--ct-log.tls-ca-cert", junk, "--ct-log-origin", "a/b",
    )  # fmt: skip
    for part in ("--ct-log-url must be", "--ct-log-submission", "--ct-log-public-key-path", "missing.pem",
                 "--ct-log.tls-ca-cert", "--ct-log-origin"):  # fmt: skip
        assert part in said, said
    said = house.refuses_to_serve("--ct-log-url", "http://a.example", "--ct-log-url", "http://a.example/")
    assert "twice" in said
    said = house.refuses_to_serve("--ct-log-url", "none", "--ct-log-submission", "certificate")
    assert "needs a log" in said
    for origin in ("a b", "a?b", "a?", "user@a", "a:0"):
        said = house.refuses_to_serve("--ct-log-url", "http://a.example", "--ct-log-origin", origin)
        assert "--ct-log-origin must be" in said
