"""The signing API: what it accepts, in which spelling, and in which order it refuses (certificate-authority §1, §3)."""

import base64
import json
import socket

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

import client
import keys
from client import INSECURE, PUBLIC_KEY, REQUEST, SIGNATURE, TOKEN
from client import Issued, assert_error, good_body, key_body, request_body
from conftest import ADDRESS

PATH = "/api/v2/signingCert"
LIMIT = 4 * 1024 * 1024
CHALLENGE = ADDRESS.encode()


def fits(issued: Issued, key: keys.Key) -> bool:
    return issued.parsed.spki == key.spki() and issued.names == [ADDRESS]


@pytest.mark.parametrize("kind", keys.GOOD)
def test_every_kind_of_key_with_a_proof(world, kind):
    """API-01 POP-01: P-256/384/521, RSA 2048/3072/4096 PKCS#1 v1.5, Ed25519."""
    key = keys.shared(kind)
    assert fits(world.client.issue(good_body(world.token(), ADDRESS, key)), key)


@pytest.mark.parametrize("kind", keys.GOOD)
def test_every_kind_of_key_with_a_request(world, kind):
    """API-01 POP-10: the same keys, the proof being the request's own signature."""
    key = keys.shared(kind)
    assert fits(world.client.issue(request_body(world.token(), keys.pem(key.csr(), "CERTIFICATE REQUEST"))), key)


@pytest.mark.parametrize("kind", ["p256", "p384", "p521"])
def test_raw_ecdsa_proofs_of_the_exact_length(world, kind):
    """POP-04: r||s of 64, 96 and 132 octets; one octet more or less is refused."""
    key = keys.shared(kind)
    raw = key.sign_raw(CHALLENGE)
    assert fits(world.client.issue(key_body(world.token(), key.pem(), raw)), key)
    half = len(raw) // 2
    for wrong in (b"\0" + raw[:half] + b"\0" + raw[half:], raw + b"\0", raw[:-1], b"\0" + raw):
        world.client.refuse(key_body(world.token(), key.pem(), wrong), SIGNATURE)


@pytest.mark.parametrize("kind", ["rsa2048", "rsa4096"])
def test_pkcs1_public_keys(world, kind):
    """POP-07: PEM label RSA PUBLIC KEY."""
    key = keys.shared(kind)
    text = key.private.public_key().public_bytes(keys.PEM, serialization.PublicFormat.PKCS1).decode()
    assert fits(world.client.issue(key_body(world.token(), text, key.sign(CHALLENGE))), key)


