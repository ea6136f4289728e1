"""The identity configuration read again while the server runs (reliability R-36)."""

import os
import pathlib
import re
import signal
import threading

import pytest
import requests

import program
from client import TOKEN, Client, good_body
from conftest import ADDRESS
from issuer import DISCOVERY, Issuer, compact, respond
from program import House, eventually

RELOADS = 200


class Served:
    """A server whose configuration file is changed under it."""

    def __init__(self, directory: pathlib.Path):
        self.house = House(directory)
        self.house.init()
        self.first, self.second = Issuer(), Issuer()
        self.house.trust({self.first.url: {}})
        self.server = self.house.serve()
        self.client = Client(self.house.url)

    @property
    def path(self) -> pathlib.Path:
        return self.house.configuration

    def text(self, *issuers: Issuer) -> str:
        self.house.trust({issuer.url: {} for issuer in issuers})
        return self.path.read_text()

    def hang_up(self) -> None:
        self.server.process.send_signal(signal.SIGHUP)

    def metrics(self) -> str:
        return requests.get(f"http://127.0.0.1:{self.house.metrics_port}/", timeout=30).text

    def metric(self, name: str) -> int:
        return int(re.search(rf"^{re.escape(name)} (\d+)$", self.metrics(), re.MULTILINE)[1])

    def count(self, result: str) -> int:
        return self.metric('mintmark_configuration_reloads_total{result="%s"}' % result)

    def listed(self) -> set[str]:
        return {issuer["issuerUrl"] for issuer in self.client.get("/api/v2/configuration").json()["issuers"]}

    def await_trust(self, *issuers: Issuer) -> None:
        expected = {issuer.url for issuer in issuers}
        eventually(lambda: self.listed() == expected, 30, "the new issuers are listed")

    def await_refusal(self, before: int) -> None:
        """Waits for one more reload that failed; the one of before goes on."""
        eventually(lambda: self.count("failure") > before, 30, "the bad file is noticed")
        eventually(lambda: self.metric("mintmark_configuration_reload_success") == 0, 30, "the gauge says so")

    def issue(self, issuer: Issuer):
        return self.client.post(good_body(issuer.token(issuer.email(ADDRESS)), ADDRESS))

    def trusts(self, issuer: Issuer) -> bool:
        return self.issue(issuer).status_code == 200


@pytest.fixture
def served(tmp_path):
    served = Served(tmp_path)
    with served.server, served.first, served.second:
        yield served
        assert served.server.stop() == 0


def replace(path: pathlib.Path, text: str) -> None:
    """As editors and package managers write: a new file under the old name."""
    path.with_suffix(".new").write_text(text)
    os.replace(path.with_suffix(".new"), path)


def write(path: pathlib.Path, text: str) -> None:
    path.write_text(text)


@pytest.mark.parametrize("change", [write, replace])
def test_a_change_of_the_file_counts_without_a_restart(served, change):
    """R-36: the added issuer works, the removed one is refused; both without a signal."""
    assert served.trusts(served.first) and not served.trusts(served.second)
    text = served.text(served.second)
    served.path.write_text("")  # `text` wrote it already: begin from something else
    change(served.path, text)
    served.await_trust(served.second)
    assert served.trusts(served.second)
    served.client.refuse(good_body(served.first.token(served.first.email(ADDRESS)), ADDRESS), TOKEN)


def test_kubernetes_exchanges_a_link_above_the_file(tmp_path):
    """R-36: ..data points to another directory; file and link to it stay. Then the directory itself is exchanged."""
    served = Served(tmp_path)
    mount = tmp_path / "mount"
    with served.server, served.first, served.second:
        served.server.stop()
        for name, issuers in (("one", [served.first]), ("two", [served.second])):
            (mount / name).mkdir(parents=True)
            (mount / name / "issuers.yaml").write_text(served.text(*issuers))
        (mount / "..data").symlink_to("one")
        (mount / "issuers.yaml").symlink_to("..data/issuers.yaml")
        served.house.configuration = mount / "issuers.yaml"
        with served.house.serve() as server:
            assert served.listed() == {served.first.url}
            (mount / "..tmp").symlink_to("two")
            os.replace(mount / "..tmp", mount / "..data")
            served.await_trust(served.second)
            (mount / "one").rename(mount / "spare")
            (mount / "two").rename(mount / "old")
            (mount / "spare").rename(mount / "two")
            served.await_trust(served.first)
            assert served.trusts(served.first)
            assert server.stop() == 0


