"""`check`: what `serve` would refuse is found without a start."""

import contextlib
import json
import re
import sqlite3

from client import Client, good_body
from issuer import Issuer
from log_commands import operate
from program import House, run
from shards import rotated


def test_check_prints_what_would_be_trusted(tmp_path):
    """R-58: an identity configuration alone; issuers with type and audience, warnings, status 0."""
    house = House(tmp_path)
    house.trust({"https://a.example.org": {}, "http://127.0.0.1:9": {"client-id": "other"}})
    done = run("check", "--config-path", house.configuration)
    assert done.returncode == 0 and not done.stderr
    for piece in ("https://a.example.org", "email", "other", "warning: ", "clear text"):
        assert piece in done.stdout
    report = json.loads(run("check", "--json", f"--config-path={house.configuration}").stdout)
    assert report["valid"] is True and re.fullmatch("[0-9a-f]{16}", report["version"])
    assert {"issuer": "http://127.0.0.1:9", "isPattern": False, "type": "email", "audience": "other"} in report["issuers"]
    assert len(report["issuers"]) == 2 and report["warnings"] and report["mistakes"] == []
    by_variable = run("check", "--json", variables={"MINTMARK_CONFIG_PATH": str(house.configuration)})
    assert json.loads(by_variable.stdout) == report


def test_check_names_every_mistake_with_file_and_line(tmp_path):
    """R-58 TOK-25: all at once, status 1, in words and in JSON."""
    house = House(tmp_path)
    house.trust({"https://a.example.org": {"client-id": ""}, "https://b.example.org": {"type": "nonsense"}})
    done = run("check", "--config-path", house.configuration)
    assert done.returncode == 1 and done.stdout == ""
    start = f"mintmark: error loading --config-path={house.configuration}: validate: line "
    assert sum(line.startswith(start) for line in done.stderr.splitlines()) == 3, done.stderr
    done = run("check", "--json", "--config-path", house.configuration)
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["valid"] is False and len(report["mistakes"]) == 3
    assert run("check", "--config-path", tmp_path / "none").returncode == 1
    assert run("check", "--unheard-of").returncode == 64


