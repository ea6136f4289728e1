"""The trust documents that a user of a sigstore client would be handed for a CA and its log."""

import base64
import datetime
import hashlib

from cryptography import x509

import keys


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def key_entry(url: str, spki: bytes, start: str) -> dict:
    """A log: its key and the identifier that follows from it."""
    public = {"rawBytes": text64(spki), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": {"start": start}}
    log_id = {"keyId": text64(hashlib.sha256(spki).digest())}
    return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": log_id}


def trusted_root(house, log_spki: bytes) -> dict:
    """Media type 0.1, the spelling that every client takes; the log stands in for the artifact log too."""
    chain = x509.load_pem_x509_certificates(house.read("ca/chain.pem"))
    start = chain[0].not_valid_before_utc - datetime.timedelta(days=1)
    start = start.strftime("%Y-%m-%dT%H:%M:%SZ")
    authority = {
        "subject": {"organization": "Example", "commonName": "example"},
        "uri": house.url,
        "certChain": {"certificates": [{"rawBytes": text64(c.public_bytes(keys.DER))} for c in chain]},
        "validFor": {"start": start},
    }
    log = key_entry(house.log_url, log_spki, start)
    return {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [log],  # sigstore-python's verifier insists on one; nothing is looked up in it here
        "certificateAuthorities": [authority],
        "ctlogs": [log],
        "timestampAuthorities": [],
    }
