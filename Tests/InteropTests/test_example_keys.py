"""The published example keys, as keys-example/README.md says to try them (reliability R-43)."""

import shutil

import program
from client import Client, good_body
from conftest import ADDRESS

EXAMPLE = program.PACKAGE / "keys-example"


def with_example_keys(directory) -> program.House:
    house = program.House(directory, passphrase=(EXAMPLE / "passphrase").read_text().strip())
    house.options = {"existing_ca": EXAMPLE / "ca"}
    house.init()
    return house


def test_they_are_refused_outside_development_and_work_within(tmp_path, issuer):
    """R-43: serve knows them; --development accepts them, and on loopback only."""
    house = with_example_keys(tmp_path)
    house.trust({issuer.url: {}})
    assert "example" in house.refuses_to_serve()
    assert "loopback" in house.refuses_to_serve("--development", "--host", "0.0.0.0")
    with house.serve("--development"):
        issued = Client(house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
    assert issued.pems[1].encode() in (EXAMPLE / "ca/chain.pem").read_bytes()


def test_an_existing_ca_is_taken_over_whole_or_not_at_all(tmp_path):
    """R-43: another passphrase, a key that is not encrypted, and new keys asked for at once are refused."""
    house = program.House(tmp_path, passphrase="another")
    arguments = ["init", "--data-dir", house.directory, "--organization", "Example", "--public-url", house.url]
    arguments += ["--passphrase-file", house.passphrase_file]
    wrong = program.run(*arguments, "--existing-ca", EXAMPLE / "ca")
    assert wrong.returncode == 1 and "passphrase" in wrong.stderr
    plain = tmp_path / "plain"
    shutil.copytree(EXAMPLE / "ca", plain)
    plain.joinpath("issuing-key.pem").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    assert "encrypted" in program.run(*arguments, "--existing-ca", plain).stderr
    assert program.run(*arguments, "--existing-ca", EXAMPLE / "ca", "--key-type", "p256").returncode == 64
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("data")]
