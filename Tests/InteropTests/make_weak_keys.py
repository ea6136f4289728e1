"""Makes weak_keys.json: RSA keys that no issuer of certificates should accept, each weak in one way.

Deterministic (a hash-based generator with a fixed seed), so that anybody can make the file again and compare.
The private parts are kept because a refusal must come from the key and not from a bad proof.
Run once with: python make_weak_keys.py
"""

import hashlib
import json
import math
import pathlib

SEED = b"interop weak keys, first edition"
F4 = 65537


class Generator:
    """An endless stream of bits from SHA-256 in counter mode."""

    def __init__(self, label: str):
        self.label, self.counter = label.encode(), 0

    def bits(self, count: int) -> int:
        value = 0
        for _ in range((count + 255) // 256):
            self.counter += 1
            block = SEED + b"|" + self.label + b"|" + self.counter.to_bytes(8, "big")
            value = value << 256 | int.from_bytes(hashlib.sha256(block).digest(), "big")
        return value % (1 << count)


def small_primes(limit: int) -> list[int]:
    sieve = bytearray([1]) * (limit + 1)
    sieve[0:2] = b"\0\0"
    for i in range(2, math.isqrt(limit) + 1):
        if sieve[i]:
            sieve[i * i :: i] = bytes(len(sieve[i * i :: i]))
    return [i for i, flag in enumerate(sieve) if flag]


SMALL = small_primes(20_000)


def is_prime(n: int, rounds: int = 24) -> bool:
    """Trial division, then Miller-Rabin with bases derived from n."""
    for p in SMALL:
        if n % p == 0:
            return n == p
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    bases = Generator(f"bases {n % 2**64}")
    for _ in range(rounds):
        x = pow(2 + bases.bits(128), d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def next_prime(n: int, e: int = F4) -> int:
    n |= 1
    while not (is_prime(n) and math.gcd(n - 1, e) == 1):
        n += 2
    return n


def prime(generator: Generator, bits: int, e: int = F4) -> int:
    """A prime of exactly `bits` bits whose two highest bits are set."""
    return next_prime(generator.bits(bits) | 3 << (bits - 2), e)


def ordinary(label: str, bits: int, e: int = F4) -> dict:
    generator = Generator(label)
    while True:
        p, q = prime(generator, (bits + 1) // 2, e), prime(generator, bits // 2, e)
        if (p * q).bit_length() == bits and p != q:
            return {"p": p, "q": q, "e": e}


def odd_size(label: str, bits: int) -> dict:
    """A modulus of an odd number of bits: the halves must be chosen a little smaller."""
    generator = Generator(label)
    while True:
        p = next_prime(generator.bits(bits // 2 + 1) | 1 << bits // 2)
        q = next_prime(generator.bits(bits // 2) | 1 << (bits // 2 - 1))
        if (p * q).bit_length() == bits:
            return {"p": p, "q": q, "e": F4}


def small_factor() -> dict:
    generator = Generator("small factor")
    while True:
        q = prime(generator, 2038)
        if (743 * q).bit_length() == 2048:
            return {"p": 743, "q": q, "e": F4}


def close_primes() -> dict:
    p = prime(Generator("close primes"), 1024)
    return {"p": p, "q": next_prime(p + 2), "e": F4}


def square() -> dict:
    p = prime(Generator("square"), 1024)
    return {"p": p, "q": p, "e": F4}


def roca() -> dict:
    """Primes of the shape k * M + (65537^a mod M) (CVE-2017-15361), M the product of the first 126 primes."""
    m = math.prod(SMALL[:126])
    generator = Generator("roca")

    def factor() -> int:
        while True:
            k = generator.bits(53) | 1 << 52
            p = k * m + pow(F4, generator.bits(256), m)
            if p.bit_length() == 1024 and is_prime(p) and math.gcd(p - 1, F4) == 1:
                return p

    while True:
        p, q = factor(), factor()
        if (p * q).bit_length() == 2048:
            return {"p": p, "q": q, "e": F4}


def main() -> None:
    keys = {
        "rsa-1024": ordinary("rsa-1024", 1024),
        "rsa-1536": ordinary("rsa-1536", 1536),
        "rsa-2047": odd_size("rsa-2047", 2047),
        "rsa-2056": ordinary("rsa-2056", 2056),
        "rsa-5120": ordinary("rsa-5120", 5120),
        "rsa-e3": ordinary("rsa-e3", 2048, 3),
        "rsa-e65539": ordinary("rsa-e65539", 2048, 65539),
        "rsa-small-factor": small_factor(),
        "rsa-close-primes": close_primes(),
        "rsa-roca": roca(),
        "rsa-square": square(),
    }
    text = {name: {part: hex(value) for part, value in key.items()} for name, key in keys.items()}
    path = pathlib.Path(__file__).with_name("weak_keys.json")
    path.write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    main()
