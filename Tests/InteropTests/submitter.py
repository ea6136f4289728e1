"""A CA of its own that submits to logs over HTTP: good chains, and every kind of bad one."""

import base64
import concurrent.futures
import datetime
import itertools
import json
import pathlib
import threading

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import keys
import merkle
import program
import tiled_log

SERIALS = itertools.count(1000)
DAY = datetime.timedelta(days=1)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Submitter:
    """A root, an intermediate, and what the intermediate issues."""

    def __init__(self, title: str = "submitter"):
        self.now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.root_key, self.key, self.leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self.root_name, self.issuing_name = name(f"{title} root"), name(f"{title} issuing")
        self.root = self.authority(self.root_name, self.root_key, self.root_name, self.root_key)
        self.issuing = self.authority(self.issuing_name, self.key, self.root_name, self.root_key)

    def authority(self, subject, key, issuer, issuer_key, purposes=None) -> x509.Certificate:
        builder = self.builder(subject, key, issuer, -DAY, 900 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(True, None), True)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
        return builder.sign(issuer_key, hashes.SHA256())

    def identifiers(self, key, issuer_key) -> list:
        """The two key identifiers, for those who verify strictly."""
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        return [(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False), (authority, False)]

    def builder(self, subject, key, issuer, start, end) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(next(SERIALS))
            .not_valid_before(self.now + start)
            .not_valid_after(self.now + end)
        )

    def leaf(
        self, poison: bool = True, purposes=(ExtendedKeyUsageOID.CODE_SIGNING,), end=10 * DAY, issuer=None, key=None,
        extensions=(), algorithm=None, start=-DAY,
    ) -> x509.Certificate:  # fmt: skip
        """A leaf or a precertificate with a serial number that no other has."""
        builder = self.builder(name("leaf"), self.leaf_key, issuer or self.issuing_name, start, end)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
        if poison:
            builder = builder.add_extension(x509.PrecertPoison(), True)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(key or self.key, algorithm or hashes.SHA256())

    def chain(self, leaf: x509.Certificate, with_root: bool = True) -> list[bytes]:
        links = [leaf, self.issuing] + ([self.root] if with_root else [])
        return [link.public_bytes(keys.DER) for link in links]


class Submission:
    """What a log answered to one chain."""

    def __init__(self, answer: requests.Response):
        body = answer.json()
        assert set(body) >= {"sct_version", "id", "timestamp", "extensions", "signature"} and body["sct_version"] == 0
        assert type(body["timestamp"]) is int
        self.log_id, self.extensions, self.signature = (
            base64.b64decode(body[part], validate=True) for part in ("id", "extensions", "signature")
        )
        self.timestamp = body["timestamp"]


def post(log_url: str, endpoint: str, chain, session=requests, **options) -> requests.Response:
    """Posts a list of certificates, or a body as it is."""
    body = {"json": {"chain": [text64(der) for der in chain]}} if isinstance(chain, list) else {"data": chain}
    return session.post(f"{log_url}/ct/v1/{endpoint}", timeout=60, **body, **options)


class OpenLog:
    """A server whose log takes the chains of one submitter, with the means to fill it fast."""

    def __init__(
        self, directory: pathlib.Path, *options: str, accept: str = "listed-roots", issuers: dict | None = None,
        submitter=None, **init
    ):
        directory.mkdir(parents=True, exist_ok=True)
        self.house = program.House(directory, **init)
        self.house.init()
        self.house.trust(issuers or {})
        self.submitter = submitter or Submitter()
        self.options = ["--log-accept", accept, *options]
        root = directory / "submitter-root.pem"
        root.write_bytes(self.submitter.root.public_bytes(keys.PEM))
        self.change_roots("--add", root, "--reason", "test")
        self.url, self.key = self.house.log_url, merkle.LogKey(self.house.log_public_key)
        self.server = self.house.serve(*self.options)

    def change_roots(self, *arguments) -> list[dict]:
        """Runs `log roots` while no server runs; answers with the roots in force."""
        done = program.run("log", "roots", "--data-dir", self.house.directory, "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["roots"]

    def tiled(self) -> tiled_log.TiledLog:
        return tiled_log.TiledLog(self.url, self.house.origin, self.key)

    def fill(self, count: int, poison: bool = True) -> None:
        """Adds so many new entries, many at a time."""
        endpoint = "add-pre-chain" if poison else "add-chain"
        local = threading.local()

        def add(_):
            if not hasattr(local, "session"):
                local.session = requests.Session()
                local.session.trust_env = False
            answer = post(self.url, endpoint, self.submitter.chain(self.submitter.leaf(poison)), local.session)
            assert answer.status_code == 200, answer.text

        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            list(pool.map(add, range(count)))

    def restart(self) -> None:
        assert self.server.stop() == 0, self.server.output
        self.server = self.house.serve(*self.options)

    def __enter__(self) -> "OpenLog":
        return self

    def __exit__(self, kind, *rest):
        self.server.__exit__(kind, *rest)
