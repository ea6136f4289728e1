"""The list of algorithms that clients may sign with (certificate-authority §3.5)."""

from cryptography.hazmat.primitives import hashes

import keys
from client import Client, good_body, request_body
from conftest import ADDRESS

LIST = "ecdsa-sha2-256-nistp256,ecdsa-sha2-256-nistp384"
REFUSED = {
    "ed25519": "signing algorithm not permitted: ed25519.PublicKey, unknown hash value 0",
    "rsa2048": "signing algorithm not permitted: *rsa.PublicKey, SHA-256",
    "p384": "signing algorithm not permitted: *ecdsa.PublicKey, SHA-384",
    "p521": "signing algorithm not permitted: *ecdsa.PublicKey, SHA-512",
}


def test_the_list_restricts_and_admits(trusting, issuer):
    """POP-13: only what is listed passes, with a proof and with a request; P-384 with SHA-256 as a request does."""
    with trusting.serve("--client-signing-algorithms", LIST) as server:
        client, token = Client(trusting.url), issuer.token(issuer.email(ADDRESS))
        client.issue(good_body(token, ADDRESS))
        csr = keys.shared("p384").csr(hashes.SHA256())
        client.issue(request_body(token, keys.pem(csr, "CERTIFICATE REQUEST")))
        for kind, message in REFUSED.items():
            key = keys.shared(kind)
            client.refuse(good_body(token, ADDRESS, key), message)
            client.refuse(request_body(token, keys.pem(key.csr(), "CERTIFICATE REQUEST")), message)
        assert server.stop() == 0


def test_an_unknown_name_stops_the_start(trusting):
    """POP-13: with the message of §3.5."""
    said = trusting.refuses_to_serve("--client-signing-algorithms", "ed25519,rsa-sign-md5")
    assert "mintmark: could not find matching signature algorithm for flag: rsa-sign-md5" in said.splitlines()
