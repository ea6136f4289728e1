"""A strict little DER reader and writer, so that byte comparisons do not rest on anybody's X.509 library."""

from dataclasses import dataclass


class DERError(ValueError):
    pass


@dataclass(frozen=True)
class Element:
    """One tag-length-value. `raw` is all of it, `content` the value octets."""

    tag: int
    raw: bytes
    content: bytes

    def children(self) -> list["Element"]:
        return parse_all(self.content)


def parse(data: bytes, at: int = 0) -> Element:
    """The element that begins at `at`: definite, minimal lengths and single-byte tags only."""
    if at + 2 > len(data):
        raise DERError("truncated header")
    tag, length, head = data[at], data[at + 1], 2
    if tag & 0x1F == 0x1F:
        raise DERError("high tag number")
    if length & 0x80:
        count = length & 0x7F
        octets = data[at + 2 : at + 2 + count]
        if not 1 <= count <= 4 or len(octets) != count or octets[0] == 0:
            raise DERError("bad length")
        length, head = int.from_bytes(octets, "big"), 2 + count
        if length < 0x80:
            raise DERError("length not minimal")
    end = at + head + length
    if end > len(data):
        raise DERError("truncated value")
    return Element(tag, data[at:end], data[at + head : end])


def parse_all(data: bytes) -> list[Element]:
    """Every element of `data`, which must hold nothing else."""
    found, at = [], 0
    while at < len(data):
        found.append(parse(data, at))
        at += len(found[-1].raw)
    return found


def parse_one(data: bytes, tag: int | None = None) -> Element:
    """The single element that fills `data`."""
    found = parse_all(data)
    if len(found) != 1 or (tag is not None and found[0].tag != tag):
        raise DERError("expected exactly one element")
    return found[0]


def tlv(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def sequence(*content: bytes) -> bytes:
    return tlv(0x30, *content)


def octet_string(content: bytes) -> bytes:
    return tlv(0x04, content)


def bit_string(content: bytes) -> bytes:
    return tlv(0x03, b"\0" + content)


def utf8(text: str) -> bytes:
    return tlv(0x0C, text.encode())


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


NULL = tlv(0x05)


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    body = b""
    for arc in [first * 40 + second, *rest]:
        group = [arc & 0x7F]
        while arc := arc >> 7:
            group.append(arc & 0x7F | 0x80)
        body += bytes(reversed(group))
    return tlv(0x06, body)


@dataclass(frozen=True)
class Extension:
    """One X.509 extension: `raw` the whole element, `value` the octets inside extnValue."""

    oid: bytes
    critical: bool
    value: bytes
    raw: bytes


@dataclass(frozen=True)
class Certificate:
    """A certificate taken apart down to the elements of its to-be-signed part (RFC 5280 §4.1)."""

    der: bytes
    tbs: bytes
    algorithm: bytes
    fields: tuple[Element, ...]
    extensions: tuple[Extension, ...]

    @classmethod
    def parse(cls, der: bytes) -> "Certificate":
        tbs, algorithm, _ = parse_one(der, 0x30).children()
        fields = tbs.children()
        if fields[-1].tag != 0xA3:
            raise DERError("no extensions")
        extensions = [_extension(e) for e in parse_one(fields[-1].content, 0x30).children()]
        return cls(der, tbs.raw, algorithm.raw, tuple(fields), tuple(extensions))

    @property
    def version(self) -> bytes:
        return self.fields[0].raw

    @property
    def serial(self) -> bytes:
        return self.fields[1].content

    @property
    def inner_algorithm(self) -> bytes:
        return self.fields[2].raw

    @property
    def issuer(self) -> bytes:
        return self.fields[3].raw

    @property
    def validity(self) -> tuple[Element, ...]:
        return tuple(self.fields[4].children())

    @property
    def subject(self) -> bytes:
        return self.fields[5].raw

    @property
    def spki(self) -> bytes:
        return self.fields[6].raw

    def value(self, dotted: str) -> bytes | None:
        """The extnValue octets of the extension with this identifier."""
        return next((e.value for e in self.extensions if e.oid == oid(dotted)), None)

    def tbs_without(self, dotted: str) -> bytes:
        """The to-be-signed bytes with one extension cut out and only the three lengths rewritten (RFC 6962 §3.2)."""
        kept = [e.raw for e in self.extensions if e.oid != oid(dotted)]
        if len(kept) != len(self.extensions) - 1:
            raise DERError("the extension to cut must be present once")
        head = [field.raw for field in self.fields[:-1]]
        return sequence(*head, tlv(0xA3, sequence(*kept)))


def _extension(element: Element) -> Extension:
    parts = element.children()
    critical = len(parts) == 3
    if critical and parts[1].raw != b"\x01\x01\xff":
        raise DERError("critical must be absent or TRUE")
    if parts[-1].tag != 0x04 or parts[0].tag != 0x06 or len(parts) not in (2, 3):
        raise DERError("not an extension")
    return Extension(parts[0].raw, critical, parts[-1].content, element.raw)
