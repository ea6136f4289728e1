"""What is in a certificate, field by field and byte by byte (certificate-authority §4, §5, B.2, B.3)."""

import base64
import calendar
import hashlib
import subprocess
import sys
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, SignatureAlgorithmOID

import der
import keys
import merkle
from client import POISON, SCT_LIST, good_body
from conftest import ADDRESS

FULCIO = "1.3.6.1.4.1.57264.1"
KEY_USAGE, USAGE, SUBJECT_KEY, AUTHORITY_KEY, NAMES = "2.5.29.15", "2.5.29.37", "2.5.29.14", "2.5.29.35", "2.5.29.17"
EMAIL_NAMES = "301281106a616e65406578616d706c652e636f6d"
WORKFLOW = "https://github.com/o/r/.github/workflows/x.yml@refs/heads/main"
# Table B.3 for github-workflow without the rows that depend on the issuer's URL.
GITHUB = {
    2: "70757368",
    3: "61" * 40,
    4: "6275696c64",
    5: "6f2f72",
    6: "726566732f68656164732f6d61696e",
    9: "0c3e" + WORKFLOW.encode().hex(),
    10: "0c28" + "62" * 40,
    11: "0c0d6769746875622d686f73746564",
    12: "0c1668747470733a2f2f6769746875622e636f6d2f6f2f72",
    13: "0c28" + "61" * 40,
    14: "0c0f726566732f68656164732f6d61696e",
    15: "0c023131",
    16: "0c1468747470733a2f2f6769746875622e636f6d2f6f",
    17: "0c023232",
    18: "0c3e" + WORKFLOW.encode().hex(),
    19: "0c28" + "63" * 40,
    20: "0c0470757368",
    21: "0c3168747470733a2f2f6769746875622e636f6d2f6f2f722f616374696f6e732f72756e732f33332f617474656d7074732f31",
    22: "0c067075626c6963",
    24: "0c1c7265706f3a6f2f723a7265663a726566732f68656164732f6d61696e",
}


@pytest.fixture(scope="module")
def email(world):
    return world.client.issue(world.good_body())


@pytest.fixture(scope="module")
def github(world):
    claims = world.github.github()
    return world.client.issue(good_body(world.github.token(claims), claims["sub"]))


@pytest.fixture(params=["email", "github"])
def issued(request):
    return request.getfixturevalue(request.param)


def fulcio_values(issued) -> dict[int, str]:
    prefix = der.oid(FULCIO)[2:]
    found = [e for e in issued.parsed.extensions if e.oid[2:-1] == prefix]
    assert not any(e.critical for e in found)
    return {e.oid[-1]: e.value.hex() for e in found}


def test_the_email_certificate_carries_exactly_the_values_of_the_table(world, email):
    """ID-01 ID-03 ID-09 ID-15 for type email."""
    url = world.email.url
    assert email.parsed.value(NAMES).hex() == EMAIL_NAMES
    expected = {1: url.encode().hex(), 8: der.utf8(url).hex(), 24: der.utf8("subject-1").hex()}
    assert fulcio_values(email) == expected
    assert list(fulcio_values(email)) == sorted(expected)


def test_the_github_certificate_carries_exactly_the_values_of_the_table(world, github):
    """ID-01 ID-03 ID-04 ID-09 ID-15 for type github-workflow."""
    url = world.github.url
    assert github.parsed.value(NAMES) == der.sequence(der.tlv(0x86, WORKFLOW.encode()))
    assert fulcio_values(github) == {**GITHUB, 1: url.encode().hex(), 8: der.utf8(url).hex()}
    assert list(fulcio_values(github)) == [1, 2, 3, 4, 5, 6, *range(8, 23), 24]


def test_an_email_token_without_sub_has_no_subject_extension(world):
    """ID-09: extension 24 is the raw `sub`, absent without one."""
    issued = world.client.issue(good_body(world.token(sub=None), ADDRESS))
    assert list(fulcio_values(issued)) == [1, 8]


@pytest.mark.parametrize("address", ["Jane.Doe+tag@Example.COM", "o'brien@sub.example.co", "a@b.c"])
def test_addresses_are_copied_as_they_are(world, address):
    """ID-01 R-10: case and spelling of the address survive."""
    issued = world.client.issue(good_body(world.email.token(world.email.email(address)), address))
    assert issued.parsed.value(NAMES) == der.sequence(der.tlv(0x81, address.encode()))


