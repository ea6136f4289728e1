"""The benchmarks a user can run: they measure the real server, and say what they measured."""

import json
import pathlib
import subprocess

import program
from issuer import Issuer


def bench(*arguments: str) -> dict:
    run = program.run("bench", *arguments, "--json", timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_the_bound_is_the_sum_of_its_primitives():
    result = bench("crypto", "--rounds", "1", "--seconds", "0.05")
    for name in ("p256", "p384"):
        parts = result[name]["primitives"].values()
        total = sum(part["count"] * part["seconds"]["median"] for part in parts)
        assert abs(total - result[name]["issuance_one_thread_seconds"]["median"]) < total * 0.01
        assert [part["count"] for part in parts] == [1, 1, 1, 2, 1]
    assert result["p384"]["issuance_one_thread_seconds"]["median"] > 0


def test_a_closed_loop_issues_and_counts():
    result = bench("issue", "--connections", "4", "--duration", "1", "--rounds", "2", "--requests", "16")
    assert set(result["answers"]) == {"200"}
    assert result["certificates_per_second"]["median"] > 0
    latency = result["latency_seconds"]
    assert 0 < latency["p50"]["median"] <= latency["p99"]["median"]
    assert 0 < result["share_of_bound"]["median"] < 1
    assert result["peak_resident_bytes"] > 1 << 20


def test_the_server_under_test_is_on_loopback_and_ignores_the_environment(tmp_path):
    """The operator's variables are for a real server; the ports of the bench are for this machine alone."""
    arguments = ["bench", "issue", "--connections", "1", "--duration", "1", "--rounds", "1", "--requests", "1", "--json"]
    variables = {
        "MINTMARK_GRPC_HOST": "0.0.0.0", "FULCIO_SERVE_TLS_CERTIFICATE": str(tmp_path / "none"),
        "MINTMARK_AUDIT_LOG": str(tmp_path / "audit.jsonl"),
    }  # fmt: skip
    bench_process = subprocess.Popen(
        [program.binary(), *arguments], env={**program.environment(), **variables}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    children = pathlib.Path(f"/proc/{bench_process.pid}/task")

    def command() -> list[str]:
        """The arguments of the server that it started; empty before."""
        pids = [pid for path in children.glob("*/children") for pid in path.read_text().split()]
        lines = [pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0") for pid in pids]
        return next((line for line in lines if "serve" in line), [])

    try:
        line = program.eventually(command, 60, "the server runs")
        given = dict(zip(line, line[1:]))
        assert {given[f"--{name}host"] for name in ("", "grpc-", "metrics-")} == {"127.0.0.1"}
        assert given["--grpc-port"] == given["--port"]
        output, _ = bench_process.communicate(timeout=120)
        assert bench_process.returncode == 0 and set(json.loads(output)["answers"]) == {"200"}
    finally:
        bench_process.kill()
        bench_process.wait(10)
    assert list(tmp_path.iterdir()) == []


def test_an_open_loop_offers_no_more_than_its_rate():
    result = bench(
        "issue", "--connections", "4", "--rate", "20", "--duration", "1", "--rounds", "1", "--requests", "16"
    )
    # A second of twenty a second; the warm-up is not counted.
    assert 1 <= sum(result["answers"].values()) <= 20


def test_bad_numbers_are_refused():
    for arguments in (["--connections", "0"], ["--rate", "-1"], ["--rounds", "0"], ["--duration", "0"]):
        assert program.run("bench", "issue", *arguments, timeout=30).returncode == 64, arguments


def test_a_server_that_issues_nothing_is_an_error(tmp_path):
    """One probe says why, in the server's words, instead of a table of zeros."""
    house = program.House(tmp_path)
    house.init()
    with Issuer() as issuer:
        house.trust({issuer.url: {}})  # not the one that the bench starts
        with house.serve():
            run = program.run("bench", "issue", "--url", house.url, "--requests", "1", "--rounds", "1", "--json")
    assert run.returncode == 1 and run.stdout == ""
    assert "/api/v2/signingCert answered 4" in run.stderr and '"message"' in run.stderr, run.stderr
