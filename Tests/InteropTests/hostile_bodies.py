"""Bad request bodies. Each makes octets; the answer is status 400, code 3, and a text that is not compared
unless it is given here.
"""

import json

from client import TOKEN

LIMIT = 4 * 1024 * 1024
TOO_LARGE = "http: request body too large"


def good(world) -> str:
    return json.dumps(world.good_body())


def replaced(old: str, new: str):
    """A good body with one piece of text replaced."""

    def build(world) -> bytes:
        text = good(world)
        assert old in text
        return text.replace(old, new, 1).encode()

    return build


def literal(octets: bytes):
    return lambda world: octets


def filled(head: bytes, unit: bytes, tail: bytes = b""):
    """Four mebibytes of one unit."""
    return literal(head + unit * ((LIMIT - len(head) - len(tail)) // len(unit)) + tail)


def with_member(text: str):
    return lambda world: (good(world)[:-1] + "," + text + "}").encode()


BODIES = {
    "CA 1.4 a truncated object": (literal(b'{"credentials":'), None),
    "CA 1.4 half of a good body": (lambda world: good(world)[:200].encode(), None),
    "CA 1.4 no JSON": (literal(b"credentials"), None),
    "CA 1.4 null": (literal(b"null"), None),
    "CA 1.4 a list": (literal(b"[]"), None),
    "CA 1.4 a string": (literal(b'"text"'), None),
    "CA 1.4 a number": (literal(b"1"), None),
    "CA 1.4 white space only": (literal(b" \n\t "), None),
    "CA 1.4 credentials that are a number": (literal(b'{"credentials":5}'), None),
    "CA 1.4 credentials that are a list": (literal(b'{"credentials":[]}'), None),
    "CA 1.4 a token that is a number": (literal(b'{"credentials":{"oidcIdentityToken":5}}'), None),
    "CA 1.4 a token that is an object": (literal(b'{"credentials":{"oidcIdentityToken":{}}}'), None),
    "CA 1.4 a key request that is a string": (literal(b'{"publicKeyRequest":"x"}'), None),
    "CA 1.4 a key that is a string": (literal(b'{"publicKeyRequest":{"publicKey":"x"}}'), None),
    "CA 1.4 a proof that is a number": (literal(b'{"publicKeyRequest":{"proofOfPossession":5}}'), None),
    "CA 1.4 a request that is a list": (literal(b'{"certificateSigningRequest":[1]}'), None),
    "API-08 a request with mixed alphabets": (literal(b'{"certificateSigningRequest":"ab+_"}'), None),
    "API-08 a request of one letter": (literal(b'{"certificateSigningRequest":"A"}'), None),
    "CA 1.4 a field twice": (literal(b'{"credentials":{},"credentials":{}}'), None),
    "CA 1.4 a field in both spellings": (with_member('"public_key_request":{}'), None),
    "CA 1.4 a field one level down twice": (replaced('"algorithm":', '"content":"x","algorithm":'), None),
    "API-09 both ways to bring a key": (with_member('"certificateSigningRequest":"AAAA"'), None),
    "API-09 an empty request beside a key": (with_member('"certificateSigningRequest":""'), None),
    "CA 1.4 a byte order mark": (lambda world: b"\xef\xbb\xbf" + good(world).encode(), None),
    "CA 1.4 invalid UTF-8 in a name": (literal(b'{"\xff":1}'), None),
    "CA 1.4 invalid UTF-8 in a value": (lambda w: good(w).encode().replace(b'"ECDSA"', b'"\xc3\x28"'), None),
    "CA 1.4 a lone surrogate": (replaced('"ECDSA"', '"\\ud800"'), None),
    "CA 1.4 UTF-16": (lambda world: good(world).encode("utf-16"), None),
    "R-24 NUL in a string": (replaced('"ECDSA"', '"\\u0000"'), None),
    "CA 1.4 a control character in a string": (replaced('"ECDSA"', '"\x01"'), None),
    "CA 1.4 a trailing comma": (lambda world: good(world)[:-1].encode() + b",}", None),
    "CA 1.4 single quotes": (literal(b"{'credentials':{}}"), None),
    "CA 1.4 a comment": (literal(b'/* x */ {"credentials":{}}'), None),
    "CA 1.4 NaN": (with_member('"x":NaN'), None),
    "R-23 two million brackets": (filled(b"", b"["), None),
    "R-23 brackets in an unknown member": (with_member('"x":' + "[" * 200 + "]" * 200), None),
    "R-23 objects nested 100,000 deep": (literal(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), None),
    "R-24 four mebibytes of empty objects": (filled(b"[", b"{},", b"{}]"), None),
    "R-24 twenty thousand members": (
        lambda world: (good(world)[:-1] + "".join(f',"m{i}":1' for i in range(20_000)) + "}").encode(),
        None,
    ),
    "API-16 one octet above four mebibytes": (literal(b'"' + b"x" * (LIMIT - 1) + b'"'), TOO_LARGE),
    "CA 1.4 an empty body": (literal(b""), TOKEN),
    "CA 1.4 an empty object": (literal(b"{}"), TOKEN),
    "CA 1.4 a null credential": (literal(b'{"credentials":null}'), TOKEN),
    "CA 1.4 an unknown member only": (literal(b'{"Credentials":{"oidcIdentityToken":"x"}}'), TOKEN),
}
