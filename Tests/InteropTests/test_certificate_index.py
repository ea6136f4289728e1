"""Look-ups of auditors, held against what `cryptography` reads in the log's own entries (transparency-log 5.3)."""

import base64
import hashlib
import http.client
import http.server
import json
import threading

import pytest
import requests
from cryptography import x509

import keys
import program
from audited import Audited, check, queries
from client import Client, good_body
from conftest import ADDRESS
from issuer import Issuer
from ports import free_port

COUNT = 420


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    with Audited(tmp_path_factory.mktemp("audited")) as audited:
        audited.fill(range(COUNT))
        audited.caught_up()
        audited.expected = audited.rows()
        yield audited


def test_every_query_finds_what_the_entries_say(audited):
    """Serial, fingerprint, SPKI, issuer, CA, names, extensions, time, combinations."""
    matched = [[row for row in audited.expected if row.matches(query)] for query in queries(audited.expected)]
    assert sum(1 for rows in matched if rows) > 100 and max(map(len, matched)) == len(audited.expected)
    check(audited, audited.expected)


def test_pages_stay_the_same_while_the_log_grows(audited):
    """Newest first, no entry twice or left out; what comes meanwhile is on no later page."""
    for query in [{}, {"san_prefix": "https://github.com/"}, {"issuer": "https://issuer1.example.com"}]:
        expected = [row.index for row in reversed(audited.rows()) if row.matches(query)]
        first = audited.page({**query, "limit": 7})
        audited.fill(range(10_000 + len(expected), 10_000 + len(expected) + 14))
        found, cursor = first["certificates"], first["nextCursor"]
        while cursor:
            page = audited.page({**query, "limit": 7, "cursor": cursor})
            found, cursor = found + page["certificates"], page["nextCursor"]
        assert [one["index"] for one in found] == expected
    audited.caught_up()
    audited.expected = audited.rows()


def test_one_certificate_with_its_bytes(audited):
    for row in audited.expected[::50]:
        found = audited.get(path=f"/{row.index}").json()
        row.assert_same(found, audited.house.origin)
        assert base64.b64decode(found["der"]) == row.der
        assert x509.load_pem_x509_certificate(found["pem"].encode()) == row.certificate
    size = len(audited.rows())
    assert audited.get(path=f"/{size + 10}").status_code == 404
    assert audited.get({"log": audited.house.origin}, path="/0").json()["index"] == 0
    for path, query in [("/x", {}), ("/", {}), ("/1/2", {}), ("/-1", {}), ("/0", {"log": "no"}), ("/0", {"a": "b"})]:
        assert audited.get(query, path=path).status_code == 400, path


@pytest.mark.parametrize("query, word", [
    ("sam=x", "there is no parameter sam"), ("serial=1&serial=2", "once"), ("serial=xyz", "hexadecimal"),
    ("fingerprint=12", "SHA-256"), ("spki=", "octets"), ("limit=0", "limit"), ("limit=1001", "limit"),
    ("limit=1&limit=2", "once"), ("cursor=AQ", "cursor"), ("cursor=x", "cursor"), ("since=yesterday", "RFC 3339"),
    ("since=2026-02-30T00:00:00Z", "RFC 3339"), ("until=2026-01-01", "RFC 3339"), ("extension=x:y", "extension"),
    ("extension=2.5.29.17:y", "extension"), ("extension=Subject", "colon"), ("san=%zz", "percent"),
    ("san=%ff", "UTF-8"), ("since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", "later"),
    ("san=" + "x" * 20_000, "octets"), ("&".join(f"extension=Subject:{n}" for n in range(17)), "at most 16"),
    ("&".join(f"a{n}=" for n in range(65)), "too many"),
])  # fmt: skip
def test_mistakes_are_refused_in_one_sentence(audited, query, word):
    """A mistyped filter never answers with everything."""
    connection = http.client.HTTPConnection("127.0.0.1", audited.port, timeout=30)
    connection.request("GET", f"/api/v1/certificates?{query}")  # as it is, without escapes of a library
    answer = connection.getresponse()
    message = json.loads(answer.read())["message"]
    connection.close()
    assert answer.status == 400 and word in message and "\n" not in message, message


def test_the_listener_is_for_auditors_alone(audited):
    """Not on the public port, nothing else on its own, no permission for pages of other origins."""
    assert requests.get(f"{audited.house.url}/api/v1/certificates", timeout=10).status_code == 404
    for path in ("/healthz", "/livez", "/api/v2/trustBundle", "/log/2026a/ct/v1/get-sth", "/api/v1/certificatesx"):
        assert audited.session.get(audited.url + path, timeout=10).status_code == 404
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
        answer = audited.session.request(method, f"{audited.url}/api/v1/certificates", headers=headers, timeout=10)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    assert audited.session.post(f"{audited.url}/api/v1/certificates", timeout=10).status_code == 405


