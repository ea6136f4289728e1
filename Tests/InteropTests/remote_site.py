"""A CA whose certificates go to other logs, with what its tests have in common."""

import time
import urllib.request

import pytest

import ct_log
import der
import merkle
import program
from client import POISON, SCT_LIST, Client, Issued, assert_error, good_body, text64
from conftest import ADDRESS
from ct_log import CTLog
from issuer import Issuer

CTL = "Error entering certificate in CTL"
MINUTES = 60_000
BUDGET = 6


class Site:
    """A CA whose certificates go to other logs; its own log is not used."""

    def __init__(self, directory, issuer: Issuer, logs: list[CTLog], *options: str, keyed=True, budget=BUDGET):
        self.issuer, self.house = issuer, program.House(directory)
        self.house.init()
        self.house.trust({issuer.url: {}})
        self.options = ["--ct-log-budget", str(budget), *options]
        for number, log in enumerate(logs):
            self.options += ["--ct-log-url", log.url]
            if keyed:
                path = directory / f"log-{number}.pem"
                path.write_bytes(log.public_pem)
                self.options += ["--ct-log-public-key-path", str(path)]
        self.client = Client(self.house.url)

    def __enter__(self) -> "Site":
        self.server = self.house.serve(*self.options)
        return self

    def __exit__(self, *_):
        self.server.__exit__(None)

    def body(self) -> dict:
        return good_body(self.issuer.token(self.issuer.email(ADDRESS)), ADDRESS)

    def issue(self) -> Issued:
        return self.client.issue(self.body())

    def fails(self):
        """One request that must end in the log's message, with no certificate and no count."""
        before = self.count()
        answer = self.client.post(self.body())
        assert_error(answer, 500, 13, CTL)
        assert answer.json()["details"] == [] and self.count() == before
        return answer

    def count(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.house.metrics_port}/", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return int(float(next(line.split()[1] for line in lines if line.startswith("fulcio_new_certs "))))

    def failures(self) -> list[dict]:
        return [record for record in self.server.records() if record["message"] == "failed"]


def check(issued: Issued, submission: ct_log.Submission) -> merkle.SCT:
    """SCT-01 SCT-02 SCT-03 SCT-04 of one certificate with one timestamp, against what the log was sent."""
    assert submission.chain[1:] == issued.ders[1:]
    precertificate = der.Certificate.parse(submission.chain[0])
    last = precertificate.extensions[-1]
    assert (last.oid, last.critical, last.value) == (der.oid(POISON), True, der.NULL)
    assert precertificate.tbs_without(POISON) == issued.parsed.tbs_without(SCT_LIST)
    assert issued.parsed.extensions[-1].oid == der.oid(SCT_LIST) and not issued.parsed.extensions[-1].critical
    submission.log.verify(issued.log_entry.encode(), issued.sct)
    return issued.sct


def signature(make):
    return lambda submission: text64(make(submission))


def other_key(submission):
    other = CTLog()
    return other.sign(submission.leaf(int(time.time() * 1000), submission.log.extensions))


def now(offset: int = 0):
    return lambda _: int(time.time() * 1000) + offset


@pytest.fixture(scope="module")
def token_issuer():
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def log():
    with CTLog() as log:
        yield log


@pytest.fixture(scope="module")
def site(tmp_path_factory, token_issuer, log):
    with Site(tmp_path_factory.mktemp("site"), token_issuer, [log]) as site:
        yield site
        assert site.server.stop() == 0


@pytest.fixture
def canary(site, log):
    """After every misbehaviour one good issuance, with nothing left of the script."""
    log.script.clear()
    yield
    log.script.clear()
    check(site.issue(), log.submissions[-1])
