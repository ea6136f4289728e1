"""The demonstration: what it prints is true, what it writes verifies, and nothing is left behind."""

import json
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from cryptography import x509

import merkle
from client import Issued
from program import binary, environment, eventually, run


class Answer:
    """The certificates of the demonstration in the shape of a server's answer, so that the same reader serves."""

    def __init__(self, pems: list[str]):
        self.pems = [pem.strip() for pem in pems]

    def json(self) -> dict:
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": self.pems}}}


def certificates(path: pathlib.Path) -> list[str]:
    return re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", path.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """One run for machines, with files."""
    output = tmp_path_factory.mktemp("demo") / "files"
    done = run("demo", "--json", "--output", output, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), output


def test_the_files_verify_with_openssl(shown):
    """CRT-07 for the demonstration: leaf, chain and root, checked again by OpenSSL from the files alone."""
    _, output = shown
    assert {path.name for path in output.iterdir()} == {"leaf.pem", "chain.pem", "root.pem", "log-key.pem"}
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "chain.pem", "leaf.pem"]
    done = subprocess.run(command, cwd=output, capture_output=True, text=True)
    assert done.returncode == 0 and "leaf.pem: OK" in done.stdout, done.stderr
    without = [part for part in command if part not in ("-untrusted", "chain.pem")]
    assert subprocess.run(without, cwd=output, capture_output=True).returncode != 0


def test_the_timestamp_verifies_with_the_log_key_of_the_files(shown):
    """SCT-04 for the demonstration: leaf and log key from the files, checked by the suite's own RFC 6962 reader."""
    described, output = shown
    chain = certificates(output / "chain.pem")
    issued = Issued(Answer([*certificates(output / "leaf.pem"), *[pem for pem in chain if pem not in leaf(output)]]))
    key = merkle.LogKey((output / "log-key.pem").read_bytes())
    assert issued.sct.log_id == key.log_id and key.verifies_sct(issued.sct, issued.log_entry)
    assert described["verified"] is True
    assert described["certificate"]["logIndex"] == issued.index
    assert described["certificate"]["names"] == issued.names
    assert int(described["certificate"]["serialNumber"], 16) == issued.leaf.serial_number


def leaf(output: pathlib.Path) -> str:
    return (output / "leaf.pem").read_text()


def test_an_existing_output_directory_is_left_alone(shown):
    """A second run into the same place is refused and changes nothing."""
    _, output = shown
    before = leaf(output)
    assert run("demo", "--json", "--output", output, timeout=300).returncode == 1
    assert leaf(output) == before


def test_a_person_reads_who_by_whom_and_where_it_is_logged(tmp_path):
    """The words for an e-mail identity: the address, the issuer, the index, and every extension by its name."""
    done = run("demo", "--email", "someone@example.org", "--output", tmp_path / "files", timeout=300)
    assert done.returncode == 0, done.stderr
    certificate = x509.load_pem_x509_certificate((tmp_path / "files" / "leaf.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == ["someone@example.org"]
    for piece in (
        "someone@example.org",
        "http://127.0.0.1:",
        "Issuer (V2)",
        "Token Subject",
        "log index",
        "leaf.pem: OK",
    ):
        assert piece in done.stdout


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_stays_up_on_request_and_cleans_up_at_the_end(tmp_path, ending):
    """Every printed command works as it stands; afterwards the temporary directory is gone."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with open(tmp_path / "printed", "w+") as printed:
        process = subprocess.Popen(
            [binary(), "demo", "--keep"], env={**environment(), "TMPDIR": str(temporary)}, stdin=subprocess.DEVNULL,
            stdout=printed, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            eventually(lambda: "Ctrl-C" in (tmp_path / "printed").read_text(), 120, "the commands are printed")
            assert list(temporary.iterdir())
            try_commands((tmp_path / "printed").read_text())
            process.send_signal(ending)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait(10)
    assert list(temporary.iterdir()) == []


def try_commands(text: str) -> None:
    """Pastes each printed command into a shell that finds the program under its name."""
    commands = re.findall(r"^ +((?:curl|mintmark) .*)$", text, re.MULTILINE)
    assert len(commands) >= 3
    for command in commands:
        script = f'set -e; mintmark() {{ "{binary()}" "$@"; }}\n{command}'
        done = subprocess.run(["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and done.stdout, (command, done.stderr)
        assert '"code":' not in done.stdout, (command, done.stdout)
