"""`mintmark verify`: every step of it passes for what the CA issued, and fails for a reason that it names."""

import base64
import datetime
import hashlib
import json
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from sigstore._internal.fulcio import FulcioClient
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext

import der
import keys
import lying_log
import program
from client import SCT_LIST
from conftest import ADDRESS
from lying_log import Proxy
from submitter import DAY, OpenLog, Submitter, post
from test_sigstore_python import trusted_root

USAGES = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
          "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]  # fmt: skip
STEPS = ["profile", "identity", "timestamp", "chain", "inclusion"]


class Kit:
    """A certificate with what its verifier was handed out."""

    def __init__(self, world, directory):
        self.house, self.world, self.directory = world.house, world, directory
        self.issued = world.client.issue(world.good_body())
        self.issuer = world.email.url
        self.leaf = self.write("leaf.pem", "".join(self.issued.pems[:-1]))
        self.root = self.write("root.pem", self.issued.pems[-1])
        self.log_key = self.write("log-key.pem", world.house.log_public_key.decode())
        self.trust = ["--ca", self.root, "--log-key", self.log_key]
        self.names = ["--certificate-identity", ADDRESS, "--certificate-oidc-issuer", self.issuer]
        self.live = ["--log", world.house.log_url]

    def write(self, name: str, text: str):
        path = self.directory / name
        path.write_text(text)
        return path


class StrictSubmitter(Submitter):
    """One whose certificates have all that RFC 5280 asks of authorities."""

    def authority(self, subject, key, issuer, issuer_key, purposes=None) -> x509.Certificate:
        usage = {name: name in ("key_cert_sign", "crl_sign") for name in USAGES}
        builder = self.builder(subject, key, issuer, -DAY, 900 * DAY)
        for extension, critical in [
            (x509.BasicConstraints(True, None), True), (x509.KeyUsage(**usage), True),
            *self.identifiers(key, issuer_key),
        ]:  # fmt: skip
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256())


@pytest.fixture(scope="module")
def kit(world, tmp_path_factory):
    return Kit(world, tmp_path_factory.mktemp("verify"))


def verify(certificate, *options, data: str | None = None) -> dict:
    done = program.run("verify", certificate, "--json", *options, data=data)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1), done.stderr
    return answer


def refused(certificate, *options) -> str:
    """The reason, which is one line on standard error too."""
    answer = verify(certificate, *options)
    assert not answer["ok"], answer
    done = program.run("verify", certificate, *options)
    assert done.returncode == 1 and done.stderr == f"mintmark: not verified: {answer['finding']}\n", done.stderr
    assert "Verified" not in done.stdout
    return answer["finding"]


def passed(answer: dict) -> list[str]:
    assert answer["ok"], answer
    return [check["step"] for check in answer["checks"]]


@pytest.mark.parametrize("api", ["static", "rfc6962", "auto"])
def test_all_steps_with_the_log_itself(kit, api):
    """TL-32 TL-31: profile, names, timestamp, chain and live inclusion over either API."""
    options = [*kit.trust, *kit.names, *kit.live, "--api", api, "--require-inclusion"]
    answer = verify(kit.leaf, *options)
    assert passed(answer) == STEPS and answer["inclusion"] is True
    assert answer["certificate"]["logIndex"] == kit.issued.index and answer["certificate"]["names"] == [ADDRESS]
    assert f"entry {kit.issued.index} is in the tree" in answer["checks"][-1]["text"]
    done = program.run("verify", kit.leaf, *options)
    assert done.returncode == 0 and done.stdout.endswith(f"Verified: {ADDRESS}\n") and done.stderr == ""


