"""Certificates of many kinds, a server that finds them, and what it must find, read by `cryptography` alone."""

import base64
import concurrent.futures
import datetime
import hashlib
import ipaddress
import urllib.parse

import requests
from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

import der
import keys
import program
from auditor import Auditor
from ports import free_port
from submitter import OpenLog, post

ARC = "1.3.6.1.4.1.57264.1."
RAW = {ARC + str(number) for number in range(1, 7)}
KINDS = {x509.RFC822Name: "email", x509.DNSName: "dns", x509.UniformResourceIdentifier: "uri",
         x509.IPAddress: "ip", x509.RegisteredID: "registeredID", x509.DirectoryName: "directoryName",
         x509.OtherName: "otherName"}  # fmt: skip


class Row:
    """What an answer must say of one entry, read from get-entries alone."""

    def __init__(self, index: int, entry: dict):
        leaf, extra = (base64.b64decode(entry[name]) for name in ("leaf_input", "extra_data"))
        self.index, self.timestamp = index, int.from_bytes(leaf[2:10], "big")
        self.precertificate = leaf[10:12] == b"\0\1"
        at = extra if self.precertificate else leaf[12:]
        self.der = at[3 : 3 + int.from_bytes(at[:3], "big")]
        self.certificate = x509.load_der_x509_certificate(self.der)
        self.key_hash = leaf[12:44].hex() if self.precertificate else self.key_hash_of(extra)
        self.serial = f"{self.certificate.serial_number:x}"
        self.serial = self.serial if len(self.serial) % 2 == 0 else "0" + self.serial
        self.fingerprint = hashlib.sha256(self.der).hexdigest()
        public = self.certificate.public_key().public_bytes(keys.DER, keys.SPKI)
        self.spki = hashlib.sha256(public).hexdigest()
        self.names = self.read_names()
        self.extensions = {
            item.oid.dotted_string: self.text(item.oid.dotted_string, item.value.value)
            for item in self.certificate.extensions if item.oid.dotted_string.startswith(ARC)
        }  # fmt: skip
        self.issuers = {self.extensions[ARC + n] for n in ("1", "8") if ARC + n in self.extensions}

    @staticmethod
    def key_hash_of(chain: bytes) -> str:
        """SHA-256 of the key of the first certificate of a chain."""
        issuing = x509.load_der_x509_certificate(chain[6 : 6 + int.from_bytes(chain[3:6], "big")])
        return hashlib.sha256(issuing.public_key().public_bytes(keys.DER, keys.SPKI)).hexdigest()

    @staticmethod
    def text(oid: str, value: bytes) -> str:
        return (value if oid in RAW else der.parse_one(value, 0x0C).content).decode()

    def read_names(self) -> list[tuple[str, str]]:
        try:
            names = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return []
        return [(KINDS[type(name)], self.name_text(name)) for name in names]

    @staticmethod
    def name_text(name) -> str:
        match name:
            case x509.IPAddress():
                return str(name.value)
            case x509.RegisteredID():
                return name.value.dotted_string
            case x509.DirectoryName():
                (attribute,) = name.value
                return f"CN={attribute.value}"
            case x509.OtherName():
                return der.parse_one(name.value, 0x0C).content.decode()
        return name.value

    def matches(self, query: dict) -> bool:
        checks = {
            "serial": lambda v: v == self.serial, "fingerprint": lambda v: v == self.fingerprint,
            "spki": lambda v: v == self.spki, "issuer": lambda v: v in self.issuers,
            "ca": lambda v: v.lower() == self.key_hash or v in [f"CN={a.value}" for a in self.certificate.issuer],
            "san": lambda v: any(value == v for _, value in self.names),
            "san_prefix": lambda v: any(value.startswith(v) for _, value in self.names),
            "since": lambda v: self.timestamp >= milliseconds(v), "until": lambda v: self.timestamp < milliseconds(v),
            "extension": lambda vs: all(self.has(v) for v in vs),
        }  # fmt: skip
        return all(checks[name](value) for name, value in query.items())

    def has(self, pair: str) -> bool:
        name, _, text = pair.partition(":")
        return self.extensions.get(fulcio_oid(name)) == text

    def assert_same(self, found: dict, origin: str) -> None:
        assert found["index"] == self.index and found["timestamp"] == self.timestamp and found["log"] == origin
        assert (found["serial"], found["fingerprint"], found["spki"]) == (self.serial, self.fingerprint, self.spki)
        assert found["kind"] == ("precertificate" if self.precertificate else "certificate")
        assert [(n["type"], n["value"]) for n in found["subjectAlternativeNames"]] == self.names
        assert {fulcio_oid(name): text for name, text in found["extensions"].items()} == self.extensions
        assert ARC + "8" not in self.extensions or "IssuerV2" in found["extensions"]
        assert found["caKey"] == self.key_hash
        assert found["issuer"] in (self.issuers or {None})
        assert found["notBefore"] == stamp(self.certificate.not_valid_before_utc)
        assert found["notAfter"] == stamp(self.certificate.not_valid_after_utc)


