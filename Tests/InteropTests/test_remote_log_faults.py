"""Logs of others that misbehave: what is believed, what is tried again, what a client sees (§6.2, reliability R-34)."""

import base64
import contextlib
import email.utils
import json
import socket
import threading
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import ct_log
import der
import merkle
import program
from client import POISON, Client, text64
from ct_log import CTLog, changed, drip, hang, reset, status, text
from remote_site import canary, log, site, token_issuer  # noqa: F401
from remote_site import BUDGET, MINUTES, Site, check, now, other_key, signature


def good_signature(submission):
    return base64.b64decode(submission.answer()["signature"])


def of_another_certificate(submission):
    other = ct_log.Submission(submission.log, submission.path, {}, submission.body)
    tbs = bytearray(der.Certificate.parse(submission.chain[0]).tbs_without(POISON))
    tbs[-1] ^= 1
    leaf = merkle.Leaf(1, ct_log.issuer_key_hash(other.chain[1]), bytes(tbs), b"")
    return submission.log.sign(leaf.encode())


def sha384(submission):
    made = submission.log.key.sign(submission.body, ec.ECDSA(hashes.SHA384()))
    return b"\5\3" + len(made).to_bytes(2, "big") + made


# What is wrong for good: one attempt, then the failure.
FINAL = {
    **{f"status {code}": status(code) for code in (201, 204, 400, 403, 404, 409, 418, 500, 502, 504)},
    "redirect of the method kept": status(307, Location="/ct/v1/add-pre-chain"),
    "redirect to a GET": status(302, Location="/ct/v1/add-pre-chain"),
    "redirect for good": status(301, Location="/elsewhere/ct/v1/add-pre-chain"),
    "redirect to nowhere": status(303),
    "oversized": text(b"{" + b" " * (64 << 10) + b"}"),
    "oversized in one member": text(b'{"id":"' + b"A" * (1 << 20) + b'"}'),
    "compressed": text(b"\x1f\x8b\x08", Content_Encoding="gzip"),
    "signature of another key": changed(signature=signature(other_key)),
    "signature over another certificate": changed(signature=signature(of_another_certificate)),
    "signature damaged": changed(signature=signature(lambda s: good_signature(s)[:-1] + b"\0")),
    "signature with trailing bytes": changed(signature=signature(lambda s: good_signature(s) + b"\0")),
    "signature cut": changed(signature=signature(lambda s: good_signature(s)[:-1])),
    "signature empty": changed(signature=""),
    "signature with SHA-384": changed(signature=signature(sha384)),
    "signature said to be RSA": changed(signature=signature(lambda s: b"\4\1" + good_signature(s)[2:])),
    "id of another log": changed(id=text64(bytes(32))),
    "id too short": changed(id=text64(bytes(31))),
    "version 1": changed(sct_version=1),
    "eleven minutes early": changed(timestamp=now(-11 * MINUTES)),
    "eleven minutes late": changed(timestamp=now(11 * MINUTES)),
    "extensions not signed": lambda h, s: ct_log.respond(
        h, json.dumps({**s.answer(), "extensions": text64(b"\1\0\0")}).encode()
    ),
    "so long that the certificate would be": changed(extensions=bytes(20_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", FINAL)
def test_what_is_wrong_for_good_fails_at_once(site, log, canary, name):
    """SCT-05 SCT-07 SEC-02 R-03: 500, the log's message, no certificate, no count, one attempt."""
    attempts = len(log.submissions)
    log.script.append(FINAL[name])
    site.fails()
    assert len(log.submissions) == attempts + 1


@pytest.mark.parametrize("offset", [-9 * MINUTES, 9 * MINUTES])
def test_a_clock_may_be_a_little_off(site, log, canary, offset):
    """6.5: within ten minutes."""
    log.script.append(changed(timestamp=now(offset)))
    check(site.issue(), log.submissions[-1])


# What may be better a moment later: asked again within the budget.
PASSING = {
    "408": status(408), "429": status(429), "503": status(503), "connection ended": reset,
    "429 at once": status(429, Retry_After="0"), "503 with nonsense": status(503, Retry_After="soon"),
    "nothing": text(b""), "no JSON": text(b"<html>"), "JSON cut": text(b'{"sct_version":0,'),
    "an array": text(b"[]"), "an empty object": text(b"{}"), "text for a number": changed(timestamp="1"),
    "a negative time": lambda h, s: ct_log.respond(h, json.dumps({**s.answer(), "timestamp": -1}).encode()),
    "a fraction": lambda h, s: ct_log.respond(h, json.dumps({**s.answer(), "timestamp": 1.5}).encode()),
    "no version": changed(sct_version=None), "no extensions member": lambda h, s: ct_log.respond(
        h, json.dumps({k: v for k, v in s.answer().items() if k != "extensions"}).encode()),
    "not base64": changed(signature="!!!"), "a member twice": lambda h, s: ct_log.respond(
        h, json.dumps(s.answer()).encode()[:-1] + b',"sct_version":0}'),
    "bytes after it": lambda h, s: ct_log.respond(h, json.dumps(s.answer()).encode() + b"{}"),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_tried_again(site, log, canary, name):
    """SCT-06: the second attempt of the same request succeeds, with the same bytes."""
    log.script.append(PASSING[name])
    check(site.issue(), log.submissions[-1])
    first, second = log.submissions[-2:]
    assert first.body == second.body


@pytest.mark.parametrize("name", ["503", "408", "no JSON"])
def test_tries_end_with_the_budget(site, log, canary, name):
    """SCT-06 SCT-05: bounded, then 500."""
    attempts = len(log.submissions)
    log.script.extend([PASSING[name]] * 100)
    site.fails()
    assert attempts + 2 <= len(log.submissions) <= attempts + BUDGET + 1


@pytest.mark.parametrize("step", [hang, drip], ids=["silent", "slow"])
def test_an_attempt_that_does_not_end_is_the_last(site, log, canary, step):
    """SCT-06: time is over, nothing is tried again."""
    attempts = len(log.submissions)
    log.script.append(step)
    site.fails()
    assert len(log.submissions) == attempts + 1


def test_a_log_that_is_not_there_is_waited_for(site, log, canary):
    """SCT-06 R-03: refused connections are tried again while the budget lasts; then the log is back."""
    log.stop()
    site.fails()
    back = threading.Timer(2, lambda: (log.released.clear(), log.start()))
    back.start()
    check(site.issue(), log.submissions[-1])
    back.join()


@pytest.mark.parametrize(
    "make", [lambda: "2", lambda: email.utils.formatdate(time.time() + 3, usegmt=True)], ids=["seconds", "date"]
)
def test_the_log_says_when_to_come_back(site, log, canary, make):
    """6.2: Retry-After as seconds and as a date."""
    log.script.append(lambda handler, submission: status(503, Retry_After=make())(handler, submission))
    check(site.issue(), log.submissions[-1])
    first, second = log.submissions[-2:]
    assert second.time - first.time > 1.9


def test_the_wait_is_common_to_all_requests(tmp_path, token_issuer):
    """6.2: who comes while the log wants rest is not sent there; longer than the budget means 500 at once."""
    with CTLog() as log, Site(tmp_path, token_issuer, [log]) as site:
        log.script.append(status(429, Retry_After="3"))
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(site.issue())) for _ in range(4)]
        threads[0].start()
        program.eventually(lambda: log.submissions, 30, "the first attempt")
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join()
        times = sorted(submission.time for submission in log.submissions)
        assert len(answers) == 4 and len(times) >= 5
        # Requests that were on their way already when the answer came may have arrived with the first.
        assert sum(1 for t in times if t - times[0] < 2.9) < 4
        log.script.append(status(503, Retry_After="1000"))
        site.fails()
        attempts = len(log.submissions)
        site.fails()
        assert len(log.submissions) == attempts
        # The line is written by another thread than the answer.
        program.eventually(lambda: "left alone" in site.failures()[-1]["error"], 30, "the reason is logged")


def test_a_client_that_leaves_ends_the_wait(site, log, canary):
    """SCT-06: the log's connection is closed, and nothing is tried again."""
    attempts = len(log.submissions)
    log.script.append(hang)
    body = json.dumps(site.body()).encode()
    head = f"POST /api/v2/signingCert HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", site.house.port)) as connection:
        connection.sendall(head + body)
        program.eventually(lambda: len(log.submissions) > attempts, 30, "the submission arrives")
    program.eventually(lambda: site.failures() and site.failures()[-1]["reason"] == "cancelled", 30, "it is cancelled")
    assert len(log.submissions) == attempts + 1


