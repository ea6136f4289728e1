"""The benchmarks a user can run: they measure the real server, and say what they measured."""

import json

import program


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


def test_an_open_loop_offers_no_more_than_its_rate():
    result = bench(
        "issue", "--connections", "4", "--rate", "20", "--duration", "1", "--rounds", "1", "--requests", "16"
    )
    # A second of twenty a second; the warm-up is not counted.
    assert 1 <= sum(result["answers"].values()) <= 20


def test_bad_numbers_are_refused():
    for arguments in (["--connections", "0"], ["--rate", "-1"], ["--rounds", "0"], ["--duration", "0"]):
        assert program.run("bench", "issue", *arguments, timeout=30).returncode == 64, arguments
