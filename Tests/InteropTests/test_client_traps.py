"""The traps of real clients, one test each, in the order of the specification's list (spec clients §1)."""

import base64
import datetime
import json

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from sigstore._internal.fulcio import FulcioClient
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext
from sigstore.verify import Verifier

import client
import der
import keys
import merkle
from client import SCT_LIST, SIGNATURE, TOKEN, Client, good_body, key_body, request_body, text64
from conftest import ADDRESS
from issuer import ALGORITHMS, DISCOVERY, Issuer
from program import House
from test_sigstore_python import at, trusted_root

CHALLENGE = ADDRESS.encode()
FULCIO = "1.3.6.1.4.1.57264.1"
PEM_CHAIN = "application/pem-certificate-chain"
KNOWN_CRITICAL = {ExtensionOID.KEY_USAGE, ExtensionOID.SUBJECT_ALTERNATIVE_NAME}


@pytest.fixture(scope="module")
def issued(world):
    return world.client.issue(world.good_body())


def legacy(world, content: bytes, key, **members) -> requests.Response:
    proof = text64(key.sign(CHALLENGE))
    body = {"publicKey": {"content": text64(content)}, "signedEmailAddress": proof, **members}
    return world.client.post(body, {"Authorization": f"Bearer {world.token()}"}, "/api/v1/signingCert")


def test_trap_01_pem_on_one_line_without_a_final_newline(world):
    """TRAP-01: as sigstore-java writes it; for keys and requests, in both versions of the API."""
    key = keys.shared("p256")
    line = keys.pem(key.spki(), columns=0, end="")
    assert line.count("\n") == 2 and not line.endswith("\n")
    for text in (line, line.replace("\n", "\r\n"), line.replace("\n", "")):
        world.client.issue(key_body(world.token(), text, key.sign(CHALLENGE)))
        assert legacy(world, text.encode(), key).status_code == 201
    world.client.issue(request_body(world.token(), keys.pem(key.csr(), "CERTIFICATE REQUEST", columns=0, end="")))


@pytest.mark.parametrize("accept", [PEM_CHAIN, "text/html", "application/xml;q=0.1", "", None])
def test_trap_02_the_accept_header_is_a_lie(world, accept):
    """TRAP-02: a client that asks for PEM parses JSON."""
    answer = world.client.post(world.good_body(), {"Accept": accept})
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    assert "signedCertificateEmbeddedSct" in answer.json()


def test_trap_03_the_token_is_in_the_body_or_in_the_header(world):
    """TRAP-03: sigstore-js sends no Authorization header, the others send nothing else."""
    body = world.good_body()
    world.client.issue(body)
    token = body.pop("credentials")["oidcIdentityToken"]
    world.client.issue(body, {"Authorization": f"Bearer {token}"})
    world.client.refuse(body, TOKEN)


@pytest.mark.parametrize("algorithm", ["RSA", "ecdsa", "ECDSA", "ed25519", "PUBLIC_KEY_ALGORITHM_UNSPECIFIED", "", 3])
def test_trap_04_the_algorithm_is_ignored(world, algorithm):
    """TRAP-04: also when it is no name of the enumeration, or names another kind of key."""
    for kind in ("p256", "rsa2048"):
        key = keys.shared(kind)
        world.client.issue(key_body(world.token(), key.pem(), key.sign(CHALLENGE), algorithm))


def test_trap_05_the_first_version_takes_der_and_says_created(world):
    """TRAP-05: DER or PEM under base64, nulls for what is not used; 201 with PEM there and exactly 200 here."""
    key = keys.shared("p256")
    for content in (key.spki(), key.pem().encode()):
        answer = legacy(world, content, key, certificateSigningRequest=None)
        assert answer.status_code == 201 and answer.headers["Content-Type"] == PEM_CHAIN
        assert len(x509.load_pem_x509_certificates(answer.content)) == 3
    assert world.client.post(world.good_body()).status_code == 200
    assert world.client.get("/api/v1/rootCert").status_code == 200