def search(*arguments) -> list[dict]:
    done = program.run("log", "search", "--json", "--all", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def options(query: dict) -> list[str]:
    found = []
    for name, value in query.items():
        values = [pair.replace(":", "=", 1) for pair in value] if name == "extension" else [value]
        found += [text for one in values for text in ("--" + name.replace("_", "-"), one)]
    return found


def test_the_command_agrees_with_the_listener(audited, tmp_path):
    """From the files beside a running server, with its index and without, and over HTTP."""
    rows, directory = audited.rows(), audited.house.directory
    bare = tmp_path / "backup"
    done = program.run("backup", "--data-dir", directory, bare)
    assert done.returncode == 0 and not list(bare.rglob("*index*")), done.stderr
    before = {str(path): path.stat().st_size for path in directory.rglob("*index*")}
    for query in queries(rows)[1::23] + [{}]:
        expected = [row.index for row in reversed(rows) if row.matches(query)]
        for place in (["--data-dir", directory], ["--data-dir", bare], ["--url", audited.url]):
            assert [one["index"] for one in search(*place, *options(query))] == expected, (place, query)
    assert {str(path): path.stat().st_size for path in directory.rglob("*index*")} == before
    assert not list(bare.rglob("*index*"))
    done = program.run("log", "search", "--data-dir", bare, "--limit", "3", "--progress")
    assert done.returncode == 0 and done.stdout.count("Entry ") == 3 and "there may be more" in done.stdout
    limited = json.loads(program.run("log", "search", "--url", audited.url, "--limit", "5", "--json").stdout)
    assert [one["index"] for one in limited["certificates"]] == [row.index for row in rows[:-6:-1]] and limited["more"]
    assert program.run("log", "search", "--data-dir", bare, "--san", "nobody").stdout == "Nothing\n"
    assert program.run("log", "search", "--url", audited.url, "--serial", "x").returncode == 1
    assert program.run("log", "search").returncode == 64
    shard = [row.index for row in reversed(rows)]
    assert [one["index"] for one in search("--data-dir", directory, "--shard", "2026a")] == shard
    assert program.run("log", "search", "--url", audited.url, "--shard", "2026a").returncode == 64
    done = program.run("log", "search", "--data-dir", directory, "--shard", "none", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["ok"] is False


def test_a_listener_that_repeats_a_cursor_is_left():
    """The command ends with one line although every page is empty and leads to itself."""

    class Loop(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page = b'{"certificates":[],"nextCursor":"again"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Loop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = program.run("log", "search", "--url", f"http://127.0.0.1:{server.server_port}", "--all")
        server.shutdown()
    assert done.returncode == 1 and "repeats a page" in done.stderr, done.stderr


def test_what_the_ca_issues_is_found(tmp_path, issuer):
    """A certificate in the client's hand is found by its serial number, key, name and issuer; a token is asked for."""
    house, port, secret = program.House(tmp_path), free_port(), tmp_path / "token"
    house.init()
    with Issuer() as github:
        house.trust({issuer.url: {}, github.url: {"type": "github-workflow"}})
        secret.write_text("correct-horse-battery-staple-in-a-file\n")
        secret.chmod(0o600)
        with house.serve("--audit-port", port, "--audit-token-file", secret) as server:
            issued = Client(house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
            claims = github.github()
            workflow = Client(house.url).issue(good_body(github.token(claims), claims["sub"]))
            url, right = f"http://127.0.0.1:{port}/api/v1/certificates", {"Authorization": "Bearer correct-horse-battery-staple-in-a-file"}
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic correct-horse-battery-staple-in-a-file"}):
                answer = requests.get(url, headers=headers, timeout=10)
                assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
                assert "certificates" not in answer.json()
            leaf = issued.leaf
            spki = hashlib.sha256(leaf.public_key().public_bytes(keys.DER, keys.SPKI)).hexdigest()
            for query in ({"serial": f"{leaf.serial_number:x}"}, {"san": ADDRESS}, {"issuer": issuer.url},
                          {"spki": spki, "san_prefix": "jane@"}, {"ca": issued.issuer_key_hash.hex(), "san": ADDRESS}):  # fmt: skip
                found = requests.get(url, params=query, headers=right, timeout=10).json()["certificates"]
                assert [one["index"] for one in found] == [issued.index], query
            found = requests.get(url, params={"issuer": github.url}, headers=right, timeout=10).json()["certificates"]
            assert [one["index"] for one in found] == [workflow.index]
            assert found[0]["extensions"]["GithubWorkflowRepository"] == claims["repository"]
            done = program.run("log", "search", "--url", f"http://127.0.0.1:{port}", "--token-file", secret)
            assert done.returncode == 0 and ADDRESS in done.stdout and "2 certificates" in done.stdout
            assert server.stop() == 0
    secret.chmod(0o644)
    assert "--audit-token-file" in house.refuses_to_serve("--audit-port", port, "--audit-token-file", secret)
