"""Bad tokens. Each row: a name with the ids of the statements it serves, and how to make the token in a given world.

Key and proof that go with them are good, so only the token can be the reason of the refusal.
"""

import json
import time
import zlib

import keys
from issuer import ALGORITHMS, TokenKey, b64url, compact, join  # noqa: F401 (ALGORITHMS, compact: used by the table's test)

ADDRESS = "jane@example.com"
STRANGER = TokenKey("ES256", "stranger")


def claims_of(world, **changes) -> dict:
    return world.email.email(ADDRESS, **changes)


def signed(header: dict | None = None, algorithm="ES256", key=None, **changes):
    """A token of the main issuer with changes in claims or header."""
    return lambda world: world.email.token(claims_of(world, **changes), algorithm, header, key)


def payload(change):
    """A correctly signed token whose payload octets went through `change`."""
    return lambda world: world.email.raw_token(change(compact(claims_of(world))), "ES256")


def header(make):
    """A correctly signed token with these header octets."""
    return lambda world: world.email.raw_token(
        compact(claims_of(world)), "ES256", make(world.email.keys["ES256"].kid).encode()
    )


def text(change):
    """A good token whose text went through `change`."""
    return lambda world: change(world.email.token(claims_of(world), "ES256"))


def parts(change):
    """A good token whose three parts went through `change`."""
    return text(lambda token: ".".join(change(*token.split("."))))


def now(offset: float):
    return int(time.time()) + offset


def added(member: str):
    """Puts raw JSON text before the closing brace."""
    return lambda octets: octets[:-1] + b"," + member.encode() + b"}"


def unsigned(algorithm: str):
    return lambda world: join(compact({"alg": algorithm}), compact(claims_of(world)), b"")


def secret_is_public_key(world) -> str:
    pem = keys.Key(world.email.keys["RS256"].private).pem().encode()
    return world.email.hmac_token(claims_of(world), pem, world.email.keys["RS256"].kid)


def raw_signature(make):
    """A good token with its 64 signature octets replaced."""

    def build(world) -> str:
        head, body, _ = world.email.token(claims_of(world), "ES256").split(".")
        key = world.email.keys["ES256"]
        good = key.sign(f"{head}.{body}".encode())
        return f"{head}.{body}.{b64url(make(good, key, f'{head}.{body}'.encode()))}"

    return build


def der_signature(good: bytes, key, message: bytes) -> bytes:
    return keys.Key(key.private).sign(message)


def swapped_header(world) -> str:
    """The header of one token over the payload and signature of another."""
    first = world.email.token(claims_of(world), "ES256")
    second = world.email.token(claims_of(world), "RS256")
    return second.split(".")[0] + "." + first.split(".", 1)[1]