def test_trap_06_exactly_one_sct_with_sha256_by_a_p256_key(world, issued):
    """TRAP-06: embedded, never beside it."""
    value = der.parse_one(issued.parsed.value(SCT_LIST), 0x04).content
    length = int.from_bytes(value[:2], "big")
    assert length == len(value) - 2 == 2 + int.from_bytes(value[2:4], "big")
    assert issued.sct.algorithm == bytes([4, 3])  # SHA-256, ECDSA
    assert isinstance(keys.serialization.load_pem_public_key(world.house.log_public_key).curve, ec.SECP256R1)
    key = keys.shared("p256")
    assert "SCT" not in legacy(world, key.spki(), key).headers


def test_trap_07_the_issuing_key_is_ecdsa_or_rsa(issued):
    """TRAP-07: never Ed25519, neither in the chain nor on the leaf's signature."""
    for certificate in issued.certificates[1:]:
        assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    assert all(c.signature_hash_algorithm is not None for c in issued.certificates)


def test_trap_08_what_path_validators_insist_on(issued):
    """TRAP-08: key identifiers linked, name critical beside an empty subject, usage not, nothing unknown critical."""
    leaf, issuing, _ = issued.certificates
    identifier = issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    link = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert link.value.key_identifier == identifier and not link.critical
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert len(leaf.subject) == 0 and names.critical and len(list(names.value)) == 1
    for certificate in (leaf, issuing):
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        assert not usage.critical and list(usage.value) == [ExtendedKeyUsageOID.CODE_SIGNING]
    assert {e.oid for e in leaf.extensions if e.critical} == KNOWN_CRITICAL


def test_trap_09_both_spellings_of_the_issuer(world, issued):
    """TRAP-09: raw octets under .1, a UTF8String under .8, the same text."""
    url = world.email.url
    assert issued.parsed.value(f"{FULCIO}.1") == url.encode()
    assert issued.parsed.value(f"{FULCIO}.8") == der.utf8(url)


def test_trap_10_nothing_predates_the_ca(house, issuer):
    """TRAP-10: the first certificate of a CA that is seconds old, its SCT included."""
    house.trust({issuer.url: {}})
    with house.serve():
        token = issuer.token(issuer.email(ADDRESS))
        issued = Client(house.url).issue(good_body(token, ADDRESS))
    leaf, issuing, root = issued.certificates
    assert leaf.not_valid_before_utc >= issuing.not_valid_before_utc >= root.not_valid_before_utc
    assert leaf.not_valid_after_utc <= issuing.not_valid_after_utc <= root.not_valid_after_utc
    stamp = datetime.datetime.fromtimestamp(issued.sct.timestamp / 1000, datetime.timezone.utc)
    assert leaf.not_valid_before_utc <= stamp <= leaf.not_valid_after_utc


def test_trap_11_the_answer_ends_in_exactly_the_trust_bundle(world, issued):
    """TRAP-11: one certificate per text, the root last, what sigstore-java cuts off by equality."""
    bundle = world.client.get("/api/v2/trustBundle").json()["chains"]
    assert len(bundle) == 1 and len(issued.pems) >= 2
    assert all(pem.count("-----BEGIN CERTIFICATE-----") == 1 for pem in issued.pems)
    ends = [x509.load_pem_x509_certificate(pem.encode()) for pem in bundle[0]["certificates"]]
    assert issued.certificates[1:] == ends and issued.pems[1:] == [pem.strip() for pem in bundle[0]["certificates"]]
    assert ends[-1].issuer == ends[-1].subject


def test_trap_12_the_answer_has_exactly_one_member(world):
    """TRAP-12: sigstore-rs decodes an enumeration; a null beside it breaks it."""
    answer = json.loads(world.client.post(world.good_body()).content)
    assert list(answer) == ["signedCertificateEmbeddedSct"]
    assert list(answer["signedCertificateEmbeddedSct"]) == ["chain"]
    assert list(answer["signedCertificateEmbeddedSct"]["chain"]) == ["certificates"]


@pytest.mark.parametrize("path", ["", "/", "/some/base/path", "/some/base/path/"])
def test_trap_13_sigstore_python_drops_the_base_path(world, path):
    """TRAP-13: its own client with any base path reaches the API at the root of the origin."""
    root = trusted_root(world.house, world.auditor.key.spki)
    context = SigningContext(fulcio=FulcioClient(world.house.url + path), rekor=None, trusted_root=root)
    with context.signer(IdentityToken(world.token())) as signer:
        assert signer._signing_cert()
    assert world.client.post(world.good_body(), path="//api/v2/signingCert").status_code == 200


