"""What becomes of the certificate index when it is killed, damaged, removed or impossible: never a wrong answer."""

import os
import sqlite3

import pytest
import requests

import program
from audited import Audited, check
from client import Client, good_body
from conftest import ADDRESS
from ports import free_port


@pytest.fixture
def small(tmp_path):
    with Audited(tmp_path) as small:
        small.fill(range(60))
        small.caught_up()
        yield small


def test_a_killed_server_goes_on_where_its_index_was(tmp_path):
    """Killed in the middle of indexing: nothing is lost, nothing is wrong, and nothing is thrown away."""
    with Audited(tmp_path) as small:
        for round in range(3):
            small.fill(range(round * 40, round * 40 + 40))
            program.eventually(lambda: small.page({"limit": 1})["indexed"] > round * 40, 30, "some are indexed")
            small.log.server.kill()
            small.log.server = small.house.serve(*small.log.options)
            check(small, small.rows(), some=7)
            small.caught_up()
            assert small.metric("mintmark_index_rebuilds_total") == 0
        check(small, small.rows())


def truncate(index) -> None:
    os.truncate(index, index.stat().st_size // 2 // 4096 * 4096)


def scribble(index) -> None:
    with index.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(os.urandom(3 * 4096))


def another_log(index) -> None:
    change(index, "UPDATE log SET log_id = zeroblob(32)")


def another_history(index) -> None:
    change(index, "UPDATE log SET leaf_hash = zeroblob(32)")


def another_version(index) -> None:
    change(index, "UPDATE log SET version = 999")


def beyond_the_log(index) -> None:
    change(index, "UPDATE log SET size = 100000")


def no_database(index) -> None:
    index.write_bytes(b"not a database " * 1000)


def change(index, sql: str) -> None:
    database = sqlite3.connect(index)
    with database:
        database.execute(sql)
    database.close()


DAMAGE = [truncate, scribble, another_log, another_history, another_version, beyond_the_log, no_database]


def test_an_index_that_cannot_be_used_is_built_anew(small):
    """Each kind of damage between two runs: said in a warning, counted, and never answered from."""
    expected = small.rows()
    for damage in DAMAGE:
        assert small.log.server.stop() == 0
        assert not small.index.with_name("log.sqlite-index-wal").exists()
        damage(small.index)
        small.log.server = small.house.serve(*small.log.options)
        check(small, expected, some=11)
        program.eventually(lambda: small.metric("mintmark_index_rebuilds_total") == 1, 30, f"{damage.__name__} is seen")
        small.caught_up()
        check(small, expected, some=5)
        program.eventually(lambda: small.warnings() == [], 30, "nothing is to be said any more")
        assert small.metric("mintmark_index_lag_entries") == 0
        assert any("the certificate index is built anew" in line for line in small.log.server.lines)


def test_an_index_that_is_removed_comes_back(small):
    """While the server runs, and between two runs; entries are logged meanwhile."""
    expected = small.rows()
    small.index.unlink()
    program.eventually(lambda: small.metric("mintmark_index_rebuilds_total") == 1, 30, "it is missed")
    small.fill(range(500, 520))
    program.eventually(small.index.exists, 30, "it is there again")
    small.caught_up()
    expected = small.rows()
    check(small, expected, some=5)
    assert small.log.server.stop() == 0
    small.index.unlink()
    small.log.server = small.house.serve(*small.log.options)
    check(small, expected, some=11)
    small.caught_up()
    assert small.metric("mintmark_index_entries") == len(expected)
    assert small.metric("mintmark_index_rebuilds_total") == 0


def test_damage_under_a_running_server_is_survived(small):
    """Pages overwritten while the index is in use: an answer is right whether or not the damage was met."""
    expected = small.rows()
    change(small.index, "PRAGMA wal_checkpoint(TRUNCATE)")
    scribble(small.index)
    small.fill(range(600, 640))
    check(small, small.rows(), some=9)
    assert len(small.rows()) == len(expected) + 40
    assert requests.get(small.house.url + "/readyz", timeout=10).status_code == 200


def test_a_broken_index_never_stops_the_ca(tmp_path, issuer):
    """Where no index can be made: a warning, correct answers from the entries, and certificates as ever."""
    house, port = program.House(tmp_path), free_port()
    house.init()
    house.trust({issuer.url: {}})
    index = house.database.with_name("log.sqlite-index")
    index.mkdir()
    index.joinpath("file").touch()
    with house.serve("--audit-port", port) as server:
        issued = Client(house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        ready = requests.get(house.url + "/readyz", timeout=10)
        assert ready.status_code == 200 and any("index" in line for line in ready.json()["warnings"])
        url = f"http://127.0.0.1:{port}/api/v1/certificates"
        page = requests.get(url, params={"san": ADDRESS}, timeout=10).json()
        assert [one["index"] for one in page["certificates"]] == [issued.index] and page["indexed"] == 0
        assert server.stop() == 0


def test_the_index_can_be_had_without_the_listener_and_the_reverse(tmp_path, issuer):
    house, port = program.House(tmp_path), free_port()
    house.init()
    house.trust({issuer.url: {}})
    index = house.database.with_name("log.sqlite-index")
    with house.serve() as server:
        Client(house.url).issue(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))
        assert not index.exists() and server.stop() == 0
    with house.serve("--audit-port", port, "--audit-index=false") as server:
        page = requests.get(f"http://127.0.0.1:{port}/api/v1/certificates", timeout=10).json()
        assert len(page["certificates"]) == 1 and page["indexed"] == 0 and page["treeSize"] == 1
        assert not index.exists() and server.stop() == 0
    with house.serve("--audit-index") as server:
        program.eventually(index.exists, 30, "the index is made")
        assert server.stop() == 0
    assert index.stat().st_mode & 0o777 == 0o600
    with house.serve("--audit-host", "0.0.0.0", "--audit-port", port) as server:
        assert any("audit-host 0.0.0.0 is not loopback" in line for line in server.lines)
        assert server.stop() == 0