def test_check_finds_what_serve_would_refuse_and_changes_nothing(tmp_path):
    """R-58 R-43: with a data directory also keys, chain and database, beside a running server too."""
    house = House(tmp_path)
    house.init()
    house.trust({"https://a.example.org": {}})
    arguments = ["check", *house.arguments()[1:]]

    def state():
        return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in house.directory.rglob("*")}

    before = state()
    assert run(*arguments).returncode == 0
    assert state() == before
    with house.serve() as server:
        done = run(*arguments)
        assert done.returncode == 0 and "shard 2026a:" in done.stdout
        # the ceiling of the memory is told by the check and by the server at its start.
        ceiling = json.loads(run(*arguments, "--json").stdout)["memoryCeiling"]
        assert ceiling["bytes"] == sum(part["count"] * part["bytes"] for part in ceiling["parts"])
        told = next(record for record in server.records() if record.get("message") == "memory")
        assert int(told["ceilingMiB"]) == -(-ceiling["bytes"] // 2**20) and server.resident_bytes() < ceiling["bytes"]
        fewer = json.loads(run(*arguments, "--json", "--max-connections", "100").stdout)["memoryCeiling"]
        assert fewer["bytes"] < ceiling["bytes"]
    house.passphrase_file.write_text("wrong\n")
    assert "the passphrase does not open the key" in run(*arguments).stderr
    house.passphrase_file.write_text("correct horse\n")
    house.database.write_bytes(b"")
    done = run(*arguments)
    assert done.returncode == 1 and "not the database of a log" in done.stderr
    house.directory.joinpath("ca/chain.pem").write_bytes(house.read("ca/root.pem"))
    assert run(*arguments).returncode == 1


def test_check_makes_the_checks_of_a_start(tmp_path):
    """R-58: damage for which a start would refuse is found on a stopped store, without a start; a sound one passes."""
    house = House(tmp_path)
    house.init()
    with Issuer() as issuer:
        house.trust({issuer.url: {}})
        with house.serve() as server:
            for _ in range(3):
                Client(house.url).issue(good_body(issuer.token(issuer.email("a@example.com")), "a@example.com"))
            arguments = ["check", *house.arguments()[1:]]
            done = run(*arguments)
            assert done.returncode == 0, done.stderr
            assert server.stop() == 0
        [shard] = json.loads(run(*arguments, "--json").stdout)["shards"]
        assert (shard["shard"], shard["tree_size"], shard["state"]) == (house.shard, 3, "open")
        with contextlib.closing(sqlite3.connect(house.database)) as database:
            database.execute("UPDATE entry SET leaf = CAST(leaf || x'00' AS BLOB) WHERE idx = 1")
            database.commit()
        done = run(*arguments)
        assert done.returncode == 1 and done.stderr.startswith("mintmark: "), done.stderr
        assert house.refuses_to_serve()


def test_check_reads_the_tokens_that_serve_reads(tmp_path):
    """R-58: each mistake names its setting, in check and serve alike; a token of a log that is not opened is not read."""
    house, token = House(tmp_path), tmp_path / "token"
    house.init()
    house.trust({"https://a.example.org": {}})
    arguments = ["check", *house.arguments()[1:]]
    token.write_text("short\n")
    token.chmod(0o600)
    for name, others in (("--audit-token-file", ["--audit-port", "0"]), ("--log-submit-token-file", [])):
        done = run(*arguments, *others, name, token)
        assert done.returncode == 1 and f"{name}: {token}" in done.stderr, done.stderr
        assert f"{name}: {token}" in house.refuses_to_serve(*others, name, token)
    assert run(*arguments, "--ct-log-url=", "--log-submit-token-file", token).returncode == 0


def test_check_reads_all_that_serve_reads_and_makes_nothing(tmp_path):
    """R-58: TLS pairs, the audit stream and the files of other logs, for an ephemeral CA too; all at once."""
    log = f"--ct-log-url=https://log.example,--ct-log-public-key-path={tmp_path}/log.pem".split(",")
    tls = ["--tls-certificate", tmp_path / "chain.pem", "--tls-key", tmp_path / "key.pem"]
    audit = ["--audit-log", tmp_path / "no" / "audit.jsonl"]
    common = ["check", "--ca", "ephemeralca", "--host", "127.0.0.1", "--grpc-host", "127.0.0.1"]
    done = run(*common, *log, *tls, *audit)
    assert done.returncode == 1 and done.stdout == ""
    for name in ("log.pem", "chain.pem", "key.pem", f"{tmp_path}/no"):
        assert sum(name in line for line in done.stderr.splitlines()) == 1, done.stderr
    stream = tmp_path / "audit.jsonl"
    assert run(*common, "--audit-log", stream).returncode == 0 and list(tmp_path.iterdir()) == []
    stream.write_text('{"sequence":7}\n' * 10000)
    done = run(*common, "--audit-log", stream)
    assert done.returncode == 1 and str(stream) in done.stderr
    done = run("check", "--ca", "ephemeralca", "--host", "127.0.0.1", "--grpc-host", "0.0.0.0", "--development")
    assert done.returncode == 1 and "--grpc-host" in done.stderr


def test_check_lists_the_shards_and_their_state(trusting):
    """R-58 R-43: name, origin, key, window, state and size of each, as the log's own commands say, changing nothing."""
    new = rotated(trusting)
    arguments = ["check", *trusting.arguments()[1:]]
    assert operate(trusting, "freeze", "--shard", "2026a", reason="the key [may] be taken").returncode == 0
    with trusting.serve():
        first, second = json.loads(run(*arguments, "--json").stdout)["shards"]
        described = new.description()
    assert [first["shard"], second["shard"]] == ["2026a", new.shard]
    assert second["origin"] == new.origin and second["log_id"] == described["log_id"]
    window = {name: second[name] for name in ("start_inclusive", "end_exclusive")}
    assert window == described["temporal_interval"]
    assert (second["state"], second["reason"], second["tree_size"]) == ("open", None, 0)
    assert (first["state"], first["reason"]) == ("frozen", "the key [may] be taken")
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    for piece in ("shard 2026a:", first["origin"], "frozen: the key [may] be taken", new.log_id.hex(), second["end_exclusive"]):
        assert piece in done.stdout, done.stdout
    assert json.loads(run("check", "--json", "--config-path", trusting.configuration).stdout)["shards"] == []
