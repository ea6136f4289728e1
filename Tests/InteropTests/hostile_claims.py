"""Claims that verify and still make no certificate, and those that must be there.

Each row makes the claims of a workflow; the message is exact, or None where the text names the claim.
"""

from issuer import compact
from client import TOKEN, good_body

GITHUB = (
    "job_workflow_ref sha event_name repository workflow ref job_workflow_sha runner_environment repository_id "
    "repository_owner repository_owner_id repository_visibility workflow_ref workflow_sha run_id run_attempt"
).split()
FAULTS = {"absent": None, "empty": "", "a number": 33, "null": None, "a list": ["x"], "an object": {}}


def without(claim: str, fault: str):
    """The claims of a workflow with one of them spoilt, under a good signature."""

    def build(world) -> dict:
        claims = {**world.github.github(), claim: FAULTS[fault]}
        if fault == "absent":
            del claims[claim]
        return good_body(world.github.raw_token(compact(claims)), claims["sub"])

    return build


def with_claims(**changes):
    def build(world) -> dict:
        claims = world.github.github(**changes)
        return good_body(world.github.token(claims), claims["sub"])

    return build


def subject(value):
    def build(world) -> dict:
        return good_body(world.github.token(world.github.github(sub=value)), value or "")

    return build


REQUIRED = {
    f"TOK-21 {claim} is {fault}": (without(claim, fault), TOKEN)
    for claim in GITHUB
    for fault in ("absent", "empty", "a number", "null")
} | {
    "TOK-21 sha is a list": (without("sha", "a list"), TOKEN),
    "TOK-21 sha is an object": (without("sha", "an object"), TOKEN),
    "TOK-22 no subject": (subject(None), TOKEN),
    "TOK-22 an empty subject": (subject(""), TOKEN),
}

CONTENT = {
    "R-10 a control character in a claim": (with_claims(workflow="build\u0007"), None),
    "R-10 a line break in a claim": (with_claims(ref="refs/heads/main\nx"), None),
    "R-10 DEL in a claim": (with_claims(event_name="push\u007f"), None),
    "R-10 a bidirectional control in a claim": (with_claims(workflow="build\u202egpj"), None),
    "R-10 an isolating control in a claim": (with_claims(repository="o/r\u2066"), None),
    "R-10 a control character in the subject": (with_claims(sub="repo:o/r\u0001"), None),
    "R-10 an invalid escape in the name": (with_claims(job_workflow_ref="o/r/%zz"), None),
    "R-10 a cut escape in the name": (with_claims(job_workflow_ref="o/r/x%4"), None),
    "SEC-06 a claim above eight kibibytes": (with_claims(workflow="w" * 8193), None),
    "SEC-06 a name above eight kibibytes": (with_claims(job_workflow_ref="o/r/" + "n" * 8200), None),
    "SEC-06 claims above sixteen kibibytes together": (
        with_claims(workflow="w" * 8000, ref="r" * 8000, event_name="e" * 8000),
        None,
    ),
}
