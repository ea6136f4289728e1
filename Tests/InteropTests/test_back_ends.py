"""CA back ends: fileca with every form of key, the checks of a chain, and ephemeralca (certificate-authority 5.3, 7)."""

import functools
import pathlib

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

import authorities as ca
import keys
import program
from auditor import Auditor
from authorities import PASSWORD
from client import Client, good_body
from conftest import ADDRESS
from issuer import Issuer

SERVER_AUTH = [ExtendedKeyUsageOID.SERVER_AUTH]


class Authority:
    """A chain in files, and a data directory whose log accepts its root."""

    def __init__(self, directory: pathlib.Path, links: list[ca.Link], issuer_url: str):
        directory.mkdir(exist_ok=True)
        self.links, self.directory = links, directory
        self.house = program.House(directory, passphrase=PASSWORD)
        self.house.options = {"existing_ca": ca.directory_for(links, directory / "existing")}
        self.house.init()
        self.house.trust({issuer_url: {}})
        self.certificate, self.key = directory / "cert.pem", directory / "key.pem"
        self.write(links)

    def write(self, links: list[ca.Link], key: bytes | None = None) -> None:
        self.certificate.write_text(ca.pems(links))
        self.key.write_bytes(key if key is not None else ca.pkcs8(links[0].private))
        self.key.chmod(0o640)

    def options(self, password: str = "") -> list:
        return ["--ca", "fileca", "--fileca-cert", self.certificate, "--fileca-key", self.key,
                "--fileca-key-passwd", password]  # fmt: skip

    def serve(self, password: str = "", *more) -> program.Server:
        return self.house.serve(*self.options(password), *more)

    def refuses(self, password: str = "", *more) -> str:
        return self.house.refuses_to_serve(*self.options(password), *more)

    def issue(self, issuer: Issuer):
        issued = Client(self.house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        Auditor(self.house).check_issued(issued)
        return issued

    def issues(self, issuer: Issuer, password: str = "", *more) -> tuple:
        """Starts, issues one certificate whose SCT verifies, stops; returns it and what was written."""
        with self.serve(password, *more) as server:
            issued = self.issue(issuer)
            assert server.stop() == 0
        assert issued.ders[1:] == [link.certificate.public_bytes(keys.DER) for link in self.links]
        issued.leaf.verify_directly_issued_by(issued.certificates[1])
        return issued, server.output


@pytest.fixture(scope="module")
def trusted():
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def authority(tmp_path_factory, trusted):
    """One authority for each kind of CA key, made once."""

    @functools.cache
    def made(kind: str, length: int = 2) -> Authority:
        return Authority(tmp_path_factory.mktemp("ca") / kind, ca.chain(length, kind), trusted.url)

    return made


PLAIN = {
    "p256 PRIVATE KEY": lambda key: ca.pkcs8(key),
    "p256 EC PRIVATE KEY": lambda key: ca.traditional(key),
    "rsa2048 PRIVATE KEY": lambda key: ca.pkcs8(key),
    "rsa2048 RSA PRIVATE KEY": lambda key: ca.traditional(key),
    "ed25519 PRIVATE KEY": lambda key: ca.pkcs8(key),
}
ENCRYPTED = {
    "p256 PRIVATE KEY, RFC 1423": lambda key, word: ca.legacy("PRIVATE KEY", ca.pkcs8(key, keys.DER), word),
    "p256 EC PRIVATE KEY, RFC 1423": lambda key, word: ca.openssl(
        "ec", "-aes256", data=ca.pkcs8(key), password=word),
    "p256 EC PRIVATE KEY, RFC 1423, triple DES": lambda key, word: ca.legacy(
        "EC PRIVATE KEY", ca.der_of(ca.traditional(key)), word, triple_des=True),
    "rsa2048 RSA PRIVATE KEY, RFC 1423": lambda key, word: ca.openssl(
        "rsa", "-traditional", "-aes128", data=ca.pkcs8(key), password=word),
    "p256 ENCRYPTED PRIVATE KEY": lambda key, word: ca.pbes2(key, word),
    "p256 ENCRYPTED PRIVATE KEY, scrypt": lambda key, word: ca.scrypt_pkcs8(key, word),
    "rsa2048 ENCRYPTED PRIVATE KEY": lambda key, word: ca.pbes2(key, word),
    "ed25519 ENCRYPTED PRIVATE KEY": lambda key, word: ca.pbes2(key, word),
    "p256 ENCRYPTED SIGSTORE PRIVATE KEY": lambda key, word: ca.sigstore(key, word),
    "rsa2048 ENCRYPTED SIGSTORE PRIVATE KEY": lambda key, word: ca.sigstore(key, word),
    "p256 ENCRYPTED COSIGN PRIVATE KEY": lambda key, word: ca.sigstore(
        key, word, "ENCRYPTED COSIGN PRIVATE KEY", n=32768),
}  # fmt: skip


@pytest.mark.parametrize("form", PLAIN)
def test_a_plain_key_of_every_type_issues(authority, trusted, form):
    """OPS-02: whatever the password says, with a warning that names the file."""
    made = authority(form.split()[0])
    made.write(made.links, PLAIN[form](made.links[0].private))
    assert f"BEGIN {form.split(' ', 1)[1]}-----" in made.key.read_text()
    _, output = made.issues(trusted, "any")
    assert "not encrypted" in output and made.key.name in output
    assert ("Ed25519" in output) == form.startswith("ed25519")


@pytest.mark.parametrize("form", ENCRYPTED)
def test_an_encrypted_key_of_every_type_issues_with_its_password_alone(authority, trusted, form):
    """OPS-02 R-46: the right password opens it, another one and none do not, and it is never shown."""
    made, word = authority(form.split()[0]), "marker-word-41c7"
    made.write(made.links, ENCRYPTED[form](made.links[0].private, word))
    assert f"BEGIN {form.split(' ', 1)[1].split(',')[0]}-----" in made.key.read_text()
    _, output = made.issues(trusted, word)
    assert "not encrypted" not in output and word not in output
    said = "failed to decrypt legacy PEM block: x509: decryption password incorrect"
    for wrong in ("wrong", ""):
        refused = made.refuses(wrong)
        assert (said if "RFC 1423" in form else "the passphrase does not open the key") in refused, refused


def test_an_empty_password_opens_a_key_that_sigstore_tools_made_with_it(authority, trusted):
    """OPS-02: as `COSIGN_PASSWORD=` makes them; the password may come from a file too."""
    made = authority("p256")
    made.write(made.links, ca.sigstore(made.links[0].private, ""))
    made.issues(trusted)
    word = made.directory / "word"
    word.write_text("from a file\n")
    word.chmod(0o600)
    made.write(made.links, ca.pbes2(made.links[0].private, "from a file"))
    options = [option for option in made.options() if option not in ("--fileca-key-passwd", "")]
    with made.house.serve(*options, "--fileca-key-passwd-file", word):
        made.issue(trusted)


BAD_KEYS = {
    "unknown private key PEM file type: EC PARAMETERS": lambda key: keys.pem(
        bytes.fromhex("06082a8648ce3d030107"), "EC PARAMETERS").encode() + ca.traditional(key),
    "unknown private key PEM file type: PUBLIC KEY": lambda key: keys.Key(key).pem().encode() + ca.pkcs8(key),
    "not a private key": lambda key: b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "not a private key ": lambda key: b"no PEM at all",
    "not a private key  ": lambda key: ca.sigstore(key, "", n=1 << 40),
    "not a private key   ": lambda key: ca.sigstore(key, "", cipher={"name": "none", "nonce": ""}),
    "not a private key    ": lambda key: keys.pem(b'{"kdf":{}}', "ENCRYPTED SIGSTORE PRIVATE KEY").encode(),
    "not supported": lambda key: ca.pkcs8(keys.ec.generate_private_key(keys.ec.SECP224R1())),
}  # fmt: skip


@pytest.mark.parametrize("message", BAD_KEYS)
def test_key_files_that_are_none_stop_the_start(authority, message):
    """OPS-02: only the first PEM block counts, and the costs of opening a key are bounded."""
    made = authority("p256")
    made.write(made.links, BAD_KEYS[message](made.links[0].private))
    assert message.strip() in made.refuses()


def test_who_may_read_the_key(authority, trusted):
    """R-43: everybody is too many; the group, and links as Kubernetes makes them, are what a mounted secret has."""
    made = authority("p256")
    made.write(made.links)
    for mode in (0o644, 0o604, 0o602):
        made.key.chmod(mode)
        assert "chmod o=" in made.refuses()
    made.key.chmod(0o440)
    real = made.key.rename(made.directory / "..data-key")
    made.key.symlink_to(real.name)
    made.issues(trusted)
    made.key.unlink()
    real.rename(made.key)
    made.certificate.chmod(0o666)
    assert "chmod o-w" in made.refuses()
    made.certificate.chmod(0o644)


@pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"])
def test_the_signature_follows_the_key(authority, trusted, kind, tmp_path):
    """CRT-06 OPS-02: read by `cryptography`, verified by it and by openssl; SHA-256 but for the two wider curves."""
    made = authority(kind)
    made.write(made.links)
    issued, _ = made.issues(trusted)
    assert issued.leaf.signature_hash_algorithm.name == {"p384": "sha384", "p521": "sha512"}.get(kind, "sha256")
    name = issued.leaf.signature_algorithm_oid._name
    assert name.lower().startswith("sha256withrsa" if kind.startswith("rsa") else "ecdsa-with-sha")
    ca.verify_with_openssl(issued, tmp_path)


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_chains_of_any_length_issue(authority, trusted, length, tmp_path):
    """CRT-07 CRT-09: a root alone, and up to two certificates between; openssl verifies the leaf."""
    made = authority("p384", length)
    made.write(made.links)
    issued, _ = made.issues(trusted)
    assert len(issued.certificates) == 1 + length
    ca.verify_with_openssl(issued, tmp_path)


def replaced(links: list[ca.Link], index: int, **faults) -> list[ca.Link]:
    """The chain with one certificate made again with faults, for the same name and key."""
    name = links[index].certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    issuer = None if index == len(links) - 1 else links[index + 1]
    return [*links[:index], ca.link(name, issuer, links[index].private, **faults), *links[index + 1 :]]


def weak(links, private):
    return [ca.link("weak", links[-1], private), links[-1]]


UNKNOWN = "x509: certificate signed by unknown authority"
FAULTS = {
    "empty": (lambda c: [], "certificate chain must contain at least one certificate"),
    "wrong order": (lambda c: c[::-1], UNKNOWN),
    "foreign root": (lambda c: [*c[:-1], ca.link("root", None)], UNKNOWN),
    "unrelated root": (lambda c: [*c[:-1], ca.link("another", None)], UNKNOWN),
    "a missing link": (lambda c: [c[0], c[2]], UNKNOWN),
    "no CA": (lambda c: replaced(c, 0, ca=False), "certificate is not a CA"),
    "basic constraints not critical": (lambda c: replaced(c, 0, critical=False), "critical basic constraints"),
    "no purpose": (lambda c: replaced(c, 0, purposes=[]), "certificate must have extended key usage code signing set"),
    "any purpose": (
        lambda c: replaced(c, 0, purposes=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), "extended key usage"),
    "wrong purpose below": (lambda c: replaced(c, 0, purposes=SERVER_AUTH), "extended key usage"),
    "wrong purpose between": (lambda c: replaced(c, 1, purposes=SERVER_AUTH), "extended key usage"),
    "wrong purpose above": (lambda c: replaced(c, 2, purposes=SERVER_AUTH), "extended key usage"),
    "critical purpose": (lambda c: replaced(c, 0, critical_purposes=True), "critical extended key usage"),
    "expired": (lambda c: replaced(c, 0, end=ca.NOW - ca.DAY / 2), "expired"),
    "expired between": (lambda c: replaced(c, 1, end=ca.NOW - ca.DAY / 2), "expired"),
    "expired root": (lambda c: replaced(c, 2, end=ca.NOW - ca.DAY / 2), "expired"),
    "expires too soon": (lambda c: replaced(c, 0, end=ca.NOW + ca.DAY / 480), "expires before a leaf issued now would"),
    "not yet valid": (lambda c: replaced(c, 0, start=ca.NOW + ca.DAY), "not yet valid"),
    "no key identifier": (lambda c: replaced(c, 0, ski=False), "no subject key identifier"),
    "no keyCertSign": (lambda c: replaced(c, 0, sign=False), "keyCertSign"),
    "no keyCertSign between": (lambda c: replaced(c, 1, sign=False), "keyCertSign"),
    "path length 0 above": (lambda c: replaced(c, 2, path=0), "path length"),
    "path length 0 between": (lambda c: replaced(c, 1, path=0), "path length"),
    "short RSA": (lambda c: weak(c, keys.rsa.generate_private_key(65537, 1024)), "insecure"),
    "RSA with exponent 3": (lambda c: weak(c, keys.rsa.generate_private_key(3, 2048)), "insecure"),
}  # fmt: skip


@pytest.fixture(scope="module")
def three():
    return ca.chain(3)


@pytest.mark.parametrize("fault", FAULTS)
def test_chains_that_clients_would_refuse_stop_the_start(authority, three, fault):
    """CRT-09 CRT-10: with the message of the fault, before any port opens."""
    made = authority("p256")
    make, message = FAULTS[fault]
    links = make(three)
    made.write(links, ca.pkcs8((links or three)[0].private))
    said = made.refuses()
    assert [line for line in said.splitlines() if line.startswith("mintmark: ") and message in line], said
    assert '"listening"' not in said


TEXTS = {
    "junk behind": lambda c: ca.pems(c) + "junk\n",
    "junk between": lambda c: c[0].pem + "junk\n" + ca.pems(c[1:]),
    "a broken block behind": lambda c: ca.pems(c) + "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n",
    "a block without end": lambda c: ca.pems(c) + "-----BEGIN CERTIFICATE-----\nAAAA\n",
}


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_but_certificates_may_follow_a_certificate(authority, text):
    """CRT-09: `error during PEM decoding`."""
    made = authority("p256")
    made.write(made.links)
    made.certificate.write_text(TEXTS[text](made.links))
    assert "error during PEM decoding" in made.refuses()


def test_all_mistakes_are_said_at_once(authority, three):
    """CRT-09: both files, and every fault of a chain."""
    made = authority("p256")
    made.write(replaced(replaced(three, 0, ski=False), 2, purposes=SERVER_AUTH), ca.pkcs8(three[1].private))
    said = made.refuses()
    for message in ("no subject key identifier", "does not allow code signing", "ecdsa public keys are not equal ("):
        assert message in said
    made.write([], b"")
    made.certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    said = made.refuses()
    assert "error during PEM decoding" in said and "not a private key" in said


def test_a_root_that_the_log_does_not_accept_stops_the_start(authority):
    """R-43: the message says what to do; and a fileca without a log says so too."""
    made = authority("p256")
    made.write(ca.chain(2))
    assert "mintmark init --existing-ca" in made.refuses()
    made.write(made.links)
    done = program.run("serve", "--config-path", made.house.configuration, *made.options())
    assert done.returncode == 1 and "--data-dir" in done.stderr and "--ct-log-url" in done.stderr


def test_text_before_the_first_certificate_is_passed_over(authority, trusted):
    """OPS-02: as `openssl x509` writes it."""
    made = authority("p256")
    made.write(made.links)
    made.certificate.write_text("subject=CN = x\n" + ca.pems(made.links))
    made.issues(trusted)


def test_any_purpose_above_the_issuing_certificate_is_no_restriction(trusted, three, tmp_path):
    """CRT-09: the issuing certificate itself must say code signing; those above it must only allow it."""
    links = replaced(three, 1, purposes=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
    Authority(tmp_path / "ca", links, trusted.url).issues(trusted)


def test_back_ends_that_do_not_fit_are_refused(house):
    """R-43: its root is not in that log; an unknown back end is refused as Fulcio does."""
    house.trust({})
    assert "--ca ephemeralca" in house.refuses_to_serve("--ca", "ephemeralca")
    assert "--ca=x is not a valid selection. Try: " in house.refuses_to_serve("--ca", "x")
    said = house.refuses_to_serve("--ca", "fileca")
    for name in ("fileca-cert", "fileca-key", "fileca-key-passwd"):
        assert f"{name} must be set to" in said
