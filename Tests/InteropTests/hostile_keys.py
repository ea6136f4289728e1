"""Bad keys, proofs and requests for certificates, with the exact message each must get. The token is always good.

Each row makes the request's body from the world; where a key can sign at all, its proof is right, so that the key is
the only reason of the refusal.
"""

import base64

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, padding, x25519

import der
import keys
from client import INSECURE, PUBLIC_KEY, REQUEST, SIGNATURE, key_body, request_body, text64
from hostile_tokens import ADDRESS

CHALLENGE = ADDRESS.encode()


def with_key(text, proof=b"x"):
    """A request with this PEM text, or with what a function makes of a good P-256 key."""

    def build(world):
        made = text(keys.shared("p256")) if callable(text) else text
        signature = proof(keys.shared("p256")) if callable(proof) else proof
        return key_body(world.token(), made, signature)

    return build


def weak(name: str):
    key = keys.WeakRSA(name)
    return lambda world: key_body(world.token(), keys.pem(key.spki()), key.sign(CHALLENGE))


def other(private, sign=None):
    """A key of a kind that is not allowed, with its own proof where it can make one."""
    spki = private.public_key().public_bytes(keys.DER, keys.SPKI)
    return with_key(keys.pem(spki), sign(private) if sign else b"\x30\x06\x02\x01\x01\x02\x01\x01")


def ecdsa(private) -> bytes:
    return private.sign(CHALLENGE, ec.ECDSA(hashes.SHA256()))


def spki(change):
    """A good key's SPKI changed by a function, with the good key's proof."""
    return with_key(lambda key: keys.pem(change(key)), lambda key: key.sign(CHALLENGE))


def ec_point(change):
    return spki(lambda key: keys.ec_spki(change(bytearray(keys.point(key)))))


def off_curve(point: bytearray) -> bytes:
    point[-1] ^= 1
    return bytes(point)


def outside_field(point: bytearray) -> bytes:
    return bytes(point[:1]) + keys.P256_P.to_bytes(32, "big") + bytes(point[33:])


def long_form_length(key) -> bytes:
    """BER: the outer length in two octets although one would do."""
    good = key.spki()
    return b"\x30\x81" + good[1:]


def explicit_parameters(key) -> bytes:
    return keys.ec_spki(keys.point(key), keys.explicit_p256_parameters())


def good_modulus() -> int:
    return keys.shared("rsa2048").private.public_key().public_numbers().n


def negative_modulus() -> bytes:
    """An RSA key whose modulus lacks the leading zero octet, which makes the INTEGER negative."""
    modulus = der.tlv(0x02, good_modulus().to_bytes(256, "big"))
    algorithm = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.NULL)
    return der.sequence(algorithm, der.bit_string(der.sequence(modulus, der.integer(65537))))