def test_version_names_key_and_algorithms(world, issued):
    """CRT-03 CRT-06: version 3, empty subject, issuer octets equal the CA's subject octets, P-384 signs SHA-384."""
    authority = issued.certificates[1]
    parsed = issued.parsed
    assert parsed.version == der.tlv(0xA0, der.integer(2))
    assert parsed.subject.hex() == "3000"
    assert parsed.issuer == der.Certificate.parse(issued.ders[1]).subject
    assert parsed.spki == keys.shared("p256").spki()
    assert parsed.algorithm == parsed.inner_algorithm == bytes.fromhex("300a06082a8648ce3d040303")
    assert issued.leaf.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA384
    assert isinstance(authority.public_key().curve, ec.SECP384R1)
    issued.leaf.verify_directly_issued_by(authority)


def test_life_begins_now_and_lasts_ten_minutes(world):
    """CRT-01 R-40: notBefore is the whole second of issuance, never earlier; UTCTime; exactly 600 s."""
    before = int(time.time())
    issued = world.client.issue(world.good_body())
    after = int(time.time())
    begin, end = issued.parsed.validity
    assert begin.tag == end.tag == 0x17
    seconds = [calendar.timegm(time.strptime(t.content.decode(), "%y%m%d%H%M%SZ")) for t in (begin, end)]
    assert before <= seconds[0] <= after and seconds[1] - seconds[0] == 600
    assert abs(issued.sct.timestamp // 1000 - seconds[0]) <= 5


def test_extensions_have_the_specified_order_and_criticality(email, github):
    """CRT-04 SCT-02: nothing more, nothing less; the SCT list last."""
    head = [(KEY_USAGE, True), (USAGE, False), (SUBJECT_KEY, False), (AUTHORITY_KEY, False), (NAMES, True)]
    for issued, numbers in ((email, [1, 8, 24]), (github, [1, 2, 3, 4, 5, 6, *range(8, 23), 24])):
        expected = [*head, *((f"{FULCIO}.{n}", False) for n in numbers), (SCT_LIST, False)]
        assert [(e.oid, e.critical) for e in issued.parsed.extensions] == [(der.oid(o), c) for o, c in expected]


def test_fixed_parts_have_their_fixed_octets(issued):
    """CRT-04 CRT-05: table B.2, and the key identifiers by our own SHA-1."""
    parsed, authority = issued.parsed, der.Certificate.parse(issued.ders[1])
    assert parsed.value(KEY_USAGE).hex() == "03020780"
    assert parsed.value(USAGE).hex() == "300a06082b06010505070303"
    bits = der.parse_one(parsed.spki).children()[1].content[1:]
    assert parsed.value(SUBJECT_KEY) == der.octet_string(hashlib.sha1(bits).digest())
    identifier = der.parse_one(authority.value(SUBJECT_KEY), 0x04).content
    assert parsed.value(AUTHORITY_KEY) == bytes.fromhex("30168014") + identifier


def test_serial_numbers_are_random_and_positive(world):
    """CRT-02 R-07 on a sample of 60: positive, at most 20 octets, all different, high bits in use."""
    bodies = [world.client.issue(world.good_body()).parsed.serial for _ in range(60)]
    assert len(set(bodies)) == 60
    numbers = [int.from_bytes(serial, "big") for serial in bodies]
    assert all(len(serial) <= 20 and serial[0] < 0x80 and number > 0 for serial, number in zip(bodies, numbers))
    # Each of the 159 low bits is set somewhere and clear somewhere; a fair bit fails that once in 2^59 samples.
    assert all({number >> bit & 1 for number in numbers} == {0, 1} for bit in range(159))


def test_the_sct_list_is_encoded_twice_and_holds_one_sct(world, issued):
    """SCT-03 SCT-04 TL-31: exactly one SCT with the leaf index, its signature good over the RFC 6962 structure."""
    value = issued.parsed.value(SCT_LIST)
    sct, inner = issued.sct, der.parse_one(issued.parsed.value(SCT_LIST), 0x04).content
    body = sct.extensions + sct.algorithm + len(sct.signature).to_bytes(2, "big") + sct.signature
    encoded = b"\0" + sct.log_id + sct.timestamp.to_bytes(8, "big") + b"\0\x08" + body
    assert inner == (len(encoded) + 2).to_bytes(2, "big") + len(encoded).to_bytes(2, "big") + encoded
    assert value[:2] == bytes([0x04, 0x81]) and sct.extensions[:3] == b"\0\0\5"
    world.auditor.check_issued(issued)


def test_the_logged_precertificate_is_the_certificate_before_its_sct(world, issued):
    """SCT-01 SCT-02 R-04 R-09 TL-28: poison last and critical; everything else the same octets."""
    entry = world.auditor.entries(issued.index + 1, issued.index)[0]
    leaf = merkle.Leaf.parse(base64.b64decode(entry["leaf_input"]))
    precertificate, chain = merkle.precertificate_chain(base64.b64decode(entry["extra_data"]))
    parsed = der.Certificate.parse(precertificate)
    assert parsed.extensions[-1].raw.hex() == "3013060a2b06010401d6790204030101ff04020500"
    assert parsed.tbs_without(POISON) == issued.parsed.tbs_without(SCT_LIST) == leaf.tbs
    assert leaf.tbs == issued.leaf.tbs_precertificate_bytes
    assert leaf == issued.log_entry and chain == issued.ders[1:]
    x509.load_der_x509_certificate(precertificate).verify_directly_issued_by(issued.certificates[1])


def test_the_authorities_follow_their_profile(email):
    """Section 5.2: root and issuing certificate, their usages, constraints, identifiers, keys and lives."""
    _, issuing, root = email.certificates
    years = [(c.not_valid_after_utc - c.not_valid_before_utc).days / 365.25 for c in (issuing, root)]
    assert 2.9 < years[0] < 3.1 and 9.9 < years[1] < 10.1
    assert issuing.not_valid_after_utc <= root.not_valid_after_utc
    for certificate, issuer in ((issuing, root), (root, root)):
        certificate.verify_directly_issued_by(issuer)
        assert isinstance(certificate.public_key().curve, ec.SECP384R1)
        assert isinstance(certificate.signature_hash_algorithm, hashes.SHA384)
        names = {attribute.rfc4514_attribute_name: attribute.value for attribute in certificate.subject}
        assert names["O"] == "Example" and names["CN"] and len(names) == 2
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        fields = ("digital_signature", "key_cert_sign", "crl_sign", "key_encipherment", "content_commitment")
        assert usage.critical and [getattr(usage.value, f) for f in fields] == [False, True, True, False, False]
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert constraints.critical and constraints.value.ca
        digest = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        assert digest == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    assert issuing.subject != root.subject
    length = root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    assert length is None or length >= 1
    assert issuing.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    usage = issuing.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert not usage.critical and list(usage.value) == [ExtendedKeyUsageOID.CODE_SIGNING]
    with pytest.raises(x509.ExtensionNotFound):
        root.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE)
    link = issuing.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    digest = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert link.key_identifier == digest and link.authority_cert_issuer is None


