"""A CA that is made at the start and forgotten at the end, with a log of its own (certificate-authority 7)."""

import base64
import pathlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import keys
import merkle
import program
from authorities import verify_with_openssl
from client import Client, good_body
from conftest import ADDRESS
from issuer import Issuer
from ports import free_port


class Ephemeral:
    """A server without any data directory."""

    def __init__(self, directory: pathlib.Path, issuer: Issuer):
        self.house = program.House(directory)
        self.house.trust({issuer.url: {}})
        self.url = self.house.url

    def start(self, *more) -> program.Server:
        arguments = ["serve", "--ca", "ephemeralca", "--config-path", self.house.configuration, "--host", "127.0.0.1",
                     "--port", self.house.port, "--metrics-port", free_port(), *more]  # fmt: skip
        server = program.Server(arguments, self.url)
        server.wait_until_ready()
        return server


def logged(server: program.Server, message: str) -> dict:
    return next(record for record in server.records() if message in record.get("message", ""))


@pytest.mark.filterwarnings("ignore:Attribute's length:UserWarning")  # the country of section 7 has three letters
def test_an_ephemeral_ca_issues_without_init(tmp_path, issuer):
    """CRT-06 CRT-10 OPS-09: the root's fields, a full issuance with a verified SCT, and nothing left behind."""
    ephemeral = Ephemeral(tmp_path, issuer)
    with ephemeral.start() as server:
        client = Client(ephemeral.url)
        issued = client.issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        chains = client.get("/api/v2/trustBundle").json()["chains"]
        assert [pem.strip() for pem in chains[0]["certificates"]] == [pem.strip() for pem in issued.pems[1:]]
        record = logged(server, "ephemeral log")
        key_file, root_file = pathlib.Path(record["log.public-key.file"]), pathlib.Path(record["root.file"])
        public = serialization.load_der_public_key(base64.b64decode(record["log.public-key"]))
        assert key_file.read_bytes() == public.public_bytes(keys.PEM, keys.SPKI)
        assert merkle.LogKey(key_file.read_bytes()).verifies_sct(issued.sct, issued.log_entry)
        assert root_file.read_text().strip() == issued.pems[1].strip()
        temporary = key_file.parents[2]
        assert temporary.stat().st_mode & 0o777 == 0o700 and not list(temporary.rglob("key.pem"))
        assert "must never be trusted" in logged(server, "ephemeral CA")["message"]
        assert server.stop() == 0
    assert not temporary.exists()
    check_ephemeral_root(issued.certificates[1])
    assert len(issued.certificates) == 2
    issued.leaf.verify_directly_issued_by(issued.certificates[1])
    verify_with_openssl(issued, tmp_path)
    with ephemeral.start() as server:
        again = Client(ephemeral.url).get("/api/v2/trustBundle").json()["chains"][0]["certificates"]
        assert [pem.strip() for pem in again] != [pem.strip() for pem in issued.pems[1:]]


def check_ephemeral_root(root: x509.Certificate) -> None:
    """The fields of section 7."""
    names = [(attribute.oid.dotted_string, attribute.value) for attribute in root.subject]
    assert names == [("2.5.4.6", "USA"), ("2.5.4.8", "WA"), ("2.5.4.7", "Kirkland"), ("2.5.4.9", "767 6th St S"),
                     ("2.5.4.17", "98033"), ("2.5.4.10", "sigstore")]  # fmt: skip
    assert len(root.subject.rdns) == 6 and root.issuer == root.subject
    years = (root.not_valid_after_utc - root.not_valid_before_utc).days / 365.25
    assert 9.99 < years < 10.01
    usage = root.extensions.get_extension_for_class(x509.KeyUsage)
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert usage.critical and usage.value.key_cert_sign and usage.value.crl_sign and not usage.value.digital_signature
    assert constraints.critical and constraints.value == x509.BasicConstraints(True, 1)
    assert root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert len(root.extensions) == 3 and root.public_key().curve.name == "secp256r1"