ALL_NAMES = [
    "Issuer", "GithubWorkflowTrigger", "GithubWorkflowSHA", "GithubWorkflowName", "GithubWorkflowRepository",
    "GithubWorkflowRef", None, "IssuerV2", "BuildSignerURI", "BuildSignerDigest", "RunnerEnvironment",
    "SourceRepositoryURI", "SourceRepositoryDigest", "SourceRepositoryRef", "SourceRepositoryIdentifier",
    "SourceRepositoryOwnerURI", "SourceRepositoryOwnerIdentifier", "BuildConfigURI", "BuildConfigDigest",
    "BuildTrigger", "RunInvocationURI", "SourceRepositoryVisibilityAtSigning", "DeploymentEnvironment", "Subject",
]  # fmt: skip


def fulcio_oid(name: str) -> str:
    return ARC + str(ALL_NAMES.index(name) + 1) if name in ALL_NAMES else name


def milliseconds(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def stamp(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(timestamp: int) -> str:
    time = datetime.datetime.fromtimestamp(timestamp // 1000, datetime.timezone.utc)
    return time.strftime("%Y-%m-%dT%H:%M:%S") + f".{timestamp % 1000:03d}Z"


def other_name(text: str) -> x509.OtherName:
    return x509.OtherName(ObjectIdentifier(ARC + "7"), der.utf8(text))


def raw(number: int, text: str) -> x509.UnrecognizedExtension:
    value = text.encode() if number <= 6 else der.utf8(text)
    return x509.UnrecognizedExtension(ObjectIdentifier(ARC + str(number)), value)


REPOSITORIES = [f"https://github.com/acme/tool{n}" for n in range(7)]
CURIOUS = ["100%", "a_b@example.com", "a%b@example.com", "aXb@example.com", "*.example.com", "[x]?*", "Jane@Example.com"]


def mixed(submitter, number: int, poison: bool) -> x509.Certificate:
    """One of several hundred certificates, no two alike, many with something in common."""
    names = [
        [x509.RFC822Name(f"user{number}@example.com")],
        [x509.UniformResourceIdentifier(f"{REPOSITORIES[number % 7]}/.github/workflows/r.yml@refs/tags/v{number}")],
        [other_name(f"josé{number}!exämple.com"), other_name("名前!例え")],
        [x509.DNSName(f"h{number}.example.com"), x509.IPAddress(ipaddress.ip_address(f"10.0.0.{number % 256}")),
         x509.IPAddress(ipaddress.ip_address(f"2001:db8::{number:x}"))],
        [x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"dir {number % 3}")])),
         x509.RegisteredID(ObjectIdentifier("1.2.3.4"))],
        [x509.UniformResourceIdentifier(CURIOUS[number % len(CURIOUS)])],
        # One composed and one decomposed letter are different octets.
        [other_name("\u00e9!x" if number % 2 else "e\u0301!x")],
    ][number % 7]  # fmt: skip
    extensions = [(x509.SubjectAlternativeName(names), True)]
    issuer = f"https://issuer{number % 5}.example.com"
    if number % 3:
        extensions.append((raw(1, issuer), False))
    if number % 3 != 1:
        extensions.append((raw(8, issuer), False))
    extensions.append((raw(12, REPOSITORIES[number % 7]), False))
    if number % 4 == 0:
        extensions.append((raw(5, "acme/ünïcode"), False))
    if number % 11 == 0:
        extensions.append((raw(99, f"newer than anybody {number % 2}"), False))
    return submitter.leaf(poison, extensions=extensions)


