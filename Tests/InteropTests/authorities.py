"""CA chains and key files of every form, made by `cryptography`, `openssl` and libsodium, never by the program."""

import base64
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
from dataclasses import dataclass

import nacl.secret
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import keys

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
PASSWORD = "correct horse"


def hash_for(private):
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return None
    size = getattr(getattr(private, "curve", None), "key_size", 256)
    return {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[size]


@dataclass
class Link:
    """One certificate of a chain with its private key."""

    certificate: x509.Certificate
    private: object

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(keys.PEM).decode()


def link(name: str, issuer: Link | None, private=None, **faults) -> Link:
    """A good CA certificate: a root without issuer, else one for code signing; `faults` change it."""
    private = private or keys.make("p256").private
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
                         x509.NameAttribute(NameOID.COMMON_NAME, name)])  # fmt: skip
    signer = issuer.private if issuer else private
    start, end = faults.get("start", NOW - DAY), faults.get("end", NOW + 365 * DAY)
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(private.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(start).not_valid_after(end)
    )  # fmt: skip
    if faults.get("ca", True):
        builder = builder.add_extension(x509.BasicConstraints(True, faults.get("path")), faults.get("critical", True))
    sign = faults.get("sign", True)
    usage = x509.KeyUsage(False, False, False, False, False, sign, True, False, False)
    builder = builder.add_extension(usage, True)
    purposes = faults.get("purposes", [ExtendedKeyUsageOID.CODE_SIGNING] if issuer else None)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), faults.get("critical_purposes", False))
    if faults.get("ski", True):
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False)
    if issuer:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.private.public_key())
        builder = builder.add_extension(identifier, False)
    return Link(builder.sign(signer, hash_for(signer)), private)


def chain(length: int = 2, kind: str = "p256", root: Link | None = None) -> list[Link]:
    """Issuing certificate first, root last; a chain of one signs leaves with its root."""
    links = [root or link("root", None, keys.make(kind).private)]
    for number in range(1, length):
        links.append(link(f"intermediate {number}", links[-1], keys.make(kind).private))
    return links[::-1]


def pems(links: list[Link]) -> str:
    return "".join(link.pem for link in links)


def directory_for(links: list[Link], directory: pathlib.Path, password: str = PASSWORD) -> pathlib.Path:
    """What `init --existing-ca` takes."""
    directory.mkdir()
    directory.joinpath("chain.pem").write_text(pems(links))
    directory.joinpath("issuing-key.pem").write_bytes(pbes2(links[0].private, password))
    return directory


def pkcs8(private, form=keys.PEM) -> bytes:
    return private.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def pbes2(private, password: str) -> bytes:
    encryption = serialization.BestAvailableEncryption(password.encode())
    return private.private_bytes(keys.PEM, serialization.PrivateFormat.PKCS8, encryption)


def traditional(private) -> bytes:
    return private.private_bytes(
        keys.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def openssl(*arguments: str, data: bytes, password: str) -> bytes:
    command = ["openssl", *arguments, "-passout", "env:P"]
    done = subprocess.run(command, input=data, capture_output=True, env={**os.environ, "P": password})
    assert done.returncode == 0, done.stderr
    return done.stdout


def scrypt_pkcs8(private, password: str) -> bytes:
    return openssl("pkcs8", "-topk8", "-scrypt", data=pkcs8(private), password=password)


def legacy(label: str, data: bytes, password: str, triple_des: bool = False) -> bytes:
    """RFC 1423 headers around any key, with the key derivation that OpenSSL gave them: MD5, once."""
    size, block = (24, 8) if triple_des else (32, 16)
    iv, key = os.urandom(block), b""
    while len(key) < size:
        key += hashlib.md5(key[-16:] + password.encode() + iv[:8]).digest()
    fill = block - len(data) % block
    if triple_des:
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

        algorithm, name = TripleDES(key[:size]), "DES-EDE3-CBC"
    else:
        algorithm, name = algorithms.AES(key[:size]), "AES-256-CBC"
    encryptor = Cipher(algorithm, modes.CBC(iv)).encryptor()
    sealed = encryptor.update(data + bytes([fill]) * fill) + encryptor.finalize()
    body = keys.pem(sealed, label).splitlines(keepends=True)
    headers = ["Proc-Type: 4,ENCRYPTED\n", f"DEK-Info: {name},{iv.hex().upper()}\n", "\n"]
    return "".join([body[0], *headers, *body[1:]]).encode()


def sigstore(private, password: str, label: str = "ENCRYPTED SIGSTORE PRIVATE KEY", n: int = 65536, **changes) -> bytes:
    """The JSON of Sigstore's tools: scrypt, then NaCl's secretbox (libsodium)."""
    salt, nonce = os.urandom(32), os.urandom(24)
    key = bytes(32)
    if n <= 65536:
        key = hashlib.scrypt(password.encode(), salt=salt, n=n, r=8, p=1, dklen=32, maxmem=256 << 20)
    sealed = nacl.secret.SecretBox(key).encrypt(pkcs8(private, keys.DER), nonce).ciphertext
    text = {name: base64.b64encode(value).decode() for name, value in
            {"salt": salt, "nonce": nonce, "ciphertext": sealed}.items()}  # fmt: skip
    value = {
        "kdf": {"name": "scrypt", "params": {"N": n, "r": 8, "p": 1}, "salt": text["salt"]},
        "cipher": {"name": "nacl/secretbox", "nonce": text["nonce"]},
        "ciphertext": text["ciphertext"],
    }
    return keys.pem(json.dumps({**value, **changes}).encode(), label).encode()


def der_of(pem: bytes) -> bytes:
    return base64.b64decode("".join(line for line in pem.decode().splitlines() if "-----" not in line))


def verify_with_openssl(issued, directory: pathlib.Path) -> None:
    """Fails unless openssl, as strict as it can be, accepts the leaf below the last certificate of the answer."""
    for name, part in (("leaf", issued.pems[:1]), ("between", issued.pems[1:]), ("root", issued.pems[-1:])):
        directory.joinpath(name).write_text("\n".join(part) + "\n")
    done = subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", "root", "-untrusted", "between", "leaf"],
                          cwd=directory, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
