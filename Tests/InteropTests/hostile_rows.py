"""The rows of bad requests as any transport sends them (SEC-05, R-22): one table, and how to judge an answer.

A row makes a request as the object that its JSON form is; `Refusal` is what a transport makes of the answer. A
transport takes part with a function from the one to the other: over HTTP that is `over_http`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import hostile_claims
import hostile_keys
import hostile_tokens
from client import SIGNATURE, TOKEN, assert_details, good_body

INVALID_ARGUMENT = 3


@dataclass(frozen=True)
class Refusal:
    """A refusal as every transport has it: the code of google.rpc, the message, and everything that was answered."""

    code: int
    message: str
    details: list
    text: str


@dataclass(frozen=True)
class Row:
    """A bad request: how to make it in a world, and the exact message, or None where the text varies."""

    build: Callable
    message: str | None


def token_row(make) -> Row:
    return Row(lambda world: good_body(make(world), hostile_tokens.ADDRESS), TOKEN)


def address_row(address: str) -> Row:
    """TOK-15; an address outside ASCII may also be refused as content that cannot be a certificate's."""
    message = TOKEN if address.isascii() else None
    return Row(lambda world: good_body(world.email.token(world.email.email(address)), address), message)


ROWS = {
    **{f"token: {name}": token_row(make) for name, make in hostile_tokens.TOKENS.items()},
    **{f"address: TOK-15 {name}": address_row(text) for name, text in hostile_tokens.ADDRESSES.items()},
    **{f"claims: {name}": Row(*row) for name, row in hostile_claims.REQUIRED.items()},
    **{f"content: {name}": Row(*row) for name, row in hostile_claims.CONTENT.items()},
    **{f"key: {name}": Row(*row) for name, row in hostile_keys.KEYS.items()},
    **{f"proof: {name}": Row(make, SIGNATURE) for name, make in hostile_keys.PROOFS.items()},
    **{f"request: {name}": Row(*row) for name, row in hostile_keys.REQUESTS.items()},
}


def check(world, name: str, send: Callable[[dict], Refusal]) -> None:
    """Sends a row and judges the refusal: code, exact message, nothing of a certificate, nothing echoed."""
    row = ROWS[name]
    refusal = send(row.build(world))
    assert refusal.code == INVALID_ARGUMENT, refusal
    assert refusal.message and (row.message is None or refusal.message == row.message), refusal
    assert_details(refusal.details)
    assert "BEGIN CERTIFICATE" not in refusal.text and "eyJ" not in refusal.text and len(refusal.text) < 1000


def over_http(client) -> Callable[[dict], Refusal]:
    """Sends a row as JSON over HTTP; the status and the content type are judged here."""

    def send(body: dict) -> Refusal:
        answer = client.refuse(body, None)
        found = answer.json()
        return Refusal(found["code"], found["message"], found["details"], answer.text)

    return send
