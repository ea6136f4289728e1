"""Certificates for TLS servers, with their keys, in files."""

import datetime
import ipaddress
import pathlib
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import keys


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Pair:
    """A self-signed certificate for loopback and its key."""

    def __init__(self, label: str = "server"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.timezone.utc)
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name(label)).issuer_name(name(label)).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .sign(self.key, hashes.SHA256())
        )  # fmt: skip

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(keys.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(keys.DER)

    @property
    def key_pem(self) -> bytes:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(keys.PEM, serialization.PrivateFormat.PKCS8, plain)

    def write(self, directory: pathlib.Path) -> "Files":
        directory.mkdir(exist_ok=True)
        files = Files(directory / "tls.crt", directory / "tls.key")
        files.certificate.write_bytes(self.pem)
        files.key.write_bytes(self.key_pem)
        files.key.chmod(0o600)
        return files

    def context(self, *protocols: str) -> ssl.SSLContext:
        """A client's context that trusts this certificate alone."""
        context = ssl.create_default_context(cadata=self.pem.decode())
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context


class Files:
    """Where a pair lies."""

    def __init__(self, certificate: pathlib.Path, key: pathlib.Path):
        self.certificate, self.key = certificate, key

    def options(self, prefix: str = "--tls") -> list[str]:
        return [f"{prefix}-certificate", str(self.certificate), f"{prefix}-key", str(self.key)]


def shown(port: int) -> bytes:
    """The DER of the certificate that a port shows now."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port), timeout=10))
