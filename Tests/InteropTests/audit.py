"""Reads an audit stream and follows its chain, from its description alone (docs/operations.md)."""

import hashlib
import json
import pathlib

BEGINNING = "0" * 64


def digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def records(path: pathlib.Path, begins: bool = True) -> list[dict]:
    """The records of a file whose chain holds from the first to the last line."""
    found, last, number, fragment = [], BEGINNING, None, []
    text = path.read_bytes()
    assert text.endswith(b"\n"), text[-200:]
    for line in text[:-1].split(b"\n"):
        try:
            record = json.loads(line)
        except ValueError:
            fragment.append(line)
            continue
        if fragment or record["decision"] == "torn":
            assert record["decision"] == "torn" and record["torn"] == digest(b"\n".join(fragment)), record
            fragment = []
        assert record["previous"] == last, record
        assert number is None or record["sequence"] == number + 1, record
        assert number is not None or not begins or record["sequence"] == 1 or "continues" in record, record
        found.append(record)
        last, number = digest(line), record["sequence"]
    assert not fragment, fragment
    return found


def last_digest(path: pathlib.Path) -> str:
    return digest(path.read_bytes()[:-1].split(b"\n")[-1])