SHAPES = {
    "one line, no final newline": {"columns": 0, "end": ""},
    "one line": {"columns": 0},
    "CRLF": {"newline": "\r\n", "end": "\r\n"},
    "no final newline": {"end": ""},
    "76 columns": {"columns": 76},
    "10 columns": {"columns": 10},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_pem_is_read_leniently(world, shape):
    """POP-07, clients' trap 1: any line length and newline, for keys and for requests."""
    key = keys.shared("p256")
    text = keys.pem(key.spki(), **SHAPES[shape])
    assert fits(world.client.issue(key_body(world.token(), text, key.sign(CHALLENGE))), key)
    text = keys.pem(key.csr(), "CERTIFICATE REQUEST", **SHAPES[shape])
    assert fits(world.client.issue(request_body(world.token(), text)), key)


def test_text_around_pem_is_tolerated(world):
    """POP-07 POP-10 §3.2: leading text before the first block and anything after it."""
    key, other = keys.shared("p256"), keys.shared("p384")
    text = "some words\n" + key.pem() + other.pem()
    assert fits(world.client.issue(key_body(world.token(), text, key.sign(CHALLENGE))), key)
    text = "words\n" + keys.pem(key.csr(), "NEW CERTIFICATE REQUEST") + "more words\n"
    assert fits(world.client.issue(request_body(world.token(), text)), key)


def test_nothing_of_a_request_but_its_key_is_used(world):
    """POP-10: subject and extensions of the request appear nowhere."""
    key = keys.shared("p256")
    wanted = [
        (x509.SubjectAlternativeName([x509.RFC822Name("requested@example.org")]), True),
        (x509.BasicConstraints(ca=True, path_length=None), True),
    ]
    csr = keys.pem(key.csr(subject=keys.personal_subject(), extensions=wanted), "CERTIFICATE REQUEST")
    issued = world.client.issue(request_body(world.token(), csr))
    assert fits(issued, key) and b"requested" not in issued.ders[0] and issued.parsed.subject == b"\x30\0"
    assert issued.parsed.value("2.5.29.19") is None


def test_snake_case_names(world):
    """API-05."""
    key = keys.shared("p256")
    body = {
        "credentials": {"oidc_identity_token": world.token()},
        "public_key_request": {
            "public_key": {"algorithm": "ECDSA", "content": key.pem()},
            "proof_of_possession": client.text64(key.sign(CHALLENGE)),
        },
    }
    assert fits(world.client.issue(body), key)
    csr = client.text64(keys.pem(key.csr(), "CERTIFICATE REQUEST").encode())
    body = {"credentials": {"oidcIdentityToken": world.token()}, "certificate_signing_request": csr}
    assert fits(world.client.issue(body), key)


@pytest.mark.parametrize("algorithm", ["RSA", "ecdsa", "RSA_PSS", "ED25519", "", 0, 3, 99, 2.0, -1, None])
def test_the_algorithm_member_is_ignored(world, algorithm):
    """API-06: unknown names, numbers, an integral float and null."""
    body = good_body(world.token(), ADDRESS)
    body["publicKeyRequest"]["publicKey"]["algorithm"] = algorithm
    world.client.issue(body)


@pytest.mark.parametrize("algorithm", [1.5, True, [], {}])
def test_an_algorithm_of_the_wrong_type_is_refused(world, algorithm):
    """API-06 §1.4: such values are no enumeration."""
    body = good_body(world.token(), ADDRESS)
    body["publicKeyRequest"]["publicKey"]["algorithm"] = algorithm
    world.client.refuse(body, None)


def test_unknown_members_are_ignored_at_any_depth(world):
    """API-06: also when their names differ from known ones by case only."""
    body = good_body(world.token(), ADDRESS)
    body["unknown"] = {"nested": [1, {"deeper": None}]}
    body["Credentials"] = {"oidcIdentityToken": "x"}
    body["credentials"]["extra"] = 1
    body["publicKeyRequest"]["publicKey"]["extra"] = ["x"]
    world.client.issue(body)


def test_repeated_members_are_refused_also_when_they_are_unknown(world):
    """API-06 §1.4, stricter than the reference: jansson keeps no repeated name, so none is let through."""
    text = json.dumps(world.good_body())[:-1] + ',"again":1,"again":2}'
    world.client.refuse(text.encode(), None)


def test_null_members_are_absent_members(world):
    """API-07: beside the other member of a oneof too."""
    world.client.issue({**good_body(world.token(), ADDRESS), "certificateSigningRequest": None})
    csr = keys.pem(keys.shared("p256").csr(), "CERTIFICATE REQUEST")
    world.client.issue({**request_body(world.token(), csr), "publicKeyRequest": None})
    world.client.refuse({"credentials": None, "publicKeyRequest": None}, TOKEN)
    body = {"credentials": {"oidcIdentityToken": None}}
    world.client.issue({**good_body(None, ADDRESS), **body}, {"Authorization": "Bearer " + world.token()})


def url_alphabet_proof(key: keys.Key) -> bytes:
    """A proof whose base64 text differs between the two alphabets and has padding."""
    while True:
        proof = key.sign(CHALLENGE)
        text = client.text64(proof)
        if "+" in text and "/" in text and text.endswith("="):
            return proof


def test_bytes_in_either_alphabet_padded_or_not(world):
    """API-08."""
    key = keys.shared("p256")
    proof = url_alphabet_proof(key)
    standard, url = client.text64(proof), base64.urlsafe_b64encode(proof).decode()
    body = key_body(world.token(), key.pem(), proof)
    for text in (standard, standard.rstrip("="), url, url.rstrip("=")):
        body["publicKeyRequest"]["proofOfPossession"] = text
        world.client.issue(body)
    mixed = standard.replace("+", "-", 1)
    for text in (mixed, standard[:8] + "\n" + standard[8:], standard[:8] + " " + standard[8:], "!!!"):
        body["publicKeyRequest"]["proofOfPossession"] = text
        world.client.refuse(body, None)


def test_two_members_of_one_choice_are_refused(world):
    """API-09 POP-12: an empty string counts as set; the same field in both spellings counts as twice."""
    body = good_body(world.token(), ADDRESS)
    for extra in ({"certificateSigningRequest": ""}, {"certificateSigningRequest": "AAAA"}, {"public_key_request": {}}):
        answer = world.client.refuse({**body, **extra}, None)
        assert answer.json()["message"] not in (TOKEN, REQUEST, PUBLIC_KEY)


def test_the_token_in_the_body_wins(world):
    """API-10: over a good header when it is bad, over a bad header when it is good."""
    good = {"Authorization": "Bearer " + world.token()}
    world.client.refuse(good_body("a.b.c", ADDRESS), TOKEN, good)
    world.client.issue(world.good_body(), {"Authorization": "Bearer a.b.c"})
    world.client.issue(good_body("", ADDRESS), good)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer  ", ""])
def test_the_token_may_come_in_the_header(world, scheme):
    """API-11: scheme in any case, two blanks, or a bare token."""
    world.client.issue(good_body(None, ADDRESS), {"Authorization": scheme + world.token()})


@pytest.mark.parametrize("scheme", ["Basic ", "Token ", "Bearer Bearer ", "xBearer "])
def test_other_schemes_are_not_tokens(world, scheme):
    """API-11 §1.5."""
    world.client.refuse(good_body(None, ADDRESS), TOKEN, {"Authorization": scheme + world.token()})


def test_tokens_elsewhere_are_not_looked_at(world):
    """API-11 §1.5: neither a query parameter nor a gateway header carries a token."""
    token = world.token()
    answer = world.client.post(good_body(None, ADDRESS), path=f"{PATH}?oidcIdentityToken={token}&access_token={token}")
    assert_error(answer, 400, 3, TOKEN)
    world.client.refuse(good_body(None, ADDRESS), TOKEN, {"Grpc-Metadata-oidcidentitytoken": token})


def test_white_space_at_the_ends_of_the_token_is_tolerated(world):
    """TOK-29: at the ends, not inside."""
    token = world.token()
    for text in (f" {token}", f"{token}\n", f"\t\r\n{token} \n"):
        world.client.issue(good_body(text, ADDRESS))
    for text in (token.replace(".", "\n.", 1), token.replace(".", ". ", 1), token[:10] + "\n" + token[10:]):
        world.client.refuse(good_body(text, ADDRESS), TOKEN)


def test_errors_have_three_members(world):
    """API-13 API-14 API-25: from a missing token to a good key; no Grpc header anywhere."""
    for body in (b"", b"{}", {"credentials": {}}, {"credentials": {"oidcIdentityToken": ""}}):
        answer = world.client.refuse(body, TOKEN)
        assert answer.content == json.dumps(answer.json(), separators=(",", ":")).encode()
    answer = world.client.issue(world.good_body()).answer
    assert not any(name.lower().startswith("grpc-") for name in answer.headers)


def test_the_first_wrong_thing_in_the_pipeline_is_reported(world):
    """POP-14 API-14: token, then key, then strength, then proof, then algorithm."""
    bad_token, token = "a.b.c", world.token()
    weak, good, off_list = keys.WeakRSA("rsa-1024"), keys.shared("p256"), keys.shared("p384")
    weak_pem = keys.pem(weak.spki())
    world.client.refuse(key_body(bad_token, "no key", b"no proof"), TOKEN)
    world.client.refuse(request_body(bad_token, "no request"), TOKEN)
    world.client.refuse(key_body(token, "no key", b"no proof"), PUBLIC_KEY)
    world.client.refuse(key_body(token, weak_pem, b"no proof"), INSECURE)
    world.client.refuse(key_body(token, good.pem(), b"no proof"), SIGNATURE)
    csr = off_list.csr(hashes.SHA256())
    broken = csr[:-1] + bytes([csr[-1] ^ 1])
    world.client.refuse(request_body(token, keys.pem(broken, "CERTIFICATE REQUEST")), SIGNATURE)
    message = NOT_PERMITTED + "*ecdsa.PublicKey, SHA-256"
    world.client.refuse(request_body(token, keys.pem(csr, "CERTIFICATE REQUEST")), message)


NOT_PERMITTED = "signing algorithm not permitted: "
REQUESTS = [
    ("POP-11 P-384 with SHA-256", "p384", hashes.SHA256(), None, NOT_PERMITTED + "*ecdsa.PublicKey, SHA-256"),
    ("POP-11 P-256 with SHA-384", "p256", hashes.SHA384(), None, NOT_PERMITTED + "*ecdsa.PublicKey, SHA-384"),
    ("POP-11 RSA with SHA-384", "rsa2048", hashes.SHA384(), None, NOT_PERMITTED + "*rsa.PublicKey, SHA-384"),
    ("POP-11 RSA with SHA-512", "rsa2048", hashes.SHA512(), None, NOT_PERMITTED + "*rsa.PublicKey, SHA-512"),
    ("POP-11 RSA-PSS", "rsa2048", hashes.SHA256(), padding.PSS(padding.MGF1(hashes.SHA256()), 32),
     "unrecognized signature algorithm: SHA256-RSAPSS"),
]  # fmt: skip


@pytest.mark.parametrize("kind,digest,scheme,message", [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
def test_requests_signed_with_another_algorithm(world, kind, digest, scheme, message):
    csr = keys.shared(kind).csr(digest, rsa_padding=scheme)
    world.client.refuse(request_body(world.token(), keys.pem(csr, "CERTIFICATE REQUEST")), message)


def test_unknown_paths_and_wrong_methods(world):
    """API-15: 404 code 5 and 501 code 12, HEAD included; the path is matched after escapes are decoded."""
    for path in ("/", "/api", "/api/v2", PATH + "/", "/api/v2/signingcert", "/api/v2/../v2/trustBundle", "/x%2Fy"):
        assert_error(raw(world, "GET", path), 404, 5, "Not Found")
    wrong = [("GET", PATH), ("PUT", PATH), ("DELETE", PATH), ("POST", "/api/v2/trustBundle"), ("POST", "/healthz"),
             ("POST", "/api/v2/configuration"), ("PATCH", "/api/v2/configuration")]  # fmt: skip
    for method, path in wrong:
        assert_error(raw(world, method, path), 501, 12, "Method Not Allowed")
    assert world.client.session.head(world.house.url + "/api/v2/trustBundle", timeout=30).status_code == 501
    assert raw(world, "GET", "/api/v2/%74rustBundle?unknown=1").status_code == 200


def raw(world, method: str, path: str) -> requests.Response:
    """A request whose path is sent as it is written here."""
    request = requests.Request(method, world.house.url).prepare()
    request.url = world.house.url + path
    return world.client.session.send(request, timeout=30)


def test_a_body_of_four_mebibytes_is_read_and_not_one_octet_more(world):
    """API-16."""
    body = world.good_body()
    body["padding"] = ""
    body["padding"] = "x" * (LIMIT - len(json.dumps(body)))
    assert len(json.dumps(body)) == LIMIT
    world.client.issue(body)
    body["padding"] += "x"
    world.client.refuse(body, "http: request body too large")


def test_what_follows_the_first_value_is_ignored(world):
    """API-06 table B.1 row 5."""
    world.client.issue(json.dumps(world.good_body()).encode() + b"garbage")
    world.client.issue(b" \r\n\t" + json.dumps(world.good_body()).encode() + b" \n")


@pytest.mark.parametrize("accept", ["application/pem-certificate-chain", "text/html", "*/*;q=0", ""])
def test_the_accept_header_is_ignored(world, accept):
    """API-17."""
    answer = world.client.issue(world.good_body(), {"Accept": accept}).answer
    assert answer.headers["Content-Type"] == "application/json"


TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense", None]


@pytest.mark.parametrize("kind", TYPES)
def test_the_content_type_is_ignored(world, kind):
    """API-18."""
    world.client.issue(world.good_body(), {"Content-Type": kind})


def test_the_configuration_lists_every_issuer_in_order(world):
    """API-21 API-22: eight members with their defaults, sorted by URL, the same octets each time."""
    answer = world.client.get("/api/v2/configuration")
    issuers = answer.json()["issuers"]
    assert [issuer["issuerUrl"] for issuer in issuers] == sorted(world.configured)
    for issuer in issuers:
        settings = {"client-id": "sigstore", "type": "email", **world.configured[issuer["issuerUrl"]]}
        assert issuer == {
            "issuerUrl": issuer["issuerUrl"],
            "audience": settings["client-id"],
            "challengeClaim": "email" if settings["type"] == "email" else "sub",
            "spiffeTrustDomain": "",
            "issuerType": settings["type"],
            "subjectDomain": "",
            "skipEmailVerification": settings.get("skip-email-verification", False),
        }
    assert world.client.get("/api/v2/configuration").content == answer.content


def test_health_is_public(world):
    """API-23 (HTTP)."""
    for path in ("/healthz", "/healthz?service=anything"):
        answer = world.client.get(path)
        assert answer.json() == {"status": "SERVING"} and answer.headers["Content-Type"] == "application/json"


def test_a_large_authorization_header_reaches_the_token_check(world):
    """TOK-01 §1.6: sixty thousand octets of a header are read and refused as a token."""
    world.client.refuse(good_body(None, ADDRESS), TOKEN, {"Authorization": "Bearer " + "." * 60_000})


def test_a_client_that_leaves_does_no_harm(world):
    """R-08: half a request and a closed connection; the next client is served."""
    for part in (b'POST /api/v2/signingCert HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"cred', b"POST /api"):
        with socket.create_connection(("127.0.0.1", world.house.port), timeout=10) as connection:
            connection.sendall(part)
    world.client.issue(world.good_body())