def private_pem(key) -> str:
    plain = serialization.NoEncryption()
    return key.private.private_bytes(keys.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def certificate_pem(world):
    return key_body(world.token(), world.house.read("ca/root.pem").decode(), b"x")


def hybrid(point: bytearray) -> bytes:
    """X9.62's third form: both coordinates and the parity of the second."""
    return bytes([6 | point[-1] & 1]) + bytes(point[1:])


def unused_bits(key) -> bytes:
    return key.spki().replace(b"\x03\x42\x00\x04", b"\x03\x42\x01\x04")


def nested(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = der.sequence(inner)
    return inner


def sized(bits: int):
    return with_key(keys.pem(keys.rsa_spki((1 << bits) - 1, 65537)))


KEYS = {
    "POP-07 no key at all": (lambda world: {"credentials": {"oidcIdentityToken": world.token()}}, PUBLIC_KEY),
    "POP-07 an empty key": (with_key(""), PUBLIC_KEY),
    "POP-07 words": (with_key("a key, honestly"), PUBLIC_KEY),
    "POP-07 PEM without content": (with_key(keys.pem(b"")), PUBLIC_KEY),
    "POP-07 bad base64 in PEM": (with_key("-----BEGIN PUBLIC KEY-----\n@@@@\n-----END PUBLIC KEY-----\n"), PUBLIC_KEY),
    "POP-07 no END line": (with_key(lambda key: key.pem().split("-----END")[0]), PUBLIC_KEY),
    "POP-07 a private key": (with_key(private_pem), PUBLIC_KEY),
    "POP-07 a certificate": (certificate_pem, PUBLIC_KEY),
    "POP-07 the label EC PUBLIC KEY": (with_key(lambda key: keys.pem(key.spki(), "EC PUBLIC KEY")), PUBLIC_KEY),
    "CA 3.2 base64 of DER without PEM": (with_key(lambda key: text64(key.spki())), PUBLIC_KEY),
    "CA 3.2 bytes after the DER": (spki(lambda key: key.spki() + b"\0"), PUBLIC_KEY),
    "CA 3.2 truncated DER": (spki(lambda key: key.spki()[:-1]), PUBLIC_KEY),
    "CA 3.2 BER length": (spki(long_form_length), PUBLIC_KEY),
    "CA 3.2 a compressed point": (spki(lambda key: keys.ec_spki(keys.point(key, compressed=True))), PUBLIC_KEY),
    "CA 3.2 explicit parameters": (spki(explicit_parameters), PUBLIC_KEY),
    "CA 3.2 no curve": (spki(lambda key: keys.ec_spki(keys.point(key), b"")), PUBLIC_KEY),
    "CA 3.2 a point off the curve": (ec_point(off_curve), PUBLIC_KEY),
    "CA 3.2 a coordinate outside the field": (ec_point(outside_field), PUBLIC_KEY),
    "CA 3.2 the point at infinity": (ec_point(lambda point: b"\0"), PUBLIC_KEY),
    "CA 3.2 the point of zeros": (ec_point(lambda point: b"\4" + bytes(64)), PUBLIC_KEY),
    "CA 3.2 RSA without NULL": (spki(lambda key: keys.rsa_spki(good_modulus(), 65537, b"")), PUBLIC_KEY),
    "CA 3.2 a negative RSA modulus": (spki(lambda key: negative_modulus()), PUBLIC_KEY),
    "CA 3.4 secp256k1": (other(ec.generate_private_key(ec.SECP256K1()), ecdsa), PUBLIC_KEY),
    "CA 3.4 Ed448": (other(ed448.Ed448PrivateKey.generate(), lambda key: key.sign(CHALLENGE)), PUBLIC_KEY),
    "POP-09 P-224": (other(ec.generate_private_key(ec.SECP224R1()), ecdsa), INSECURE),
    "POP-09 DSA": (other(dsa.generate_private_key(1024), lambda key: key.sign(CHALLENGE, hashes.SHA256())), INSECURE),
    "CA 3.4 X25519": (other(x25519.X25519PrivateKey.generate()), INSECURE),
    "POP-09 RSA 1024": (weak("rsa-1024"), INSECURE),
    "POP-09 RSA 1536": (weak("rsa-1536"), INSECURE),
    "POP-09 RSA 2047": (weak("rsa-2047"), INSECURE),
    "POP-09 RSA 2056": (weak("rsa-2056"), INSECURE),
    "POP-09 RSA 5120": (weak("rsa-5120"), INSECURE),
    "POP-09 RSA with exponent 3": (weak("rsa-e3"), INSECURE),
    "POP-09 RSA with exponent 65539": (weak("rsa-e65539"), INSECURE),
    "POP-09 RSA with a small factor": (weak("rsa-small-factor"), INSECURE),
    "POP-09 RSA with close primes": (weak("rsa-close-primes"), INSECURE),
    "POP-09 RSA with equal primes": (weak("rsa-square"), INSECURE),
    "POP-09 RSA of the ROCA shape": (weak("rsa-roca"), INSECURE),
    "POP-09 an even RSA modulus": (with_key(keys.pem(keys.rsa_spki(1 << 2047, 65537))), INSECURE),
    "CA 3.2 a hybrid point": (ec_point(hybrid), PUBLIC_KEY),
    "CA 3.2 a bit string with unused bits": (spki(unused_bits), PUBLIC_KEY),
    "CA 3.2 a curve nobody named": (spki(lambda key: keys.ec_spki(keys.point(key), der.oid("1.2.3"))), PUBLIC_KEY),
    "R-23 sequences nested a thousand deep": (with_key(keys.pem(nested(1000))), PUBLIC_KEY),
    "R-21 a key of eight kibibytes of zeros": (with_key(keys.pem(bytes(6000))), PUBLIC_KEY),
    "R-21 a key of a megabyte": (with_key(keys.pem(bytes(1_000_000))), PUBLIC_KEY),
    "R-21 two thousand PEM boundaries": (with_key("-----BEGIN PUBLIC KEY-----\n" * 2000), PUBLIC_KEY),
    "R-21 a PEM label of seven kilobytes": (with_key(f"-----BEGIN {'A' * 7000}-----\nAAAA\n"), PUBLIC_KEY),
    "R-21 an RSA exponent of four kilobits": (with_key(keys.pem(keys.rsa_spki(good_modulus(), 1 << 4095 | 1))), INSECURE),
    "R-21 an RSA modulus of 16 kilobits": (sized(16_384), INSECURE),
}


def proof(make, kind="p256"):
    """A good key with a bad proof."""
    return lambda world: key_body(world.token(), keys.shared(kind).pem(), make(keys.shared(kind)))


def extreme(r: int, s: int):
    return lambda key: der.sequence(der.integer(r), der.integer(s))


PROOFS = {
    "POP-02 P-384 with SHA-256": proof(lambda key: key.sign(CHALLENGE, hashes.SHA256()), "p384"),
    "POP-02 P-521 with SHA-256": proof(lambda key: key.sign(CHALLENGE, hashes.SHA256()), "p521"),
    "POP-01 P-256 with SHA-384": proof(lambda key: key.sign(CHALLENGE, hashes.SHA384())),
    "POP-01 RSA with SHA-512": proof(lambda key: key.sign(CHALLENGE, hashes.SHA512()), "rsa2048"),
    "POP-03 RSA-PSS": proof(lambda key: key.sign_pss(CHALLENGE), "rsa2048"),
    "POP-05 over the subject": proof(lambda key: key.sign(b"subject-1")),
    "POP-05 over the address and a newline": proof(lambda key: key.sign(CHALLENGE + b"\n")),
    "POP-05 over the address in capitals": proof(lambda key: key.sign(CHALLENGE.upper())),
    "POP-05 over nothing": proof(lambda key: key.sign(b"")),
    "POP-04 by another key": proof(lambda key: keys.shared("p384").sign(CHALLENGE, hashes.SHA256())),
    "POP-04 an empty proof": proof(lambda key: b""),
    "POP-04 one octet": proof(lambda key: b"\x30"),
    "POP-04 r and s zero in DER": proof(extreme(0, 0)),
    "POP-04 r and s zero in raw form": proof(lambda key: bytes(64)),
    "POP-04 r and s equal to the order": proof(extreme(keys.P256_N, keys.P256_N)),
    "POP-04 r and s negative": proof(lambda key: bytes.fromhex("30060201ff0201ff")),
    "POP-04 DER and trailing bytes": proof(lambda key: key.sign(CHALLENGE) + b"\0"),
    "POP-04 a BER length": proof(lambda key: b"\x30\x81" + key.sign(CHALLENGE)[1:]),
    "POP-04 raw form of another curve's length": proof(lambda key: bytes(16) + key.sign_raw(CHALLENGE) + bytes(16)),
    "POP-04 base64 of the proof": proof(lambda key: base64.b64encode(key.sign(CHALLENGE))),
    "R-21 a proof of a megabyte": proof(lambda key: b"\x30" * 1_000_000),
    "POP-03 Ed25519 with a changed bit": proof(lambda key: bytes([key.sign(CHALLENGE)[0] ^ 1]) + bytes(63), "ed25519"),
    "POP-03 Ed25519 with one octet more": proof(lambda key: key.sign(CHALLENGE) + b"\0", "ed25519"),
    "POP-01 RSA with one octet less": proof(lambda key: key.sign(CHALLENGE)[1:], "rsa2048"),
    "POP-01 RSA zero": proof(lambda key: bytes(256), "rsa2048"),
    "POP-01 RSA one": proof(lambda key: bytes(255) + b"\1", "rsa2048"),
}


def with_request(make, label: str | None = "CERTIFICATE REQUEST"):
    """A request for a certificate, made of a P-256 key's good one; without a label it is sent as it is."""

    def build(world):
        made = make(keys.shared("p256"))
        return request_body(world.token(), made if label is None else keys.pem(made, label))

    return build


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def other_csr(private, digest) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(private, digest).public_bytes(keys.DER)


def p224_csr(_) -> bytes:
    return other_csr(ec.generate_private_key(ec.SECP224R1()), hashes.SHA256())


def weak_csr(name: str) -> bytes:
    """A request by a weak RSA key, put together by hand and rightly signed."""
    key = keys.WeakRSA(name)
    info = der.sequence(der.integer(0), der.sequence(), key.spki(), der.tlv(0xA0))
    algorithm = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.NULL)
    return der.sequence(info, algorithm, der.bit_string(key.sign(info)))


def sha1_csr(key) -> bytes:
    """An ECDSA request whose signature is good, but made with SHA-1, which the library no longer offers."""
    info = der.parse_one(key.csr()).children()[0].raw
    algorithm = der.sequence(der.oid("1.2.840.10045.4.1"))
    return der.sequence(info, algorithm, der.bit_string(key.private.sign(info, ec.ECDSA(hashes.SHA1()))))


def renamed_algorithm(key) -> bytes:
    """A good request whose algorithm identifier says SHA-384 while the signature was made with SHA-256."""
    return key.csr().replace(der.oid("1.2.840.10045.4.3.2"), der.oid("1.2.840.10045.4.3.3"))


def der_in_bytes(world):
    csr = base64.b64encode(keys.shared("p256").csr()).decode()
    return {"credentials": {"oidcIdentityToken": world.token()}, "certificateSigningRequest": csr}


def request_around(*attributes: bytes, subject: bytes = der.sequence()):
    """A request with this subject and these attributes, rightly signed."""

    def build(key) -> bytes:
        info = der.sequence(der.integer(0), subject, key.spki(), der.tlv(0xA0, *attributes))
        return der.sequence(info, der.sequence(der.oid("1.2.840.10045.4.3.2")), der.bit_string(key.sign(info)))

    return build


NOT_KNOWN = "unrecognized signature algorithm: "
REQUESTS = {
    "POP-10 bare DER": (der_in_bytes, REQUEST),
    "POP-10 words": (with_request(lambda key: "words", None), REQUEST),
    "POP-10 another label": (with_request(lambda key: key.csr(), "CERTIFICATE"), REQUEST),
    "POP-10 a public key": (with_request(lambda key: key.spki(), "PUBLIC KEY"), REQUEST),
    "POP-10 another block first": (
        with_request(lambda k: k.pem() + keys.pem(k.csr(), "CERTIFICATE REQUEST"), None),
        REQUEST,
    ),
    "POP-10 truncated": (with_request(lambda key: key.csr()[:-1]), REQUEST),
    "POP-10 bytes after it": (with_request(lambda key: key.csr() + b"\0"), REQUEST),
    "POP-10 not a request": (with_request(lambda key: der.sequence(der.integer(1))), REQUEST),
    "POP-11 a changed signature": (with_request(lambda key: flipped(key.csr())), SIGNATURE),
    "POP-11 the wrong algorithm named": (with_request(renamed_algorithm), SIGNATURE),
    "CA 3.3 SHA-1": (with_request(sha1_csr), NOT_KNOWN + "ECDSA-SHA1"),
    "CA 3.3 SHA-224": (with_request(lambda key: key.csr(hashes.SHA224())), SIGNATURE),
    "CA 3.3 SHA3-256": (with_request(lambda key: key.csr(hashes.SHA3_256())), SIGNATURE),
    "POP-11 PSS": (
        lambda world: request_body(
            world.token(),
            keys.pem(
                keys.shared("rsa2048").csr(rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32)),
                "CERTIFICATE REQUEST",
            ),
        ),
        NOT_KNOWN + "SHA256-RSAPSS",
    ),
    "POP-11 P-384 with SHA-256": (
        with_request(lambda key: keys.shared("p384").csr(hashes.SHA256())),
        "signing algorithm not permitted: *ecdsa.PublicKey, SHA-256",
    ),
    "POP-10 a subject that is no name": (with_request(request_around(subject=der.integer(1))), REQUEST),
    "POP-10 attributes that are none": (with_request(request_around(der.integer(1))), REQUEST),
    "POP-10 attributes cut short": (with_request(request_around(b"\x30\x7f")), REQUEST),
    "R-23 a request nested a thousand deep": (with_request(lambda key: nested(1000)), REQUEST),
    "R-21 a request of a megabyte": (with_request(lambda key: bytes(1_000_000)), REQUEST),
    "POP-09 a request by P-224": (with_request(p224_csr), INSECURE),
    "CA 3.4 a request by Ed448": (with_request(lambda k: other_csr(ed448.Ed448PrivateKey.generate(), None)), INSECURE),
    "POP-09 a request by RSA 1024": (with_request(lambda key: weak_csr("rsa-1024")), INSECURE),
    "POP-09 a request by RSA with exponent 3": (with_request(lambda key: weak_csr("rsa-e3")), INSECURE),
    "POP-09 a request by an RSA key of the ROCA shape": (with_request(lambda key: weak_csr("rsa-roca")), INSECURE),
}