BAD = {
    "truncated": lambda good: good[: len(good) // 2],
    "empty": lambda good: "",
    "no YAML": lambda good: "oidc-issuers: [\n",
    "two mistakes": lambda good: good.replace("sigstore", "").replace("email", "pigeon"),
    "not UTF-8": None,
    "missing": None,
}


def spoil(path: pathlib.Path, kind: str, good: str) -> None:
    if kind == "missing":
        path.unlink()
    elif kind == "not UTF-8":
        path.write_bytes(b"oidc-issuers: \xff\n")
    else:
        write(path, BAD[kind](good))


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_leaves_the_old_one_serving_and_says_why(served, kind):
    """R-36: log, metrics and health tell; the server stays ready; a good file ends it."""
    before, good = served.count("failure"), served.path.read_text()
    spoil(served.path, kind, good)
    served.await_refusal(before)
    assert served.trusts(served.first) and served.listed() == {served.first.url}
    answer = served.client.get("/readyz")
    assert answer.status_code == 200 and len(answer.json()["warnings"]) == 1
    assert str(served.path) not in answer.text
    said = [r for r in served.server.records() if r["severity"] == "error"]
    assert said and str(served.path) in said[-1]["mistakes"]
    if kind == "two mistakes":
        assert "client-id" in said[-1]["mistakes"] and "pigeon" in said[-1]["mistakes"]
    write(served.path, good + "# again\n")
    eventually(lambda: served.metric("mintmark_configuration_reload_success") == 1, 30, "the good file counts")
    assert served.client.get("/readyz").json()["warnings"] == []


def test_a_configuration_that_anybody_may_write_to_is_not_taken(served):
    """R-43: the rule of the start holds for every reload."""
    before = served.count("failure")
    text = served.text(served.first, served.second)
    served.path.chmod(0o666)
    served.path.write_text(text + "# changed\n")
    served.hang_up()
    served.await_refusal(before)


def test_a_hangup_before_the_server_listens_does_not_end_it(tmp_path):
    """The signal has one meaning from the beginning: read the files again."""
    house = House(tmp_path)
    house.init()
    house.trust({})
    server = program.Server(house.arguments(), house.url)
    with server:
        eventually(lambda: any("starting" in line for line in server.lines), 60, "the server starts")
        for _ in range(20):
            server.process.send_signal(signal.SIGHUP)
        server.wait_until_ready()
        assert server.stop() == 0


def test_unchanged_issuers_keep_their_keys(served):
    """R-31 R-32: one discovery for an issuer over many reloads; one whose settings changed is asked anew."""
    assert served.trusts(served.first)
    for number in range(10):
        before = served.count("success")
        write(served.path, served.text(served.first, *[served.second] * (number % 2)))
        served.hang_up()
        eventually(lambda: served.count("success") > before, 30, "reloaded")
        assert served.trusts(served.first)
    assert served.first.hits[DISCOVERY] == 1
    served.house.trust({served.first.url: {"client-id": "other"}})
    served.hang_up()
    eventually(lambda: served.first.hits[DISCOVERY] > 1, 30, "the issuer is asked anew, without a token")
    assert not served.trusts(served.first)
    other = served.first.token(served.first.email(ADDRESS, aud="other"))
    served.client.issue(good_body(other, ADDRESS))


WAITERS = 64  # the most tokens that may wait for one issuer's keys


def test_requests_in_flight_finish_under_the_configuration_they_began_with(served):
    """R-36: their issuer is removed while its keys are being fetched; the next request of that issuer is refused."""
    asked, go_on = threading.Event(), threading.Event()

    def slow(handler):
        asked.set()
        go_on.wait(60)
        respond(handler, compact(served.second.key_set()))

    served.second.answers["/keys"] = slow
    served.text(served.first, served.second)
    served.hang_up()
    served.await_trust(served.first, served.second)
    eventually(asked.is_set, 30, "the new issuer is discovered in the background")
    statuses = []
    body = good_body(served.second.token(served.second.email(ADDRESS)), ADDRESS)
    threads = [
        threading.Thread(target=lambda: statuses.append(Client(served.house.url).post(body).status_code), daemon=True)
        for _ in range(WAITERS + 1)
    ]
    for thread in threads:
        thread.start()
    # One is turned away, so all others wait.
    eventually(lambda: statuses == [503], 9, "as many requests wait as may")
    served.text(served.first)
    served.hang_up()
    served.await_trust(served.first)
    assert served.issue(served.second).status_code == 400 and statuses == [503]
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert statuses == [503] + [200] * WAITERS


class Load(threading.Thread):
    """Asks for certificates in the name of an issuer that is always configured."""

    def __init__(self, served: Served):
        super().__init__(daemon=True)
        self.client, self.done = Client(served.house.url), threading.Event()
        self.bodies = [good_body(served.first.token(served.first.email(ADDRESS)), ADDRESS) for _ in range(4)]
        self.good, self.others = 0, []

    def run(self) -> None:
        while not self.done.is_set():
            answer = self.client.post(self.bodies[self.good % 4])
            if answer.status_code == 200:
                self.good += 1
            else:
                self.others.append((answer.status_code, answer.text))


def test_hundreds_of_reloads_under_load_refuse_nothing_that_is_good(served):
    """R-36: good, bad, truncated, missing and exchanged by a link, in turn; every answer fits its configuration."""
    good = {"both": served.text(served.first, served.second), "one": served.text(served.first)}
    targets = {name: served.path.with_name(name) for name in good}
    for name, text in good.items():
        targets[name].write_text(text)
    kinds = list(BAD)
    loads = [Load(served) for _ in range(3)]
    for load in loads:
        load.start()
    trusted = {served.first.url}
    for number in range(RELOADS):
        counts = {result: served.count(result) for result in ("success", "failure")}
        if number % 2:
            served.path.unlink(missing_ok=True)
            served.path.write_text("")
            spoil(served.path, kinds[number // 2 % len(kinds)], good["both"])
            served.hang_up()
            served.await_refusal(counts["failure"])
        else:
            name = ("both", "one")[number // 2 % 2]
            if number % 3:
                served.path.with_suffix(".link").symlink_to(targets[name])
                os.replace(served.path.with_suffix(".link"), served.path)
            else:
                replace(served.path, good[name])
            served.hang_up()
            trusted = {served.first.url} | ({served.second.url} if name == "both" else set())
            eventually(lambda: served.count("success") > counts["success"], 30, "reloaded")
        assert served.listed() == trusted
        assert served.trusts(served.second) == (served.second.url in trusted)
    for load in loads:
        load.done.set()
    for load in loads:
        load.join(60)
    assert not [other for load in loads for other in load.others]
    assert all(load.good > 0 for load in loads)
    assert served.first.hits[DISCOVERY] == 1, "unchanged through all of it"
