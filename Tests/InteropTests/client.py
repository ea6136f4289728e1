"""A signing client over plain HTTP, which can also send what no decent client would."""

import base64
import functools
import hashlib
import json
import pathlib

import requests
from cryptography import x509

import der
import keys
import merkle

SCT_LIST, POISON = "1.3.6.1.4.1.11129.2.4.2", "1.3.6.1.4.1.11129.2.4.3"

REFUSALS = pathlib.Path(__file__).parents[2].joinpath("docs/refusals.md").read_text()

TOKEN = "There was an error processing the identity token"
REQUEST = "The certificate signing request could not be parsed"
PUBLIC_KEY = "The public key supplied in the request could not be parsed"
INSECURE = "The public key supplied in the request is insecure"
SIGNATURE = "The signature supplied in the request could not be verified"


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def key_body(token: str | None, key_pem: str, proof: bytes, algorithm="ECDSA") -> dict:
    """A request with a public key and a proof of possession."""
    body = {"publicKeyRequest": {"publicKey": {"algorithm": algorithm, "content": key_pem}}}
    body["publicKeyRequest"]["proofOfPossession"] = text64(proof)
    return body if token is None else {"credentials": {"oidcIdentityToken": token}, **body}


def request_body(token: str | None, request_pem: str) -> dict:
    """A request with a certificate signing request."""
    body = {"certificateSigningRequest": text64(request_pem.encode())}
    return body if token is None else {"credentials": {"oidcIdentityToken": token}, **body}


def good_body(token: str, challenge: str, key: keys.Key | None = None) -> dict:
    key = key or keys.shared("p256")
    return key_body(token, key.pem(), key.sign(challenge.encode()))


class Client:
    """Talks to one server, with one kept connection."""

    def __init__(self, url: str):
        self.url, self.session = url, requests.Session()
        self.session.trust_env = False

    def post(self, body, headers: dict | None = None, path="/api/v2/signingCert") -> requests.Response:
        """Posts an object as JSON, or octets as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.session.post(self.url + path, data=data, headers=headers, timeout=60)

    def get(self, path: str, **options) -> requests.Response:
        return self.session.get(self.url + path, timeout=60, **options)

    def issue(self, body, headers: dict | None = None) -> "Issued":
        """Posts a request that must be answered with a certificate."""
        answer = self.post(body, headers)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return Issued(answer)

    def refuse(self, body, message: str | None, headers: dict | None = None) -> requests.Response:
        """Posts a request that must be refused with status 400 and, unless it is None, exactly this message."""
        answer = self.post(body, headers)
        assert_error(answer, 400, 3, message)
        return answer


def assert_error(answer: requests.Response, status: int, code: int, message: str | None) -> None:
    """API-13: the three members, the content type, and nothing of a certificate."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"code", "message", "details"} and body["code"] == code
    assert_details(body["details"])
    assert isinstance(body["message"], str) and body["message"]
    assert "BEGIN CERTIFICATE" not in answer.text
    if message is not None:
        assert body["message"] == message


def assert_details(details: list) -> None:
    """At most one reason, in the form of google.rpc.ErrorInfo, and one that docs/refusals.md explains."""
    assert isinstance(details, list) and len(details) <= 1
    for detail in details:
        assert set(detail) == {"@type", "reason", "domain", "metadata"}
        assert detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo" and detail["domain"] == "mintmark"
        assert f"`{detail['reason']}`" in REFUSALS, detail
        assert all(isinstance(value, str) for value in detail["metadata"].values())


class Issued:
    """An answer with a certificate, taken apart."""

    def __init__(self, answer: requests.Response):
        self.answer = answer
        body = answer.json()
        assert set(body) == {"signedCertificateEmbeddedSct"}  # exactly one member: sigstore-rs relies on it
        self.pems: list[str] = body["signedCertificateEmbeddedSct"]["chain"]["certificates"]
        self.certificates = [x509.load_pem_x509_certificate(pem.encode()) for pem in self.pems]
        self.leaf = self.certificates[0]
        self.ders = [certificate.public_bytes(keys.DER) for certificate in self.certificates]
        self.parsed = der.Certificate.parse(self.ders[0])

    @property
    def issuer_key_hash(self) -> bytes:
        return hashlib.sha256(self.certificates[1].public_key().public_bytes(keys.DER, keys.SPKI)).digest()

    @functools.cached_property
    def sct(self) -> merkle.SCT:
        return merkle.SCT.only_one_in(der.parse_one(self.parsed.value(SCT_LIST), 0x04).content)

    @functools.cached_property
    def log_entry(self) -> merkle.Leaf:
        """The Merkle tree leaf that the log must hold, from the final certificate and its SCT alone."""
        sct = self.sct
        return merkle.Leaf(sct.timestamp, self.issuer_key_hash, self.parsed.tbs_without(SCT_LIST), sct.extensions)

    @property
    def index(self) -> int:
        return merkle.leaf_index(self.sct.extensions)

    @property
    def names(self) -> list[str]:
        names = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return [name.value for name in names]