@pytest.fixture
def files(issued, tmp_path):
    for name, pem in zip(("leaf", "issuing", "root"), issued.pems):
        (tmp_path / f"{name}.pem").write_text(pem + "\n")
    return tmp_path


def test_openssl_verifies_the_chain_strictly(files):
    """CRT-07 (OpenSSL): -x509_strict accepts the chain, and refuses it without the issuing certificate."""
    common = ["openssl", "verify", "-x509_strict", "-check_ss_sig", "-purpose", "any", "-CAfile", "root.pem"]
    good = subprocess.run([*common, "-untrusted", "issuing.pem", "leaf.pem"], cwd=files, capture_output=True, text=True)
    assert good.returncode == 0 and "leaf.pem: OK" in good.stdout, good.stderr
    bad = subprocess.run([*common, "leaf.pem"], cwd=files, capture_output=True, text=True)
    assert bad.returncode != 0


def test_pkilint_finds_nothing(files):
    """R-05 seen from outside: zero findings of severity WARNING or above in leaf, authorities and chain."""
    tools = [[sys.executable, "-m", "pkilint.bin.lint_pkix_cert", "lint", "-s", "WARNING", name] for name in
             ("leaf.pem", "issuing.pem", "root.pem")]  # fmt: skip
    pair = [sys.executable, "-m", "pkilint.bin.lint_pkix_signer_signee_cert_chain", "lint", "-s", "WARNING"]
    tools += [[*pair, "issuing.pem", "leaf.pem"], [*pair, "root.pem", "issuing.pem"]]
    for command in tools:
        done = subprocess.run(command, cwd=files, capture_output=True, text=True)
        assert done.returncode == 0, (command[-1], done.stdout, done.stderr)


def test_the_chain_of_an_answer_is_the_chain_on_disk(world, email):
    """API-01 API-19: leaf, issuing, root; no newline at an end here, exactly one in the trust bundle."""
    on_disk = x509.load_pem_x509_certificates(world.house.read("ca/chain.pem"))
    assert email.certificates[1:] == on_disk and len(on_disk) == 2
    assert all(pem == pem.strip() and pem.count("BEGIN") == 1 for pem in email.pems)
    bundle = world.client.get("/api/v2/trustBundle").json()
    assert bundle == {"chains": [{"certificates": [pem + "\n" for pem in email.pems[1:]]}]}
    assert all(len(line) <= 64 for pem in email.pems for line in pem.split("\n"))
