"""Client keys, proofs of possession and requests, well made and badly made."""

import base64
import functools
import hashlib
import json
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

import der

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}
GOOD = ["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"]
WEAK = json.loads(pathlib.Path(__file__).with_name("weak_keys.json").read_text())


def pem(data: bytes, label: str = "PUBLIC KEY", columns: int = 64, newline: str = "\n", end: str = "\n") -> str:
    """PEM text with any line length and any newline, with or without the last one."""
    text = base64.b64encode(data).decode()
    lines = [text[i : i + columns] for i in range(0, len(text), columns)] if columns else [text]
    return newline.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"]) + end


class Key:
    """A client's private key with the proof the specification asks of its kind (certificate-authority 3.1)."""

    def __init__(self, private):
        self.private = private

    def spki(self) -> bytes:
        return self.private.public_key().public_bytes(DER, SPKI)

    def pem(self) -> str:
        return self.private.public_key().public_bytes(PEM, SPKI).decode()

    def sign(self, message: bytes, hash_algorithm=None) -> bytes:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(message, ec.ECDSA(hash_algorithm or self.curve_hash()))
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), hash_algorithm or hashes.SHA256())
        return self.private.sign(message)

    def curve_hash(self):
        return {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[self.private.curve.key_size]

    def sign_raw(self, message: bytes) -> bytes:
        """An ECDSA signature as r||s of the curve's length."""
        r, s = decode_dss_signature(self.sign(message))
        size = (self.private.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def sign_pss(self, message: bytes) -> bytes:
        salt = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        return self.private.sign(message, salt, hashes.SHA256())

    def csr(self, hash_algorithm=None, subject: x509.Name | None = None, extensions=(), rsa_padding=None) -> bytes:
        """A certificate signing request in DER, with the usual hash unless told otherwise."""
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject or x509.Name([]))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        default = hashes.SHA256()
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            default = None
        elif isinstance(self.private, ec.EllipticCurvePrivateKey):
            default = self.curve_hash()
        return builder.sign(self.private, hash_algorithm or default, rsa_padding=rsa_padding).public_bytes(DER)


def make(kind: str) -> Key:
    if kind in CURVES:
        return Key(ec.generate_private_key(CURVES[kind]()))
    if kind == "ed25519":
        return Key(ed25519.Ed25519PrivateKey.generate())
    return Key(rsa.generate_private_key(65537, int(kind.removeprefix("rsa"))))


@functools.cache
def shared(kind: str) -> Key:
    """One key of each kind for tests that do not care which."""
    return make(kind)


def personal_subject() -> x509.Name:
    """A subject that must not appear in any certificate."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "requested-name"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "requested@example.org"),
        ]
    )


class WeakRSA:
    """An RSA key of weak_keys.json, used by plain arithmetic because libraries rightly refuse such keys."""

    def __init__(self, name: str):
        parts = {part: int(value, 16) for part, value in WEAK[name].items()}
        p, q, self.e = parts["p"], parts["q"], parts["e"]
        self.n = p * q
        self.d = pow(self.e, -1, p * (p - 1) if p == q else (p - 1) * (q - 1))

    def spki(self) -> bytes:
        return rsa_spki(self.n, self.e)

    def padded(self, message: bytes) -> int:
        """EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §9.2)."""
        info = der.sequence(
            der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.NULL),
            der.octet_string(hashlib.sha256(message).digest()),
        )
        size = (self.n.bit_length() + 7) // 8
        return int.from_bytes(b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info, "big")

    def sign(self, message: bytes) -> bytes:
        return pow(self.padded(message), self.d, self.n).to_bytes((self.n.bit_length() + 7) // 8, "big")


def rsa_spki(n: int, e: int, parameters: bytes = der.NULL) -> bytes:
    algorithm = der.sequence(der.oid("1.2.840.113549.1.1.1"), parameters)
    return der.sequence(algorithm, der.bit_string(der.sequence(der.integer(n), der.integer(e))))


def ec_spki(point: bytes, parameters: bytes | None = None) -> bytes:
    """A P-256 SPKI around any point octets, with named-curve or other parameters."""
    named = der.oid("1.2.840.10045.3.1.7")
    algorithm = der.sequence(der.oid("1.2.840.10045.2.1"), named if parameters is None else parameters)
    return der.sequence(algorithm, der.bit_string(point))


def point(key: Key, compressed: bool = False) -> bytes:
    form = serialization.PublicFormat.CompressedPoint if compressed else serialization.PublicFormat.UncompressedPoint
    return key.private.public_key().public_bytes(serialization.Encoding.X962, form)


P256_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_G = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


def explicit_p256_parameters() -> bytes:
    """The P-256 domain written out (RFC 3279 ECParameters): the same curve, yet not the named form."""
    field = der.sequence(der.oid("1.2.840.10045.1.1"), der.integer(P256_P))
    a, b = (der.octet_string(value.to_bytes(32, "big")) for value in (P256_P - 3, P256_B))
    generator, order = der.octet_string(P256_G), der.integer(P256_N)
    return der.sequence(der.integer(1), field, der.sequence(a, b), generator, order, der.integer(1))