def test_what_the_log_says_stays_with_us(site, log, canary):
    """SEC-04: neither its words nor its address reach the client; our log has the beginning, escaped."""
    marker = b"marker-internal.example \x1b[31m\r\n\\ \xff" + b"x" * 2000
    log.script.append(status(403, marker))
    answer = site.fails()
    assert "marker" not in answer.text and str(log.port) not in answer.text and "127.0.0.1" not in answer.text
    program.eventually(site.failures, 30, "the failure is logged")
    failure = site.failures()[-1]
    assert failure["body"].startswith("marker-internal.example \\x1b[31m\\x0d\\x0a\\x5c \\xff")
    assert len(failure["body"]) == 256
    assert failure["reason"] == "transparency-log" and str(log.port) in failure["error"]


def test_many_requests_while_the_log_stumbles(site, log, canary):
    """R-04 SCT-06: eight clients, now and then a useless answer: each certificate matches its own precertificate."""
    for name in ("503", "no JSON", "connection ended", "429"):
        log.script.extend([ct_log.good] * 7 + [PASSING[name]])
    issued, lock = [], threading.Lock()

    def work():
        client = Client(site.house.url)
        for _ in range(5):
            certificate = client.issue(site.body())
            with lock:
                issued.append(certificate)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    posted = {}
    for submission in log.submissions:
        with contextlib.suppress(der.DERError):
            posted[der.Certificate.parse(submission.chain[0]).serial] = submission
    assert len(issued) == 40
    for certificate in issued:
        check(certificate, posted[certificate.parsed.serial])
