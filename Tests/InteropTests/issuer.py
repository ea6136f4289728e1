"""An OpenID Connect provider on loopback that can also misbehave in every way the tests need.

Tokens may have any header, any claims and any signature; the provider counts what is fetched from it.
"""

import base64
import collections
import hashlib
import hmac
import http.server
import json
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ports import free_port

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = {"ES256": (ec.SECP256R1, "P-256"), "ES384": (ec.SECP384R1, "P-384"), "ES512": (ec.SECP521R1, "P-521")}
DISCOVERY = "/.well-known/openid-configuration"


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return b64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def compact(value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def join(header: bytes, payload: bytes, signature: bytes) -> str:
    return ".".join(map(b64url, (header, payload, signature)))


class TokenKey:
    """A provider's signing key for one algorithm."""

    def __init__(self, algorithm: str, kid: str, private=None):
        self.algorithm, self.kid = algorithm, kid
        self.private = private or self.generate()

    def generate(self):
        if self.algorithm in CURVES:
            return ec.generate_private_key(CURVES[self.algorithm][0]())
        if self.algorithm == "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        return rsa.generate_private_key(65537, 2048)

    def sign(self, message: bytes) -> bytes:
        if self.algorithm == "EdDSA":
            return self.private.sign(message)
        digest = HASHES[self.algorithm[2:]]()
        if self.algorithm in CURVES:
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(digest)))
            size = (self.private.curve.key_size + 7) // 8
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if self.algorithm.startswith("PS"):
            scheme = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
            return self.private.sign(message, scheme, digest)
        return self.private.sign(message, padding.PKCS1v15(), digest)

    def jwk(self, **changes) -> dict:
        entry = {"kid": self.kid, "use": "sig", "alg": self.algorithm, **self.public_members(), **changes}
        return {name: value for name, value in entry.items() if value is not None}

    def public_members(self) -> dict:
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return {"kty": "OKP", "crv": "Ed25519", "x": b64url(public.public_bytes_raw())}
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        numbers, size = public.public_numbers(), (public.curve.key_size + 7) // 8
        curve = {256: "P-256", 384: "P-384", 521: "P-521"}[public.curve.key_size]
        return {"kty": "EC", "crv": curve, "x": number(numbers.x, size), "y": number(numbers.y, size)}


class Issuer:
    """One provider. Not listening until `start`; may be stopped and started again on its port."""

    def __init__(self, algorithms=("ES256",), advertise=True, jwks_uri: str | None = None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.algorithms, self.advertise, self.jwks_uri = list(algorithms), advertise, jwks_uri
        self.generation = 0
        self.extra_jwks: list[dict] = []
        self.answers = {}  # path -> function(handler), in place of the ordinary answer
        self.hits = collections.Counter()
        self.headers = []
        self.server = None
        self.rotate()

    def rotate(self) -> None:
        """New keys under new key identifiers; the old ones are gone."""
        self.generation += 1
        self.keys = {a: TokenKey(a, f"{a.lower()}-{self.generation}") for a in self.algorithms}

    def discovery(self) -> dict:
        document = {"issuer": self.url, "jwks_uri": self.jwks_uri or self.url + "/keys"}
        if self.advertise:
            advertised = self.algorithms if self.advertise is True else self.advertise
            document["id_token_signing_alg_values_supported"] = list(advertised)
        return document

    def key_set(self) -> dict:
        return {"keys": self.extra_jwks + [key.jwk() for key in self.keys.values()]}

    def claims(self, claims: dict) -> dict:
        """The usual members, then the caller's; a caller's None removes a member."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": "sigstore", "iat": now, "exp": now + 600, "sub": "subject-1"}
        return {name: value for name, value in {**usual, **claims}.items() if value is not None}

    def token(self, claims: dict, algorithm: str | None = None, header: dict | None = None, key=None) -> str:
        """A compact token of exactly these claims. Members of `header` overrule the usual ones, None removes them."""
        return self.raw_token(compact(claims), algorithm, header, key)

    def raw_token(self, payload: bytes, algorithm=None, header: dict | bytes | None = None, key=None) -> str:
        """A signed token around exactly these payload octets; `header` may be octets too."""
        signer = key or self.keys[algorithm or self.algorithms[0]]
        if not isinstance(header, bytes):
            usual = {"alg": signer.algorithm, "kid": signer.kid, "typ": "JWT", **(header or {})}
            header = compact({name: value for name, value in usual.items() if value is not None})
        message = f"{b64url(header)}.{b64url(payload)}".encode()
        return message.decode() + "." + b64url(signer.sign(message))

    def hmac_token(self, claims: dict, secret: bytes, kid: str) -> str:
        """The classic forgery: HS256 with something public as the secret."""
        header, payload = compact({"alg": "HS256", "kid": kid}), compact(claims)
        message = f"{b64url(header)}.{b64url(payload)}".encode()
        return join(header, payload, hmac.new(secret, message, hashlib.sha256).digest())

    def email(self, address: str = "jane@example.com", **changes) -> dict:
        return self.claims({"email": address, "email_verified": True, **changes})

    def github(self, **changes) -> dict:
        """The claims of a GitHub Actions token, as in the specification's table B.3."""
        workflow = "o/r/.github/workflows/x.yml@refs/heads/main"
        return self.claims(
            {
                "sub": "repo:o/r:ref:refs/heads/main", "job_workflow_ref": workflow, "workflow_ref": workflow,
                "sha": "a" * 40, "event_name": "push", "repository": "o/r", "workflow": "build",
                "ref": "refs/heads/main", "job_workflow_sha": "b" * 40, "runner_environment": "github-hosted",
                "repository_id": "11", "repository_owner": "o", "repository_owner_id": "22",
                "repository_visibility": "public", "workflow_sha": "c" * 40, "run_id": "33", "run_attempt": "1",
                **changes,
            }
        )  # fmt: skip

    def start(self) -> "Issuer":
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                issuer.hits[self.path] += 1
                issuer.headers.append(dict(self.headers))
                answer = issuer.answers.get(self.path)
                if answer:
                    answer(self)
                elif self.path == DISCOVERY:
                    respond(self, compact(issuer.discovery()))
                elif self.path == "/keys":
                    respond(self, compact(issuer.key_set()))
                else:
                    respond(self, b"not here", 404)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def __enter__(self) -> "Issuer":
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a fetcher that hangs up early is expected here


def respond(handler, body: bytes, status: int = 200, content_type="application/json", **headers) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
