"""Chains and bodies that a log must refuse, each with what is wrong with it."""

import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

import der
import keys
from submitter import DAY, Submitter, name, text64

SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
PRECERTIFICATE_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.4")


def bodies(submitter: Submitter) -> dict:
    """Bodies that are refused, by what is wrong with them, with the status."""
    chain = submitter.chain(submitter.leaf())
    good = [text64(link) for link in chain]
    url_safe = [text.replace("+", "-").replace("/", "_") for text in good]
    assert url_safe != good
    many = [*good, *([good[-1]] * 8)]
    return {
        "TL-41 nothing": (b"", 400),
        "TL-41 no JSON": (b"chain", 400),
        "TL-41 a list": (json.dumps(good).encode(), 400),
        "TL-41 no chain": (b"{}", 400),
        "TL-41 an empty chain": (b'{"chain":[]}', 400),
        "TL-41 null": (b'{"chain":null}', 400),
        "TL-41 a number in the chain": (b'{"chain":[1]}', 400),
        "TL-41 two chains": (json.dumps({"chain": good})[:-1].encode() + b',"chain":[]}', 400),
        "TL-41 bytes after the JSON": (json.dumps({"chain": good}).encode() + b"{}", 400),
        "TL-41 URL-safe base64": (json.dumps({"chain": url_safe}).encode(), 400),
        "TL-41 a blank in base64": (json.dumps({"chain": [good[0] + " ", *good[1:]]}).encode(), 400),
        "TL-41 PEM": (json.dumps({"chain": [submitter.root.public_bytes(keys.PEM).decode()]}).encode(), 400),
        "TL-41 bytes after a certificate": (json.dumps({"chain": [text64(chain[0] + b"\0"), *good[1:]]}).encode(), 400),
        "TL-41 half a certificate": (json.dumps({"chain": [text64(chain[0][:-1]), *good[1:]]}).encode(), 400),
        "TL-41 11 certificates": (json.dumps({"chain": many}).encode(), 400),
        "TL-41 not UTF-8": (b'{"chain":["\xff"]}', 400),
        "TL-41 more than 128 KiB": (b'{"chain":["' + b"A" * (128 << 10) + b'"]}', 413),
    }


def chains(s: Submitter) -> dict:
    """Chains that are refused, with the endpoint and a word of the reason."""
    pre, other = s.leaf(), Submitter("other")
    twin = Submitter()  # the same names, other keys
    weak_key = ec.generate_private_key(ec.SECP256R1())
    no_authority = s.builder(name("weak"), weak_key, s.issuing_name, -DAY, DAY).sign(s.key, hashes.SHA256())
    signer = s.authority(name("signer"), weak_key, s.issuing_name, s.key, [PRECERTIFICATE_SIGNING])
    poison = x509.UnrecognizedExtension(x509.PrecertPoison.oid, b"\5\0")
    strange = x509.UnrecognizedExtension(x509.PrecertPoison.oid, b"\4\0")
    scts = x509.UnrecognizedExtension(SCT_LIST, der.octet_string(b"\0\0"))
    authority = (x509.BasicConstraints(True, None), True)
    large = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(33 << 10))
    broken = bytearray(s.chain(pre)[0])
    broken[-1] ^= 1
    bits = s.chain(pre)
    old = s.leaf(algorithm=hashes.SHA224())
    cases = {
        "TL-30 a precertificate on add-chain": ("add-chain", bits, "poison"),
        "TL-30 a certificate on add-pre-chain": ("add-pre-chain", s.chain(s.leaf(False)), "no poison"),
        "TL-48 no issuer": ("add-pre-chain", bits[:1], "no issuer"),
        "TL-48 no intermediate": ("add-pre-chain", [bits[0], bits[2]], "not issued"),
        "TL-48 another order": ("add-pre-chain", [bits[0], bits[2], bits[1]], ""),
        "TL-48 something after the root": ("add-pre-chain", [*bits, bits[2]], "root"),
        "TL-48 another CA": ("add-pre-chain", other.chain(other.leaf()), "accepted root"),
        "TL-48 another CA without its root": ("add-pre-chain", other.chain(other.leaf(), False), "accepted root"),
        "TL-48 a root of the same name": ("add-pre-chain", twin.chain(twin.leaf()), "accepted root"),
        "TL-48 the same without it": ("add-pre-chain", twin.chain(twin.leaf(), False), "accepted root"),
        "TL-48 another's intermediate": ("add-pre-chain", [bits[0], twin.chain(pre)[1], bits[2]], "not issued"),
        "TL-48 a changed signature": ("add-pre-chain", [bytes(broken), *bits[1:]], "not issued"),
        "TL-48 SHA-224": ("add-pre-chain", s.chain(old), "algorithm"),
        "TL-48 an issuer that is no authority": (
            "add-pre-chain",
            [s.leaf(issuer=name("weak"), key=weak_key).public_bytes(keys.DER), no_authority.public_bytes(keys.DER),
             *bits[1:]],
            "not issued",
        ),
        "TL-27 a precertificate signing certificate": (
            "add-pre-chain",
            [s.leaf(issuer=name("signer"), key=weak_key).public_bytes(keys.DER), signer.public_bytes(keys.DER),
             *bits[1:]],
            "signing certificates",
        ),
        "TL-48 the root itself": ("add-chain", [bits[2]], "authority"),
        "TL-48 an intermediate": ("add-chain", bits[1:], "authority"),
    }  # fmt: skip
    for what, options, reason in [
        ("TL-48 serverAuth alone", {"purposes": [ExtendedKeyUsageOID.SERVER_AUTH]}, "code signing"),
        ("TL-48 any purpose", {"purposes": [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]}, "code signing"),
        ("TL-48 no purpose", {"purposes": ()}, "code signing"),
        ("TL-48 after the window", {"end": 760 * DAY}, "window"),
        ("TL-48 before the window", {"start": -400 * DAY, "end": -DAY}, "window"),
        ("TL-48 an authority's certificate", {"extensions": [authority]}, "authority"),
        ("TL-48 more than 32 KiB", {"extensions": [(large, False)]}, "32 KiB"),
    ]:
        cases[what] = ("add-pre-chain", s.chain(s.leaf(**options)), reason)
        cases[what + ", as a certificate"] = ("add-chain", s.chain(s.leaf(False, **options)), reason)
    for what, extensions, reason in [
        ("TL-30 poison that is not critical", [(poison, False)], "poison"),
        ("TL-30 poison that is not NULL", [(strange, True)], "poison"),
        ("TL-30 poison and timestamps", [(poison, True), (scts, False)], "timestamps"),
    ]:
        chain = s.chain(s.leaf(False, extensions=extensions))
        cases[what] = ("add-pre-chain", chain, reason)
        cases[what + ", as a certificate"] = ("add-chain", chain, "poison")
    return cases