def test_the_chain_agrees_with_openssl(kit):
    """The same chain, by a verifier that is not ours; with another root both refuse."""
    moment = str(int(kit.issued.sct.timestamp / 1000))
    parts = kit.write("one.pem", kit.issued.pems[0]), kit.write("issuing.pem", "".join(kit.issued.pems[1:-1]))
    stranger = kit.write("stranger.pem", Submitter().root.public_bytes(keys.PEM).decode())
    for root, is_good in [(kit.root, True), (stranger, False)]:
        command = ["openssl", "verify", "-x509_strict", "-attime", moment, "-CAfile", root, "-untrusted", parts[1], parts[0]]
        assert (subprocess.run(command, capture_output=True, timeout=30).returncode == 0) == is_good
        answer = verify(kit.leaf, "--ca", root, "--log-key", kit.log_key)
        assert answer["ok"] == is_good
    assert answer["finding"].startswith("chain: at the time of the timestamp"), answer
    # The intermediate from --ca alone, and neither of them.
    assert verify(parts[0], *kit.trust, "--ca", parts[1])["ok"]
    assert refused(parts[0], *kit.trust) == "chain: none of the certificates at hand issued it"


def test_what_a_sigstore_client_got(world, kit, tmp_path):
    """TL-32: a certificate that sigstore-python asked for and checked; from standard input."""
    root = trusted_root(world.house, world.auditor.key.spki)
    with SigningContext(fulcio=FulcioClient(world.house.url), rekor=None, trusted_root=root).signer(
        IdentityToken(world.token())
    ) as signer:
        certificate = signer._signing_cert()
    pem = certificate.public_bytes(keys.PEM).decode() + "".join(kit.issued.pems[1:])
    assert passed(verify("-", *kit.trust, *kit.names, *kit.live, data=pem)) == STEPS
    assert passed(verify("-", "--data-dir", world.house.directory, data=certificate.public_bytes(keys.PEM).decode()))


def test_inclusion_offline(kit, tmp_path):
    """TL-22: by a proof that log get wrote, with cosignature lines that nobody knows, without any network."""
    proof = tmp_path / "proof"
    done = program.run("log", "get", str(kit.issued.index), "--url", kit.house.log_url, "--log-key", kit.log_key,
                       "--proof-file", proof)  # fmt: skip
    assert done.returncode == 0, done.stderr
    options = [*kit.trust, *kit.names, "--require-inclusion"]
    assert passed(verify(kit.leaf, *options, "--proof", proof)) == STEPS
    assert verify(kit.leaf, *options, "--proof", proof, "--origin", kit.house.origin)["ok"]
    text = proof.read_text()
    witness = f"\u2014 witness.example {base64.b64encode(bytes(76)).decode()}\n"
    header, rest = text.split("\n", 1)
    good = {"a cosignature": text + witness, "an extra line": f"{header}\nextra AAAA\n{rest}"}
    for name, changed in good.items():
        proof.write_text(changed)
        assert verify(kit.leaf, *options, "--proof", proof)["ok"], name
    lines = text.split("\n")
    index = kit.issued.index
    note = text.partition("\n\n")[2]
    size = int(note.split("\n")[1])
    changes = {
        text.replace(f"index {index}\n", f"index {index + 1}\n"): f"inclusion: the proof is for entry {index + 1}",
        text.replace(f"index {index}\n", f"index 0{index}\n"): "the line with the index is missing or malformed",
        text.replace("proof@v1", "proof@v2"): "the first line is not",
        text.replace(f"\n{size}\n", f"\n{size + 1}\n"): "inclusion: the checkpoint of the proof: the signature does not",
        text.replace(note, ""): "there is no checkpoint after the proof",
        text[:-2] + "\n": "inclusion: the checkpoint of the proof: not a signed note",
    }
    if size > 1:
        hashed = base64.b64encode(bytes(32)).decode()
        changes[text.replace(lines[2], hashed, 1)] = "inclusion: the proof does not lead from the entry"
        changes[text.replace(lines[2], "AAAA", 1)] = "a line is not the base64 of a hash"
    for changed, reason in changes.items():
        assert changed != text
        proof.write_text(changed)
        assert reason in refused(kit.leaf, *options, "--proof", proof), reason
    proof.write_text(text)
    assert "another log's" in refused(kit.leaf, *options, "--proof", proof, "--origin", "elsewhere/log")


