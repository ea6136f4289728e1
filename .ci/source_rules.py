#!/usr/bin/env python3
"""Rules of the source that no formatter knows. Prints one line per breach; exit status 1 if there is any."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LIMIT = 400
FUNCTION_LIMIT = 60
LINE_LIMIT = 120

# Who may import what: a C library has one owner, SQLite the store of the log and the index that follows from it.
IMPORT_OWNERS = {
    "COpenSSL": ("Sources/OpenSSL/",),
    "CJansson": ("Sources/StrictJSON/",),
    "CZlib": ("Sources/Compression/",),
    "GRDB": (
        "Sources/TransparencyLog/SQLite", "Sources/TransparencyLog/StoredColumns", "Tests/TransparencyLogTests/",
        "Sources/CertificateIndex/Index", "Tests/CertificateIndexTests/",
    ),
    "Crypto": (),
    "X509": (),
    "JWTKit": (),
    "XCTest": (),
}

# Where the wall clock may be read: its type, the log lines, and the commands, which hand the time on.
CLOCK = "Sources/OpenSSL/Timestamp.swift"
CLOCK_READERS = (CLOCK, "Sources/Server/Observability/LineLogHandler.swift", "Sources/mintmark/")

# Written by a program, whose ways are its own (.ci/generate-protobuf).
GENERATED = "Sources/FulcioProtobuf/Generated/"

# What must not occur in code under Sources, and where it may all the same.
FORBIDDEN = [
    (r"\btry!", "try! ends the process", ()),
    (r"\bas!", "as! ends the process", ()),
    (r"\bfatalError\(", "fatalError ends the process", ()),
    (r"\bTask\.detached\b", "a task that nobody owns", ()),
    (r"\bTask\s*(<[^>]*>)?\s*\{", "a task that nobody owns", ()),
    (r"\bDispatchSemaphore\b", "a semaphore blocks the cooperative pool", ()),
    (r"^\s*public\b", "we ship a program: use package", ()),
    (r"\bTimestamp\.now\b", "the time is an argument", CLOCK_READERS),
    (r"\bDate\(\)|\bDate\.now\b", "the time is an argument", (CLOCK,)),
    (
        r"\bgettimeofday\(|\bCLOCK_REALTIME\b|\btime\(nil\)|\bSystemClock\b",
        "the time is an argument",
        (CLOCK,),
    ),
]

# What must not occur at all, comments included.
FORBIDDEN_TEXT = [
    (r"swift-format-ignore", "the formatter's rules have no exceptions"),
    (r"\b(TODO|FIXME)\b", "finish it, or describe it where open work is described"),
]

STRING = re.compile(r'"(?:\\.|[^"\\])*"')
IMPORT = re.compile(r"^\s*(?:@\w+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:\w+\s+)?(\w+)")
FUNCTION = re.compile(r"^(\s*)(?:[@\w()]+\s+)*(?:func\b|init[?(<]|deinit\b)")


def code_lines(text):
    """The lines with strings emptied and comments removed, so that prose breaks no rule."""
    inside_text = False
    for line in text.split("\n"):
        if line.count('"""') % 2 == 1:
            inside_text = not inside_text
            yield ""
        elif inside_text:
            yield ""
        else:
            yield STRING.sub('""', line).split("//")[0].rstrip()


def function_lengths(lines):
    """Pairs of first line (from 0) and length; relies on the formatter's indentation."""
    for start, line in enumerate(lines):
        match = FUNCTION.match(line)
        if not match or line.endswith("}"):
            continue
        indent = match.group(1)
        for end in range(start + 1, len(lines)):
            other = lines[end]
            if other.startswith(indent + "}"):
                yield start, end - start + 1
                break
            if other and len(other) - len(other.lstrip()) < len(indent):
                break  # a requirement of a protocol has no body


def may(path, allowed):
    return any(path.startswith(prefix) for prefix in allowed)


def swift_breaches(path, text):
    in_sources = path.startswith("Sources/")
    lines = list(code_lines(text))
    for number, line in enumerate(lines, 1):
        if match := IMPORT.match(line):
            owners = IMPORT_OWNERS.get(match.group(1))
            if owners is not None and not may(path, owners):
                yield number, f"import {match.group(1)} belongs to {' and '.join(owners) or 'nobody here'}"
        if in_sources:
            for pattern, reason, allowed in FORBIDDEN:
                if re.search(pattern, line) and not may(path, allowed):
                    yield number, reason
    for number, line in enumerate(text.split("\n"), 1):
        # The formatter leaves comments and long strings as they are; characters count, not bytes.
        if len(line) > LINE_LIMIT:
            yield number, f"a line of {len(line)} characters; the limit is {LINE_LIMIT}"
        if "@unchecked Sendable" in line and "//" not in line:
            yield number, "@unchecked Sendable needs its reason on the line"
    for start, length in function_lengths(lines):
        if length > FUNCTION_LIMIT:
            yield start + 1, f"a function of {length} lines; the limit is {FUNCTION_LIMIT}"


def breaches(path, text):
    if path.endswith(".swift"):
        yield from swift_breaches(path, text)
    count = len(text.splitlines())
    if count > FILE_LIMIT:
        yield count, f"a file of {count} lines; the limit is {FILE_LIMIT}"
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, reason in FORBIDDEN_TEXT:
            if re.search(pattern, line):
                yield number, reason


def main():
    found = 0
    for folder in ("Sources", "Tests"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in (".swift", ".py", ".h"):
                continue
            path = file.relative_to(ROOT).as_posix()
            if path.startswith(GENERATED):
                continue
            for number, reason in breaches(path, file.read_text(encoding="utf-8")):
                print(f"{path}:{number}: {reason}", file=sys.stderr)
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