def unused_bits(token: str) -> str:
    """The same octets in another spelling: the unused bits of the last character of the signature set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    assert last & 0x0F == 0, "64 octets leave four unused bits"
    return token[:-1] + alphabet[last | 1]


def embedded_key(world) -> str:
    """Signed by a stranger who brings the key along."""
    return signed({"jwk": STRANGER.jwk(), "kid": None}, key=STRANGER)(world)


def stranger_with(**members):
    """Signed by a stranger who says where the key is to be found."""
    return signed({"kid": None, **members}, key=STRANGER)


def compressed(world) -> str:
    """What a library that inflates before it checks would blow up: a mebibyte of blanks in a kilobyte."""
    payload = zlib.compress(compact(claims_of(world)) + b" " * (1 << 20))
    return world.email.raw_token(payload, "ES256", {"zip": "DEF"})


TOKENS = {
    # Shape
    "TOK-01 a million dots": lambda world: "." * 1_000_000,
    "TOK-01 three million dots between letters": lambda world: "a" + "." * 3_000_000 + "a",
    "TOK-01 one dot": lambda world: "eyJhbGciOiJFUzI1NiJ9.e30",
    "TOK-01 no dot": lambda world: "token",
    "TOK-01 three dots": text(lambda token: token + "."),
    "TOK-01 five parts": lambda world: "a.b.c.d.e",
    "TOK-01 only two dots": lambda world: "..",
    "TOK-01 three megabytes of one part": text(lambda token: token + "A" * 3_000_000),
    "R-24 a token above 64 KiB": signed(padding="x" * 70_000),
    "TOK-29 a line break inside": text(lambda token: token[:40] + "\n" + token[40:]),
    "TOK-29 a blank before a dot": text(lambda token: token.replace(".", " .", 1)),
    "CA 1.5 padding after the signature": text(lambda token: token + "="),
    "R-10 padding after the header": parts(lambda h, p, s: (h + "==", p, s)),
    "R-10 standard alphabet": parts(lambda h, p, s: (h, p, s.replace("-", "+").replace("_", "/") + "+")),
    "R-10 a letter outside ASCII": text(lambda token: token + "é"),
    "R-10 unused bits set in the signature": text(unused_bits),
    "API-11 the word Bearer in the body": text(lambda token: "Bearer " + token),
    # Algorithm and header
    "TOK-05 alg none": unsigned("none"),
    "TOK-05 alg NONE": unsigned("NONE"),
    "TOK-05 alg empty": unsigned(""),
    "TOK-05 alg none with a signature": signed({"alg": "none"}),
    "TOK-05 HS256 with the public key as secret": secret_is_public_key,
    "TOK-05 HS256 with an empty secret": lambda world: world.email.hmac_token(claims_of(world), b"", "symmetric"),
    "TOK-05 HS256 with the advertised oct key": lambda w: w.email.hmac_token(claims_of(w), b"secret", "symmetric"),
    "TOK-05 not advertised": lambda w: w.narrow.token(w.narrow.email(ADDRESS), "RS256"),
    "TOK-05 nothing advertised and not RS256": lambda w: w.silent.token(w.silent.email(ADDRESS), "ES256"),
    "TOK-05 none advertised and none used": lambda w: join(b'{"alg":"none"}', compact(w.listed.email(ADDRESS)), b""),
    "TOK-05 HS256 advertised and used": lambda w: w.listed.hmac_token(w.listed.email(ADDRESS), b"x", "es256-1"),
    "TOK-05 the case of the algorithm's name": signed({"alg": "es256"}),
    "TOK-05 another algorithm of the same family": signed({"alg": "ES384"}),
    "TOK-05 RS256 named for an ECDSA key": signed({"alg": "RS256"}),
    "TOK-05 PS256 named for an RS256 key": signed({"alg": "PS256"}, "RS256"),
    "TOK-05 no algorithm": signed({"alg": None}),
    "TOK-05 the algorithm as a list": signed({"alg": ["ES256"]}),
    "TOK-05 ES256K": signed({"alg": "ES256K"}),
    "TOK-12 unknown kid": signed({"kid": "nobody"}),
    "TOK-12 a kid that is a path": signed({"kid": "../../keys"}),
    "TOK-12 a kid of another key": signed({"kid": "rs256-1"}),
    "R-24 a kid of 300 octets": signed({"kid": "k" * 300}),
    "TOK-12 a kid that is a number": signed({"kid": 1}),
    "TOK-12 no kid and a key nobody knows": signed({"kid": None}, key=STRANGER),
    "TOK-12 the known kid and a key nobody knows": signed({"kid": "es256-1"}, key=STRANGER),
    "CA 2.2 the key in the header": embedded_key,
    "CA 2.2 the key behind an address in the header": stranger_with(jku="http://127.0.0.1:1/keys"),
    "CA 2.2 certificates in the header": stranger_with(x5c=["MIIB"], x5u="http://127.0.0.1:1/chain"),
    "R-31 a kid with NUL": signed({"kid": "es256-1\0"}),
    "R-31 a kid with a line break": signed({"kid": "es256-1\n"}),
    "R-31 a kid with the issuer in front": lambda w: signed({"kid": w.email.url + ":es256-1"})(w),
    "CA 2.2 typ of an access token": signed({"typ": "at+jwt"}),
    "CA 2.2 typ that is a number": signed({"typ": 1}),
    "R-24 a compressed payload": compressed,
    "TOK-01 an encrypted token": lambda world: ".".join([b64url(b'{"alg":"RSA-OAEP","enc":"A256GCM"}'), "a", "b", "c", "d"]),
    "TOK-05 a password with a million rounds": signed({"alg": "PBES2-HS256+A128KW", "p2c": 1_000_000, "p2s": "AAAA"}),
    "CA 2.2 crit with an unknown name": signed({"crit": ["unknown"], "unknown": 1}),
    "CA 2.2 crit with b64": signed({"crit": ["b64"], "b64": True}),
    "CA 2.2 crit empty": signed({"crit": []}),
    "CA 2.2 b64 false": signed({"crit": ["b64"], "b64": False}),
    "R-24 a header with a repeated member": header(lambda kid: f'{{"alg":"none","alg":"ES256","kid":"{kid}"}}'),
    "R-24 a header with an escaped repetition": header(lambda k: f'{{"alg":"ES256","\\u0061lg":"ES256","kid":"{k}"}}'),
    "R-10 a header that is a list": header(lambda kid: '["ES256"]'),
    "R-10 bytes after the header": header(lambda kid: f'{{"alg":"ES256","kid":"{kid}"}}x'),
    "R-24 a header nested 40 deep": header(lambda k: f'{{"alg":"ES256","kid":"{k}","x":{"[" * 40}{"]" * 40}}}'),
    # Signature
    "TOK-12 a bit of the signature": raw_signature(lambda good, key, _: bytes([good[0] ^ 1]) + good[1:]),
    "TOK-12 no signature": raw_signature(lambda good, key, _: b""),
    "TOK-12 r and s zero": raw_signature(lambda good, key, _: bytes(64)),
    "TOK-12 r and s equal to the order": raw_signature(lambda good, key, _: keys.P256_N.to_bytes(32, "big") * 2),
    "TOK-12 one octet too many": raw_signature(lambda good, key, _: good + b"\0"),
    "TOK-12 each half with a leading zero": raw_signature(lambda good, k, _: b"\0" + good[:32] + b"\0" + good[32:]),
    "TOK-12 DER instead of r and s": raw_signature(der_signature),
    "TOK-12 a changed payload": parts(lambda h, p, s: (h, p[:-8] + "AAAA" + p[-4:], s)),
    "TOK-12 the header of another token": swapped_header,
    "TOK-28 a key meant for encryption": lambda w: w.email.token(claims_of(w), key=w.encryption),
    "TOK-28 a key with another algorithm's label": lambda w: w.email.token(claims_of(w), key=w.mislabelled),
    "TOK-28 ES256 with a P-384 key": lambda w: w.email.token(claims_of(w), None, {"alg": "ES256"}, w.p384_as_es256),
    "R-31 another issuer's key for this issuer's name": lambda w: w.narrow.token(claims_of(w), "ES256"),
    # Payload
    "R-10 a payload that is no JSON": payload(lambda octets: octets[:-1]),
    "R-10 bytes after the payload": payload(lambda octets: octets + b"{}"),
    "R-10 a payload that is a list": payload(lambda octets: b"[" + octets + b"]"),
    "R-10 NUL in the payload": payload(lambda octets: octets + b"\0"),
    "R-10 an escaped NUL in the address": payload(lambda o: o.replace(b"e.com", b"e.com\\u0000.org")),
    "R-10 a byte order mark": payload(lambda octets: b"\xef\xbb\xbf" + octets),
    "R-10 invalid UTF-8": payload(lambda octets: octets.replace(b"subject-1", b"subject-\xff")),
    "R-24 the address twice": payload(added('"email":"jane@example.com"')),
    "R-24 the issuer twice, once escaped": payload(added('"\\u0069ss":"http://127.0.0.1:1"')),
    "R-24 a repetition one level down": payload(added('"x":{"a":1,"a":1}')),
    "R-10 the address in another case only": payload(lambda octets: octets.replace(b'"email":', b'"Email":')),
    "R-10 the issuer in another case only": payload(lambda octets: octets.replace(b'"iss":', b'"ISS":')),
    "R-23 a payload nested 100 deep": payload(added('"x":' + "[" * 100 + "]" * 100)),
    "R-24 a payload of eleven thousand nodes": payload(added('"x":[' + ",".join(["1"] * 11_000) + "]")),
    # Issuer, audience, times
    "TOK-02 unknown issuer": lambda world: world.unknown.token(world.unknown.email(ADDRESS)),
    "TOK-02 a slash after the issuer": lambda world: world.email.token(claims_of(world, iss=world.email.url + "/")),
    "TOK-02 no issuer": signed(iss=None),
    "TOK-02 an issuer that is a number": signed(iss=1),
    "TOK-02 another audience": signed(aud="other"),
    "TOK-02 the configured audience is another": lambda w: w.other_audience.token(w.other_audience.email(ADDRESS)),
    "TOK-03 a list without us": signed(aud=["other", "sigstore2"]),
    "TOK-03 an empty list": signed(aud=[]),
    "TOK-03 a list with a number": signed(aud=["sigstore", 1]),
    "TOK-03 a number": signed(aud=1),
    "TOK-02 an audience in another case": signed(aud="Sigstore"),
    "TOK-02 no audience": signed(aud=None),
    "R-24 65 audiences": signed(aud=["sigstore", *(f"a{i}" for i in range(64))]),
    "TOK-02 expired by a second": lambda world: signed(exp=now(-1))(world),
    "TOK-04 no expiry": signed(exp=None),
    "TOK-04 a null expiry": payload(lambda o: json.dumps({**json.loads(o), "exp": None}).encode()),
    "TOK-27 an expiry in a string": lambda world: signed(exp=str(now(600)))(world),
    "TOK-27 an expiry of 1e99": payload(lambda o: json.dumps({**json.loads(o), "exp": 1e99}).encode()),
    "TOK-27 an expiry of 1e999": payload(lambda o: o.replace(b'"exp":', b'"exp":1e999,"old":')),
    "TOK-27 a negative expiry": signed(exp=-1),
    "TOK-27 an expiry of zero": signed(exp=0),
    "TOK-27 an expiry beyond 63 bits": signed(exp=2**63),
    "TOK-27 an expiry that is NaN": payload(lambda o: o.replace(b'"exp":', b'"exp":NaN,"old":')),
    "TOK-27 an expiry of minus zero": payload(lambda o: o.replace(b'"exp":', b'"exp":-0.0,"old":')),
    "TOK-27 an expiry after the year 9999": signed(exp=253402300800),
    "TOK-27 an expiry that is true": signed(exp=True),
    "TOK-02 not valid before six minutes from now": lambda world: signed(nbf=now(360))(world),
    "CA 2.2 a start that is no number": signed(nbf="soon"),
    "CA 2.2 an issue time that is no number": signed(iat="now"),
    # Who
    "TOK-13 an address that is not verified": signed(email_verified=False),
    "TOK-13 nothing said of verification": signed(email_verified=None),
    "TOK-13 verified is one": signed(email_verified=1),
    "TOK-13 verified is yes": signed(email_verified="yes"),
    "TOK-13 verified is TRUE": signed(email_verified="TRUE"),
    "TOK-13 verified is a list": signed(email_verified=[True]),
    "TOK-13 verified is null": payload(lambda o: json.dumps({**json.loads(o), "email_verified": None}).encode()),
    "TOK-13 verified is the word false": signed(email_verified="false"),
    "TOK-13 verified is one, with skip": lambda w: w.lenient.token(w.lenient.email(ADDRESS, email_verified=1)),
    "TOK-13 verified is yes, with skip": lambda w: w.lenient.token(w.lenient.email(ADDRESS, email_verified="yes")),
    "CA 2.7 no address": signed(email=None),
    "CA 2.7 an empty address": signed(email=""),
    "CA 2.7 an address that is a list": signed(email=[ADDRESS]),
    "CA 2.7 a subject that is a number": signed(sub=1),
}

ADDRESSES = {
    "no at sign": "jane.example.com",
    "two at signs": "jane@doe@example.com",
    "no local part": "@example.com",
    "one label": "jane@localhost",
    "an address literal": "jane@[127.0.0.1]",
    "an IP address": "jane@1.2.3.4",
    "a quoted local part": '"jane doe"@example.com',
    "an encoded word": "=?utf-8?q?jane?=@example.com",
    "a dot at the start": ".jane@example.com",
    "a dot at the end": "jane.@example.com",
    "two dots": "jane..doe@example.com",
    "a final dot": "jane@example.com.",
    "a blank": "jane doe@example.com",
    "a blank at the end": "jane@example.com ",
    "a line break": "jane@example.com\n",
    "a control character": "jane\u0007@example.com",
    "another letter than ASCII": "jané@example.com",
    "a host outside ASCII": "jane@exämple.com",
    "a bidirectional control": "jane\u202e@example.com",
    "nine thousand octets": "j" * 9000 + "@example.com",
}