def test_inclusion_that_was_not_checked_is_said(kit):
    """Without --log and --proof: status 0 and a line, unless it is required."""
    done = program.run("verify", kit.leaf, *kit.trust, *kit.names)
    assert done.returncode == 0 and "not checked: that it is in the log" in done.stdout
    assert verify(kit.leaf, *kit.trust)["inclusion"] is False
    assert "who it names" in program.run("verify", kit.leaf, *kit.trust).stdout
    half = program.run("verify", kit.leaf, *kit.trust, "--certificate-identity", ADDRESS).stdout
    assert "not checked: who vouched for it; see --certificate-oidc-issuer" in half and "who it names" not in half
    half = program.run("verify", kit.leaf, *kit.trust, "--certificate-oidc-issuer", kit.issuer).stdout
    assert "not checked: who it names; see --certificate-identity\n" in half and "who vouched" not in half
    assert refused(kit.leaf, *kit.trust, "--require-inclusion").startswith("inclusion: not checked")


def test_names_must_be_exact(kit):
    """Another identity, another provider, the same in other case, and none of it prefixes."""
    for identity in ["john@example.com", ADDRESS.upper(), ADDRESS[:-1], ""]:
        reason = refused(kit.leaf, *kit.trust, "--certificate-identity", identity)
        assert reason == f"identity: the certificate names {ADDRESS}, not {identity}"
    for issuer in [kit.issuer + "/", "https://elsewhere.example"]:
        reason = refused(kit.leaf, *kit.trust, "--certificate-oidc-issuer", issuer)
        assert reason == f"identity: its name was vouched for by {kit.issuer}, not {issuer}"


def test_another_log_key(kit, tmp_path):
    """The timestamp is not that log's; a key that no log has is no key."""
    other = tmp_path / "other.pem"
    other.write_bytes(ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(keys.PEM, keys.SPKI))
    reason = refused(kit.leaf, "--ca", kit.root, "--log-key", other)
    assert reason.startswith(f"timestamp: its timestamp is of log {hashlib.sha256(kit.world.auditor.key.spki).hexdigest()}")
    other.write_bytes(ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(keys.PEM, keys.SPKI))
    assert "not on the P256 curve" in refused(kit.leaf, "--ca", kit.root, "--log-key", other)


def test_changed_bytes_of_a_certificate(kit, tmp_path):
    """A flipped byte anywhere in the certificate is found, in the timestamp as well as outside of it."""
    whole = kit.issued.ders[0]
    embedded = der.parse_one(kit.issued.parsed.value(SCT_LIST), 0x04).content
    place = whole.index(embedded)
    chain = "".join(kit.issued.pems[1:])
    path = tmp_path / "changed.pem"
    for at in range(0, len(whole), 17):
        path.write_text(keys.pem(lying_log.flipped(whole, at), "CERTIFICATE") + chain)
        assert not verify(path, *kit.trust)["ok"], (at, place)


