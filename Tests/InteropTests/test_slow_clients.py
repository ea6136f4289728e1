"""Clients that take their time, and an identity provider that does: others are served meanwhile.

Each test has a canary of another address that issues all the time. What is slow is not measured by the clock of the
machine that the tests run on; only that the canary is served, every time, while the attack is under way.
"""

import json
import struct
import socket
import threading

import pytest
import requests

import program
from client import good_body
from conftest import ADDRESS
from crowd import HEAD, Canary, Crowd, descriptor_count, descriptors, refused
from issuer import DISCOVERY, Issuer
from wire import Wire


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server that trusts one issuer that answers and one that does not."""
    with Issuer() as good, Issuer() as hanging:
        released = threading.Event()
        hanging.answers[DISCOVERY] = lambda handler: released.wait(120)
        house = program.House(tmp_path_factory.mktemp("slow"))
        house.init()
        house.trust({good.url: {}, hanging.url: {}})
        with house.serve("--idle-connection-timeout", "20s") as server:
            site = type("Site", (), {"house": house, "server": server, "good": good, "hanging": hanging})()
            site.body = lambda: good_body(good.token(good.email(ADDRESS)), ADDRESS)
            yield site
            released.set()
            assert server.stop() == 0


def test_heads_that_never_end(site):
    """R-27: a hundred heads that get an octet now and then end after ten seconds; descriptors come back."""
    before = descriptor_count(site.server)
    with Canary(site.house, site.body) as canary, Crowd(site.house.port).add(100, HEAD.encode()) as crowd:
        def over() -> bool:
            crowd.send(b"X")
            return crowd.open_count() == 0

        program.eventually(over, 40, "every slow head has ended")
        assert refused(site.house, "slow-request") >= 100
    assert canary.is_well()
    program.eventually(lambda: descriptor_count(site.server) <= before + 2, 20, "the descriptors are back")


def test_bodies_that_drip(site):
    """R-27: less than a kibibyte a second ends; what is slow but faster than that does not."""
    slow, steady = HEAD + "Content-Length: 4000000\r\n\r\n{", HEAD + "Content-Length: 26000\r\n\r\n"
    before = refused(site.house, "slow-request")
    with Canary(site.house, site.body) as canary, Crowd(site.house.port).add(60, slow.encode()) as crowd:
        with Crowd(site.house.port).add(1, steady.encode()) as patient:
            def over() -> bool:
                patient.send(b" " * 200)  # fifty times a second
                crowd.send(b" ")
                return crowd.open_count() == 0

            program.eventually(over, 50, "every slow body has ended")
            assert refused(site.house, "slow-request") == before + 60
    assert canary.is_well()


def test_slow_streams_of_http2(site):
    """R-27: a stream whose body drips is reset; the others of its connection are served."""
    with Wire(site.house.port) as wire:
        wire.settle()
        slow = wire.headers("/api/v2/signingCert", ("content-type", "application/json"))
        wire.connection.send_data(slow, b"{")
        wire.flush()
        wire.socket.settimeout(40)
        stream = wire.headers("/healthz", method="GET", end=True)
        assert wire.answer(stream)[":status"] == "200"
        wire.until(lambda: wire.is_over(slow), 40)
        assert slow in wire.resets and not wire.closed
        stream = wire.headers("/healthz", method="GET", end=True)
        assert wire.answer(stream)[":status"] == "200"


def test_an_identity_provider_that_hangs(site):
    """R-26 R-30: tokens of an issuer whose keys do not come wait, at most 64 of them; those of others are served."""
    token = site.hanging.token(site.hanging.email(ADDRESS))
    octets = json.dumps(good_body(token, ADDRESS)).encode()
    request = HEAD.encode() + f"Content-Length: {len(octets)}\r\n\r\n".encode() + octets
    with Canary(site.house, site.body) as canary, Crowd(site.house.port).add(120, request) as crowd:
        program.eventually(lambda: len(canary.seconds) >= 20, 60, "the other issuer's clients are served")
        early = []
        for one in crowd.sockets:
            one.settimeout(0.01)
            try:
                early.append(one.recv(4096))
            except TimeoutError:
                pass
        # No more wait than may: the rest were told at once to come back.
        assert len(early) >= 120 - 64
        assert all(b" 503 " in head.split(b"\r\n")[0] and b"retry-after:" in head.lower() for head in early), early[:2]
    assert canary.is_well()


def test_clients_that_leave_in_the_middle(site):
    """R-21 R-27: four hundred connections reset in the middle of heads and bodies leave nothing behind."""
    before = descriptor_count(site.server)
    parts = [HEAD.encode()[:30], HEAD.encode() + b"Content-Length: 5000\r\n\r\n{\"credentials\": "]
    with Canary(site.house, site.body) as canary:
        for number in range(400):
            one = socket.create_connection(("127.0.0.1", site.house.port), 20)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.sendall(parts[number % 2])
            one.close()
        program.eventually(lambda: len(canary.seconds) >= 3, 60, "the canary is served")
    assert canary.is_well()
    program.eventually(lambda: descriptor_count(site.server) <= before + 2, 30, "the descriptors are back")


def test_hundreds_of_slow_clients_of_three_kinds(house, issuer):
    """R-27: heads, bodies and readers that take their time all end; another client is served, descriptors come back."""
    house.trust({issuer.url: {}})
    share = descriptors(1000) // 4
    part = HEAD + "Content-Length: 4000000\r\n\r\n{"
    bundle = b"GET /api/v2/trustBundle HTTP/1.1\r\nHost: x\r\n\r\n"
    with house.serve("--write-timeout", "2s", "--max-connections-per-address", "0") as server:
        before = descriptor_count(server)
        body = lambda: good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS)  # noqa: E731
        with Canary(house, body) as canary, Crowd(house.port).add(share, HEAD.encode()) as heads:
            with Crowd(house.port).add(share, part.encode()) as bodies, Crowd(house.port) as readers:
                for _ in range(5):  # each makes the server fill buffers of megabytes
                    one = socket.socket()
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    one.connect(("127.0.0.1", house.port))
                    one.sendall(bundle * 4000)
                    readers.sockets.append(one)
                # Nobody reads; that those who do not read are ended is seen from what the server counts.
                program.eventually(
                    lambda: refused(house, "slow-reader") >= len(readers.sockets), 50, "every slow reader has ended"
                )

                def over() -> bool:
                    heads.send(b"X")
                    bodies.send(b" ")
                    return heads.open_count() + bodies.open_count() == 0

                program.eventually(over, 60, "every slow sender has ended")
            assert canary.is_well()
        program.eventually(lambda: descriptor_count(server) <= before + 2, 30, "the descriptors are back")
        assert server.stop() == 0


def test_one_address_has_its_share_of_connections(site):
    """R-27 R-26: 128 connections from one address, the rest are closed at once; another address is served."""
    before = refused(site.house, "too-many-from-address")
    with Canary(site.house, site.body) as canary, Crowd(site.house.port, "127.0.0.3").add(128) as crowd:
        with Crowd(site.house.port, "127.0.0.3").add(40) as more:
            # Which ones these are is not fixed: they are counted when they are served, and that in no order.
            program.eventually(
                lambda: crowd.open_count() + more.open_count() == 128, 20, "what is too much is closed"
            )
            assert refused(site.house, "too-many-from-address") == before + 40
        program.eventually(lambda: len(canary.seconds) >= 3, 60, "the canary is served")
    assert canary.is_well()

    def again() -> bool:
        """Whoever leaves gives its place back."""
        with Crowd(site.house.port, "127.0.0.3").add(100) as crowd:
            return requests.get(site.house.url + "/healthz", timeout=20).ok and crowd.open_count() == 100

    program.eventually(again, 20, "the places are free again")


def test_idle_connections_up_to_the_limit(site):
    """R-27: as many idle connections as the server takes, of many addresses; one more waits, none is harmed."""
    count = descriptors(1800)
    with Canary(site.house, site.body) as canary:
        crowds = []
        try:
            for number in range(count // 120):
                crowds.append(Crowd(site.house.port, f"127.0.1.{number + 1}").add(120))
            program.eventually(lambda: len(canary.seconds) >= 3, 60, "the canary is served")
        finally:
            for crowd in crowds:
                crowd.__exit__()
    assert canary.is_well()
