"""The head of a request: one strict reading of RFC 9112, remembered for clients that repeat it."""

from __future__ import annotations

import re
from typing import Final

from headgate.collect.answers import (
    BAD_HTTP,
    EXPECTATION_FAILED,
    HEADERS_TOO_LARGE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    REQUEST_TOO_LARGE,
    SUCCESS,
    TARGET_TOO_LONG,
    UNSUPPORTED_TYPE,
    Answer,
    Caller,
    render,
)
from headgate.collect.routes import Route, find
from headgate.collect.write_keys import key_of
from headgate.events.hops import HEADER as HOPS

MAX_HEAD: Final = 16 * 1024
"""Bytes of a request line and its headers."""
MAX_TARGET: Final = 8 * 1024
MAX_FIELDS: Final = 100
MAX_BODY: Final = 512_000
"""Bytes of a request's body, before and after unpacking."""
REMEMBERED: Final = 4096
MAX_REMEMBERED: Final = 2048
"""Bytes of a head that is remembered: larger ones are rare, or meant to fill the memory."""
END: Final = b"\r\n\r\n"

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(%s) ([!-~\x80-\xff]+) HTTP/1\.([01])\r\n" % _TOKEN)
_FIELDS = re.compile(rb"(?:%s:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)*\r\n" % _TOKEN)
_ORIGIN_FORM = re.compile(rb"^https?://[^/?#]*", re.IGNORECASE)
"""What stands before the path where a proxy names the whole address (RFC 9112 section 3.2.2)."""
_LENGTH = re.compile(rb"[0-9]{1,15}")
_HOST = re.compile(rb"[0-9A-Za-z._~%!$&'()*+,;=:\[\]-]*")


class Head:
    """What a request says before its body; header values as bytes, b"" for absent."""

    __slots__ = (
        "accept_encoding",
        "asked_headers",
        "authorization",
        "chunked",
        "content_type",
        "encoding",
        "expects",
        "forwarded_for",
        "hops",
        "host",
        "if_none_match",
        "keep_alive",
        "key",
        "length",
        "method",
        "origin",
        "path",
        "query",
        "refused",
        "route",
        "success",
        "target",
        "user_agent",
        "write_key",
    )

    refused: Answer | None
    """Why the request cannot be taken, whatever its body says."""
    route: Route | None
    success: bytes
    """The rendered answer that nearly every request gets."""

    def __init__(self, method: bytes, target: bytes) -> None:
        self.method, self.target = method, target
        self.path, _, self.query = _ORIGIN_FORM.sub(b"", target, count=1).partition(b"?")
        for name in _WANTED.values():
            setattr(self, name, b"")
        self.length, self.chunked, self.expects = 0, False, False
        self.keep_alive = True
        self.refused, self.route, self.success = None, None, b""
        self.key: str | None = None

    authorization: bytes
    encoding: bytes
    origin: bytes
    host: bytes
    asked_headers: bytes
    write_key: bytes
    accept_encoding: bytes
    if_none_match: bytes
    content_type: bytes
    forwarded_for: bytes
    user_agent: bytes
    hops: bytes


_WANTED: Final = {
    b"authorization": "authorization",
    b"content-encoding": "encoding",
    b"origin": "origin",
    b"host": "host",
    b"access-control-request-headers": "asked_headers",
    b"x-write-key": "write_key",
    b"accept-encoding": "accept_encoding",
    b"if-none-match": "if_none_match",
    b"content-type": "content_type",
    b"x-forwarded-for": "forwarded_for",
    b"user-agent": "user_agent",
    HOPS.lower().encode(): "hops",
}
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"expect", b"connection"})
_MET: Final = frozenset({b"", b"100-continue"})
_ONCE: Final = frozenset({b"content-length", b"transfer-encoding", b"host"})


class Heads:
    """Heads by their bytes: the same bytes always say the same, so they are read once."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}
        self.known = self._known.get

    def read(self, raw: bytes) -> Head | Answer:
        """Read a head with its empty line; an answer means that the connection cannot go on."""
        head = read_head(raw)
        if isinstance(head, Answer):
            return head
        if len(raw) <= MAX_REMEMBERED:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[raw] = head
        return head


def read_head(raw: bytes) -> Head | Answer:
    """One head, from its first byte to its empty line (reliability section 4.3)."""
    line = _REQUEST_LINE.match(raw)
    if line is None:
        return BAD_HTTP
    if len(raw) > MAX_HEAD or raw.count(b"\n") - 2 > MAX_FIELDS:
        return HEADERS_TOO_LARGE
    method, target, minor = line.groups()
    if len(target) > MAX_TARGET:
        return TARGET_TOO_LONG
    if _FIELDS.fullmatch(raw, line.end()) is None:
        return BAD_HTTP
    head, framing = Head(method, target), dict[bytes, bytes]()
    for field in raw[line.end() : -len(END)].split(b"\r\n"):
        name, _, value = field.partition(b":")
        name = name.lower()
        if name in _WANTED or name in _FRAMING:
            if name in _ONCE and name in framing:
                return BAD_HTTP
            value = value.strip(b" \t")
            framing[name] = framing[name] + b", " + value if name in framing else value
    return _framed(head, framing, is_old=minor == b"0")


def _framed(head: Head, fields: dict[bytes, bytes], *, is_old: bool) -> Head | Answer:
    for name, attribute in _WANTED.items():
        setattr(head, attribute, fields.get(name, b""))
    if not _HOST.fullmatch(head.host) or (b"host" not in fields and not is_old):
        return BAD_HTTP
    length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if length is not None and (coding is not None or not _LENGTH.fullmatch(length)):
        return BAD_HTTP
    if coding is not None and (is_old or coding.lower() != b"chunked"):
        return BAD_HTTP
    head.length, head.chunked = int(length or 0), coding is not None
    options = fields.get(b"connection", b"").lower()
    head.keep_alive = not is_old and b"close" not in options
    head.expects = b"expect" in fields and not is_old
    head.route = find(head.path)
    expected = fields.get(b"expect", b"").lower()
    head.refused = EXPECTATION_FAILED if expected not in _MET else _refusal(head)
    head.key = key_of(head)
    head.success = render(SUCCESS, Caller(head.origin, head.keep_alive))
    return head


def _refusal(head: Head) -> Answer | None:
    if head.length > MAX_BODY:
        return REQUEST_TOO_LARGE
    if head.method == b"OPTIONS":
        return None
    if head.route is None:
        return NOT_FOUND
    if head.method not in head.route.methods:
        return METHOD_NOT_ALLOWED
    if head.content_type[:10].lower() == b"multipart/":
        return UNSUPPORTED_TYPE
    return None


def incomplete(raw: bytes) -> Answer | None:
    """What is wrong already with the beginning of a head; None to wait for more of it."""
    line, ended, _ = raw.partition(b"\r\n")
    if ended:
        if _REQUEST_LINE.match(line + b"\r\n") is None:
            return BAD_HTTP
    elif len(line) > MAX_TARGET + 64:
        return TARGET_TOO_LONG
    if b"\n\n" in raw or b"\n\r\n" in raw:
        return BAD_HTTP
    return HEADERS_TOO_LARGE if len(raw) > MAX_HEAD else None
