"""The commands with which an operator looks at a log and changes its state."""

import json
import subprocess

from program import House, run


def verify(directory, *more) -> dict:
    """What `log verify` says, whose status must fit it."""
    done = run("log", "verify", directory, "--json", *more)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1), (done.returncode, done.stderr)
    return answer


def operate(house: House, kind: str, *more, reason: str = "a test") -> subprocess.CompletedProcess:
    return run("log", kind, "--data-dir", house.directory, "--reason", reason, *more)


def history(house: House) -> list[dict]:
    done = run("log", "history", "--data-dir", house.directory, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