def test_trap_14_what_sigstore_java_sends_over_http(world):
    """TRAP-14, the part in JSON: pretty-printed, one-line PEM, JSON wanted and sent, the token in the message."""
    key = keys.shared("p256")
    body = key_body(world.token(), keys.pem(key.spki(), columns=0, end=""), key.sign(CHALLENGE))
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    answer = world.client.post(json.dumps(body, indent=2).replace("\n", "\r\n").encode(), headers)
    issued = client.Issued(answer)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    life = issued.leaf.not_valid_after_utc - issued.leaf.not_valid_before_utc
    assert life > datetime.timedelta(minutes=5)  # it would renew a shorter one at once


def test_trap_15_tokens_without_a_key_identifier(world):
    """TRAP-15: an independent provider's token has no `kid` and a list for `aud`; an unknown `kid` is refused."""
    token = world.mock.token()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert "kid" not in jwt.get_unverified_header(token) and isinstance(claims["aud"], list)
    world.client.issue(good_body(token, ADDRESS))
    for algorithm in ALGORITHMS:
        world.client.issue(good_body(world.email.token(world.email.email(), algorithm, {"kid": None}), ADDRESS))
    before = world.email.hits["/keys"]
    unknown = world.email.token(world.email.email(), header={"kid": "never-seen"})
    world.client.refuse(good_body(unknown, ADDRESS), TOKEN)
    assert world.email.hits["/keys"] <= before + 1


REFUSED = {
    "a bad token": lambda w: (good_body("a.b.c", ADDRESS), "/api/v2/signingCert", 400),
    "a bad key": lambda w: (key_body(w.token(), "words", b"x"), "/api/v2/signingCert", 400),
    "a bad proof": lambda w: (good_body(w.token(), "another"), "/api/v2/signingCert", 400),
    "a bad request": lambda w: (request_body(w.token(), "words"), "/api/v2/signingCert", 400),
    "no JSON": lambda w: (b"words", "/api/v2/signingCert", 400),
    "a body too large": lambda w: (b"[" + b" " * (4 << 20), "/api/v2/signingCert", 400),
    "an unknown path": lambda w: (w.good_body(), "/prefix/api/v2/signingCert", 404),
    "a path of the first version": lambda w: (w.good_body(), "/api/v1/signingCert/", 404),
    "a method": lambda w: ({}, "/api/v2/trustBundle", 501),
}


@pytest.mark.parametrize("name", REFUSED)
def test_trap_16_errors_are_json_and_never_look_temporary(world, name):
    """TRAP-16: 408, 429 and 5xx are tried again by clients; 501 is the reference's answer to a wrong method."""
    body, path, status = REFUSED[name](world)
    answer = world.client.post(body, path=path)
    assert answer.status_code == status and answer.headers["Content-Type"] == "application/json"
    assert set(answer.json()) == {"code", "message", "details"} and answer.json()["message"]
    assert "Retry-After" not in answer.headers


def test_trap_17_nothing_hangs_for_ever(house):
    """TRAP-17: sigstore-python waits without end, so a provider that never answers still ends in an answer."""
    issuer = Issuer()
    connections = []
    issuer.answers[DISCOVERY] = lambda handler: (connections.append(handler), handler.rfile.read())
    with issuer:
        house.trust({issuer.url: {}})
        with house.serve():
            token = issuer.token(issuer.email(ADDRESS))
            answer = requests.post(
                house.url + "/api/v2/signingCert", json=good_body(token, ADDRESS), timeout=(5, 58)
            )
    assert connections and answer.status_code in (400, 503, 504)


