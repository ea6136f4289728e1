"""The suite's own tools, checked against the published vectors before anything is judged with them."""

import base64
import json
import pathlib

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import der
import merkle
from issuer import ALGORITHMS, Issuer

VECTORS = pathlib.Path(__file__).parents[1] / "TransparencyLogTests" / "Vectors" / "merkle.json"


@pytest.fixture(scope="module")
def vectors():
    if not VECTORS.exists():
        pytest.skip(f"no vectors at {VECTORS}")
    return json.loads(VECTORS.read_text())


def test_tree_roots_and_inclusion_paths_agree_with_the_vectors(vectors):
    """TL-3 TL-4 TL-6 for the auditor's own arithmetic."""
    leaves = [merkle.leaf_hash(i.to_bytes(8, "big")) for i in range(70_000)]
    roots = {row["size"]: bytes.fromhex(row["root_hex"]) for row in vectors["merkle_be64"]["roots"]}
    for size, root in roots.items():
        assert merkle.root_of(leaves[:size]) == root
    checked = 0
    for row in vectors["merkle_be64"]["inclusion"]:
        path, size = [bytes.fromhex(p) for p in row["proof_hex"]], row["size"]
        root = roots.get(size) or merkle.root_of(leaves[:size])
        assert merkle.is_included(leaves[row["index"]], row["index"], size, path, root)
        for i in range(len(path)):
            wrong = [*path[:i], bytes(32), *path[i + 1 :]]
            assert not merkle.is_included(leaves[row["index"]], row["index"], size, wrong, root)
            checked += 1
    assert checked > 100


def test_leaves_scts_heads_and_checkpoints_agree_with_the_vectors(vectors):
    """TL-20 TL-21 TL-26 TL-28 for the auditor's own parsers."""
    ct = vectors["ct"]
    spki = base64.b64decode(ct["log_key"]["spki_der_b64"])
    key = merkle.LogKey(b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(spki) + b"\n-----END PUBLIC KEY-----\n")
    assert key.log_id.hex() == ct["log_key"]["log_id_hex"]
    entry = ct["entries"][0]
    leaf = merkle.Leaf.parse(bytes.fromhex(entry["merkle_tree_leaf_hex"]))
    assert leaf.encode().hex() == entry["merkle_tree_leaf_hex"] and merkle.leaf_index(leaf.extensions) == 0
    assert merkle.leaf_hash(leaf.encode()).hex() == entry["leaf_hash_hex"]
    sct = merkle.SCT.parse(bytes.fromhex(entry["sct_tls_hex"]))
    assert key.verifies_sct(sct, leaf)
    final = base64.b64decode(ct["final_certificate_for_entry_0"]["der_b64"])
    assert der.Certificate.parse(final).tbs_without("1.3.6.1.4.1.11129.2.4.2") == leaf.tbs
    assert x509.load_der_x509_certificate(final).tbs_precertificate_bytes == leaf.tbs
    for row in ct["signed_tree_heads"]:
        head = merkle.TreeHead.from_json(row["get_sth_json"])
        assert head.is_signed_by(key)
        assert merkle.TreeHead.from_checkpoint(row["checkpoint_note"].encode(), ct["origin"], key.log_id) == head
        forged = merkle.TreeHead(head.size + 1, head.timestamp, head.root, head.signature)
        assert not forged.is_signed_by(key)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_tokens_of_the_suite_verify_with_another_library(algorithm):
    """PyJWT fetches our key set over HTTP and accepts our tokens; it refuses one with a changed payload."""
    with Issuer(algorithms=[algorithm]) as issuer:
        token = issuer.token(issuer.claims({"sub": "someone"}), algorithm=algorithm)
        key = jwt.PyJWKClient(issuer.url + "/keys").get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key, algorithms=[algorithm], audience="sigstore", issuer=issuer.url)
        assert claims["sub"] == "someone"
        head, body, signature = token.split(".")
        with pytest.raises(jwt.InvalidSignatureError):
            changed = f"{head}.{body[:-6]}{body[-5:-1]}AA.{signature}"
            jwt.decode(changed, key, algorithms=[algorithm], audience="sigstore")
        assert issuer.hits["/keys"] == 1


def test_elements_survive_a_round_trip():
    value = der.sequence(der.integer(128), der.oid("1.3.6.1.4.1.57264.1.24"), der.octet_string(bytes(300)))
    integer, identifier, octets = der.parse_one(value, 0x30).children()
    assert integer.content == b"\0\x80" and octets.content == bytes(300)
    assert identifier.raw.hex() == "060a2b0601040183bf300118"
    for bad in (b"\x30\x80", b"\x04\x81\x01\x00", b"\x04\x02\x00", value + b"\0"):
        with pytest.raises(der.DERError):
            der.parse_one(bad)


def test_private_keys_of_the_weak_set_fit_their_moduli():
    import keys

    for name in keys.WEAK:
        weak = keys.WeakRSA(name)
        message = b"message"
        assert pow(int.from_bytes(weak.sign(message), "big"), weak.e, weak.n) == weak.padded(message)
        assert serialization.load_der_public_key(weak.spki()).key_size == weak.n.bit_length()