class Audited:
    """A server with an audit listener over a log of certificates of many kinds."""

    def __init__(self, directory, *more: str):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = OpenLog(directory, "--audit-port", self.port, *more)
        self.house, self.auditor = self.log.house, Auditor(self.log.house)
        self.index = self.house.database.with_name("log.sqlite-index")
        self.session = requests.Session()
        self.session.trust_env = False

    def fill(self, numbers) -> None:
        def add(number):
            poison = number % 5 != 0
            chain = self.log.submitter.chain(mixed(self.log.submitter, number, poison))
            answer = post(self.log.url, "add-pre-chain" if poison else "add-chain", chain)
            assert answer.status_code == 200, answer.text

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            list(pool.map(add, numbers))

    def rows(self) -> list[Row]:
        return [Row(index, entry) for index, entry in enumerate(self.auditor.entries(self.auditor.head().size))]

    def get(self, query: dict | None = None, path: str = "", **options) -> requests.Response:
        # A plus sign is one for the server, so that addresses with one need no escape; blanks are escaped.
        text = urllib.parse.urlencode(query or {}, doseq=True, quote_via=urllib.parse.quote)
        return self.session.get(f"{self.url}/api/v1/certificates{path}?{text}", timeout=60, **options)

    def page(self, query: dict) -> dict:
        answer = self.get(query)
        assert answer.status_code == 200, (query, answer.text)
        return answer.json()

    def all(self, query: dict, limit: int = 1000) -> list[dict]:
        found, cursor = [], None
        while True:
            page = self.page({**query, "limit": limit, **({"cursor": cursor} if cursor else {})})
            assert len(page["certificates"]) <= limit
            found, cursor = found + page["certificates"], page["nextCursor"]
            if cursor is None:
                return found

    def caught_up(self, seconds: float = 30) -> bool:
        def is_current():
            page = self.page({"limit": 1})
            return page["treeSize"] and page["indexed"] == page["treeSize"]

        return program.eventually(is_current, seconds, "the index is current")

    def metric(self, name: str) -> float | None:
        start = f'{name}{{shard="{self.house.shard}"}} '
        text = requests.get(f"http://127.0.0.1:{self.house.metrics_port}/metrics", timeout=10).text
        return next((float(line.split()[1]) for line in text.splitlines() if line.startswith(start)), None)

    def warnings(self) -> list[str]:
        return requests.get(self.house.url + "/readyz", timeout=10).json()["warnings"]

    def __enter__(self) -> "Audited":
        return self

    def __exit__(self, *rest):
        self.log.__exit__(*rest)


def queries(rows: list[Row]) -> list[dict]:
    """At least one of every kind and of every combination that is treated in a way of its own."""
    some, middle = rows[len(rows) // 3], rows[len(rows) // 2]
    prefixes = ["user1", "https://github.com/acme/", "https://github.com/acme/tool3/", "josé", "名", "a%", "a_", "*", "[",
                "100%", "10.0.0.", "2001:db8::", "CN=dir", "\u00e9", "e\u0301", "J", "j", "nobody", "1.2.3"]  # fmt: skip
    found = [{}] + [{"san_prefix": prefix} for prefix in prefixes]
    found += [{"san": value} for value in dict.fromkeys(value for row in rows[:60] for _, value in row.names)]
    for row in rows[::17]:
        found += [{"serial": row.serial}, {"fingerprint": row.fingerprint}]
    found += [{"spki": some.spki}, {"ca": "CN=submitter issuing"}, {"ca": "CN=nobody"}, {"san": "user"}]
    found += [{"ca": rows[0].key_hash}, {"ca": rows[0].key_hash.upper()}]
    found += [{"issuer": f"https://issuer{n}.example.com"} for n in range(6)]
    found += [{"extension": [pair]} for pair in (
        f"SourceRepositoryURI:{REPOSITORIES[2]}", f"{ARC}12:{REPOSITORIES[2]}", "GithubWorkflowRepository:acme/ünïcode",
        f"{ARC}99:newer than anybody 1", "SourceRepositoryURI:https://github.com/acme", "IssuerV2:https://issuer1.example.com",
    )]  # fmt: skip
    since, until = moment(some.timestamp), moment(middle.timestamp)
    repository = f"SourceRepositoryURI:{REPOSITORIES[1]}"
    found += [
        {"since": since}, {"until": until}, {"since": since, "until": until}, {"since": "2099-01-01T00:00:00Z"},
        {"until": "2001-01-01T00:00:00+01:00"}, {"issuer": "https://issuer2.example.com", "since": since},
        {"issuer": "https://issuer2.example.com", "extension": [repository]},
        {"extension": [repository, "GithubWorkflowRepository:acme/ünïcode"]},
        {"san_prefix": "user", "issuer": "https://issuer0.example.com", "since": since, "until": until},
        {"san_prefix": "https://", "san": some.names[0][1] if some.names else "x"},
    ]  # fmt: skip
    return found


def check(audited, rows: list[Row], limit: int = 1000, some: int = 1) -> None:
    for query in queries(rows)[::some]:
        expected = [row for row in reversed(rows) if row.matches(query)]
        found = audited.all(query, limit)
        assert [one["index"] for one in found] == [row.index for row in expected], query
        for one, row in zip(found, expected):
            row.assert_same(one, audited.house.origin)