def test_certificates_of_another_profile(kit, tmp_path):
    """A precertificate, an authority, and other purposes; and files that hold no certificate."""
    submitter = Submitter()
    leaves = {
        "this is a precertificate": submitter.leaf(),
        "this is the certificate of an authority": submitter.issuing,
        "not for code signing alone": submitter.leaf(False, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
    }
    path = tmp_path / "leaf.pem"
    for reason, leaf in leaves.items():
        path.write_bytes(leaf.public_bytes(keys.PEM))
        finding = refused(path, *kit.trust)
        assert finding.startswith("profile: ") and reason in finding
    path.write_bytes(submitter.leaf(False).public_bytes(keys.PEM) + submitter.issuing.public_bytes(keys.PEM))
    assert refused(path, *kit.trust) == "timestamp: the certificate carries no readable timestamp"
    for content, reason in [(b"", "no PEM block"), (keys.pem(b"\x30\x00", "CERTIFICATE").encode(), "not a certificate")]:
        path.write_bytes(content)
        assert reason in refused(path, *kit.trust)
    assert "No such file" in refused(tmp_path / "none.pem", *kit.trust)


def test_a_log_that_does_not_have_the_entry(kit, world):
    """An older head, a wrong proof, another entry in its place: none of it is inclusion."""
    with Proxy(world.house.log_url) as proxy:
        old = proxy.fetch("checkpoint").content
        issued = world.client.issue(world.good_body())
        leaf = kit.write("newer.pem", "".join(issued.pems[:-1]))
        options = [*kit.trust, "--log", proxy.url, "--origin", world.house.origin]
        assert passed(verify(leaf, *options))[-1] == "inclusion"
        proxy.lies["checkpoint"] = lambda _: old
        assert "is beyond the" in refused(leaf, *options)
        proxy.lies = {"tile/0/": lambda body: bytes(len(body))}
        assert "the proof does not lead from the entry" in refused(leaf, *options)
        proxy.lies = {"ct/v1/get-proof-by-hash": lambda _: lying_log.Answer(b"no", 404)}
        assert "status 404" in refused(leaf, *options, "--api", "rfc6962")
        assert passed(verify(leaf, *options))[-1] == "inclusion"


def test_detached_timestamps_and_the_time_that_counts(tmp_path, world):
    """A certificate that was logged as it is; it is judged at the time of the timestamp, and both times are said."""
    submitter = StrictSubmitter()
    with OpenLog(tmp_path, submitter=submitter) as log:

        def submit(life: float):
            """A certificate that ends so many seconds from now, with the timestamp of the log."""
            end = datetime.datetime.now(datetime.timezone.utc) - submitter.now + datetime.timedelta(seconds=life)
            identifiers = submitter.identifiers(submitter.leaf_key, submitter.key)
            leaf = submitter.leaf(poison=False, end=end, extensions=identifiers)
            answer = post(log.url, "add-chain", submitter.chain(leaf))
            assert answer.status_code == 200, answer.text
            path, sct = tmp_path / "leaf.pem", tmp_path / "sct.json"
            path.write_bytes(leaf.public_bytes(keys.PEM) + submitter.issuing.public_bytes(keys.PEM))
            sct.write_text(answer.text)
            return path, sct, answer.json()

        root, key = tmp_path / "submitter-root.pem", log.house.directory / "log" / log.house.shard / "public.pem"
        trust = ["--ca", root, "--log-key", key, "--log", log.url]
        path, sct, body = submit(60)
        answer = verify(path, *trust, "--sct", sct)
        assert passed(answer)[-1] == "inclusion" and "the certificate is valid now" in answer["checks"][2]["text"]
        assert "carries no readable timestamp" in refused(path, *trust)
        for member in ("signature", "extensions", "id"):
            raw = base64.b64decode(body[member])
            changed = base64.b64encode(lying_log.flipped(raw, len(raw) - 1)).decode()
            sct.write_text(json.dumps({**body, member: changed}))
            assert refused(path, *trust, "--sct", sct).startswith("timestamp: ")
        sct.write_text("[]")
        assert "not a timestamp" in refused(path, *trust, "--sct", sct)
        path, sct, _ = submit(2)
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.timestamp()
        program.eventually(lambda: time.time() > ends + 1.1, 30, "the certificate is over")
        answer = verify(path, *trust, "--sct", sct)
        assert passed(answer)[-1] == "inclusion" and "expired since" in answer["checks"][2]["text"], answer
        path, sct, _ = submit(-2)
        assert "certificate has expired" in refused(path, *trust, "--sct", sct)


def test_what_must_be_given(kit):
    """Usage errors are status 64; the directory of the CA stands for root and key."""
    assert program.run("verify", kit.leaf, "--log-key", kit.log_key).returncode == 64
    assert program.run("verify", kit.leaf, "--ca", kit.root).returncode == 64
    both = [*kit.trust, *kit.live, "--proof", kit.leaf]
    assert program.run("verify", kit.leaf, *both).returncode == 64
    assert passed(verify(kit.leaf, "--data-dir", kit.house.directory, *kit.names, *kit.live)) == STEPS
    assert "openssl" not in program.run("verify", "--help").stdout