def test_trap_18_the_proof_is_over_the_claim_of_the_issuers_kind(world):
    """TRAP-18: `email` for addresses, `sub` for all others, whatever else the token carries; never either of the two."""
    subject = "subject-1"
    world.client.issue(good_body(world.token(sub=subject), ADDRESS))
    world.client.refuse(good_body(world.token(sub=subject), subject), SIGNATURE)
    claims = world.github.github(email=ADDRESS, email_verified=True)
    world.client.issue(good_body(world.github.token(claims), claims["sub"]))
    world.client.refuse(good_body(world.github.token(claims), ADDRESS), SIGNATURE)


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048", "ed25519"])
def test_section_2_a_request_is_its_own_proof(world, kind):
    """TRAP-18: what sigstore-python sends now, and with the address its older releases put into the subject."""
    constraints = (x509.BasicConstraints(ca=False, path_length=None), True)
    address = x509.Name([x509.NameAttribute(x509.NameOID.EMAIL_ADDRESS, "somebody@else.example")])
    key = keys.shared(kind)
    for subject in (x509.Name([]), address):
        request = keys.pem(key.csr(subject=subject, extensions=[constraints]), "CERTIFICATE REQUEST")
        issued = world.client.issue(request_body(None, request), {"Authorization": f"Bearer {world.token()}"})
        assert issued.names == [ADDRESS] and len(issued.leaf.subject) == 0


def test_section_3_go_reads_certificates_strictly(world):
    """TRAP-08: positive serial, no trailing octets, URIs that parse and are ASCII, an answer below one mebibyte."""
    claims = world.github.github(job_workflow_ref="o/r/.github/workflows/ü x.yml@refs/heads/main")
    issued = world.client.issue(good_body(world.github.token(claims), claims["sub"]))
    assert issued.leaf.serial_number > 0 and len(issued.answer.content) < 1 << 20
    name = issued.names[0]
    assert name.isascii() and requests.compat.urlparse(name).netloc == "github.com"


def reencoded(element: der.Element) -> bytes:
    """The element written again from what it means: lengths anew, constructed ones from their parts."""
    if element.tag & 0x20:
        return der.tlv(element.tag, *(reencoded(child) for child in element.children()))
    return der.tlv(element.tag, element.content)


def test_section_6_certificates_are_canonical_der(issued):
    """TRAP-06: sigstore-js encodes the certificate again before it checks the SCT, so every octet must come back."""
    for encoded in issued.ders:
        assert reencoded(der.parse_one(encoded)) == encoded
        # A default is left out and TRUE is FF, which encoding again alone would not notice (X.690 §11).
        parts = [part for e in der.Certificate.parse(encoded).extensions for part in der.parse_one(e.raw).children()]
        assert {part.content for part in parts if part.tag == 0x01} == {b"\xff"}
    pem = base64.b64decode("".join(issued.pems[0].split("\n")[1:-1]))
    assert pem == issued.ders[0]


def test_section_8_verification_may_be_text(world):
    """TRAP-15: Dex and others write "true"; keys of unknown kinds in a set leave the others usable (`extra_jwks`)."""
    assert any(key["kty"] == "future" for key in world.email.extra_jwks)
    world.client.issue(good_body(world.token(email_verified="true"), ADDRESS))
    world.client.refuse(good_body(world.token(email_verified="TRUE"), ADDRESS), TOKEN)


def test_every_kind_of_leaf_key_makes_a_path_that_clients_accept(world):
    """CRT-07 TRAP-08: the table of variations, its accepted keys: P-256, P-384, P-521, RSA, Ed25519."""
    verifier = Verifier(trusted_root=trusted_root(world.house, world.auditor.key.spki))
    for kind in ("p256", "p384", "p521", "rsa2048", "rsa4096", "ed25519"):
        leaf = world.client.issue(world.good_body(keys.shared(kind))).leaf
        assert verifier._verify_chain_at_time(leaf, at(leaf.not_valid_before_utc))


@pytest.mark.parametrize("key_type", ["p256", "rsa4096"])
def test_sigstore_python_accepts_every_kind_of_ca_key(tmp_path, issuer, key_type):
    """CRT-07 TRAP-07: the table of variations, its issuing keys; P-384 is every other test's."""
    house = House(tmp_path, key_type=key_type)
    house.init()
    house.trust({issuer.url: {}})
    with house.serve():
        root = trusted_root(house, merkle.LogKey(house.log_public_key).spki)
        context = SigningContext(fulcio=FulcioClient(house.url), rekor=None, trusted_root=root)
        with context.signer(IdentityToken(issuer.token(issuer.email(ADDRESS)))) as signer:
            leaf = signer._signing_cert()
    assert Verifier(trusted_root=root)._verify_chain_at_time(leaf, at(leaf.not_valid_before_utc))
