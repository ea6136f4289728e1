#!/usr/bin/env python3
"""Holds docs/conformance.md against the tests, so that it cannot lie.

Every row names a statement of the specification, where it is tested, and how far:

    | id | statement | `Tests/X/Y.swift` or `Tests/X/y.py::test_name` | tested |

The status is `tested`, `in part: what is missing` or `not yet: reason`. A test that a row names must exist and carry
the row's id: in Swift in the name of a test or a suite, in Python anywhere in the file of tests or of a table that
tests run through. An id that stands anywhere in Tests must have a row, and so must every statement of the CA's
specification and every trap of its clients. With --list prints which tests carry which id.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "conformance.md"
ID = re.compile(r"\b(?:(?:API|TOK|POP|ID|CRT|SCT|OPS|SEC|TRAP)-\d{2}|TL-\d{1,2}|R-\d{2}a?)\b")
# How many statements each group of the specification of the CA has, and how many traps the list of clients: all of
# them must have a row.
COUNTS = {"API": 27, "TOK": 29, "POP": 14, "ID": 16, "CRT": 10, "SCT": 10, "OPS": 10, "SEC": 6, "TRAP": 18}
# What names a Swift test or suite: all up to the body or the function behind the attribute, or a raw identifier.
LABEL = re.compile(r"@(?:Test|Suite)\b(.*?)(?=\bfunc\b|\bstruct\b|\bfinal\b)|\b(?:func|struct) `([^`]*)`", re.S)
REFERENCE = re.compile(r"`(Tests/[^`:]+)(?:::([^`]+))?`")


def ids_in_tests():
    """Each id and the test files that contain it."""
    found = {}
    for file in sorted((ROOT / "Tests").rglob("*")):
        if file.suffix in (".swift", ".py"):
            for identifier in set(ID.findall(file.read_text(encoding="utf-8"))):
                found.setdefault(identifier, []).append(file.relative_to(ROOT).as_posix())
    return found


def carries(path, text, identifier):
    """Whether the file is one of tests, and the id belongs to a test of it."""
    name = path.rsplit("/", 1)[-1]
    if path.endswith(".py"):
        return name.startswith(("test_", "hostile_")) and identifier in ID.findall(text)
    return any(identifier in ID.findall(label) for match in LABEL.finditer(text) for label in match.groups() if label)


def rows():
    """The table's rows as (line number, id, statement, tests, status)."""
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").split("\n"), 1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if line.startswith("|") and ID.fullmatch(cells[0]):
            yield number, *(cells + [""] * 4)[:4]


def reference_problem(identifier, path, name):
    file = ROOT / path
    if not file.is_file():
        return f"{path} does not exist"
    text = file.read_text(encoding="utf-8")
    if not carries(path, text, identifier):
        return f"no test in {path} carries {identifier}"
    if name and name not in text:
        return f"{path} has no test named {name}"
    return None


def row_problems(identifier, tests, status):
    references = REFERENCE.findall(tests)
    if re.fullmatch(r"not yet: \S.*", status):
        if references:
            yield "not yet tested, but names a test"
    elif status == "tested" or re.fullmatch(r"in part: \S.*", status):
        if not references:
            yield "names no test"
        for path, name in references:
            if problem := reference_problem(identifier, path, name):
                yield problem
    else:
        yield f"the status must be tested, in part: ..., or not yet: ..., not {status!r}"


def problems():
    seen = set()
    for number, identifier, statement, tests, status in rows():
        if identifier in seen:
            yield f"docs/conformance.md:{number}: {identifier} has two rows"
        seen.add(identifier)
        if not statement:
            yield f"docs/conformance.md:{number}: {identifier} has no statement"
        for problem in row_problems(identifier, tests, status):
            yield f"docs/conformance.md:{number}: {identifier}: {problem}"
    if not seen:
        yield "docs/conformance.md: no rows"
    for group, count in COUNTS.items():
        for identifier in (f"{group}-{number:02}" for number in range(1, count + 1)):
            if identifier not in seen:
                yield f"docs/conformance.md: {identifier} has no row"
    for identifier, files in sorted(ids_in_tests().items()):
        if identifier not in seen:
            yield f"{files[0]}: mentions {identifier}, which has no row in docs/conformance.md"


def main():
    if sys.argv[1:] == ["--list"]:
        for identifier, files in sorted(ids_in_tests().items()):
            print(identifier, *(f for f in files if carries(f, (ROOT / f).read_text(encoding="utf-8"), identifier)))
        return 0
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return 1
    states = [status.split(":")[0] for *_, status in rows()]
    print("conformance: " + ", ".join(f"{states.count(s)} {s}" for s in ("tested", "in part", "not yet")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
