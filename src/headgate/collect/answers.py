"""Every answer of the collection API (contract section 4), rendered once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec


class Answer(NamedTuple):
    """A status, its JSON body, and whether the connection can go on afterwards."""

    status: int
    body: bytes
    retry_after: int = 0
    close: bool = False
    code: str = ""


class Response(NamedTuple):
    """An answer that is no JSON object of the collection API: a file, a picture, a token."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Caller(NamedTuple):
    """What of a request decides the headers of its answer."""

    origin: bytes = b""
    keep_alive: bool = True
    is_head: bool = False
    """Asked with HEAD: everything but the body."""


SUCCESS = Answer(200, b'{"success": true}')
_EXPOSED = b"Retry-After"
_ALLOWED = b"authorization, content-type, x-retry-count, x-write-key, anonymousid, sentat"
_MAX_AGE = b"86400"


def error(
    status: int,
    code: str,
    message: str,
    *,
    retry_after: int = 0,
    close: bool = False,
    rejected: list[dict[str, Any]] | None = None,
) -> Answer:
    """`code` is stable and for programs, `message` says what to do; `error` repeats it for SDKs."""
    body: dict[str, Any] = {"success": False, "code": code, "message": message, "error": message}
    if rejected is not None:
        body["rejected"] = rejected
    return Answer(status, msgspec.json.encode(body), retry_after, close, code)


NOT_FOUND = error(404, "not_found", "There is nothing at this path.")
METHOD_NOT_ALLOWED = error(
    405, "method_not_allowed", "Send events by POST; what browsers load is there for GET."
)
EXPECTATION_FAILED = error(
    417, "bad_request", "The only expectation that is met is 100-continue.", close=True
)
UNKNOWN_SOURCE = error(
    401,
    "unknown_source",
    "The write key is missing or unknown: send it as the user name of Basic authentication"
    " or as writeKey in the body.",
)
KEYS_DIFFER = error(
    401, "unknown_source", "The write key of the header and that of the body differ."
)
SOURCE_DISABLED = error(403, "source_disabled", "This source is disabled.")
DELIVERY_LOOP = error(
    400,
    "delivery_loop",
    "These events came out of a Headgate too often: a destination sends to where they came from.",
)
UNSUPPORTED_ENCODING = error(
    415, "unsupported_encoding", "Content-Encoding must be gzip or absent."
)
UNSUPPORTED_TYPE = error(
    415, "unsupported_encoding", "A body is JSON, whatever its type says, but never a form."
)
REQUEST_TOO_LARGE = error(
    413, "too_large", "A request may have 512,000 bytes, before and after unpacking.", close=True
)
HEADERS_TOO_LARGE = error(
    431, "too_large", "The request line and headers may have 16 KiB and 100 fields.", close=True
)
TARGET_TOO_LONG = error(414, "too_large", "The target of a request may have 8 KiB.", close=True)
BAD_HTTP = error(400, "bad_request", "This is not a valid HTTP request.", close=True)
TOO_SLOW = error(408, "too_slow", "The request did not arrive in time.", close=True)


CUT_OFF = error(400, "bad_request", "The connection ended within the request.", close=True)


def unavailable(reason: str, retry_after: int = 1) -> Answer:
    """Our fault: the same again later will do."""
    return error(503, "unavailable", reason, retry_after=max(1, retry_after))


def too_many(reason: str, retry_after: int) -> Answer:
    """The client's fault: slower will do."""
    return error(429, "too_many_requests", reason, retry_after=max(1, retry_after))


def mixed(rejected: list[dict[str, Any]]) -> Answer:
    """Some events of a batch are durable; the others are named by their index."""
    return Answer(200, msgspec.json.encode({"success": True, "rejected": rejected}))


def render(answer: Answer, caller: Caller) -> bytes:
    """The whole HTTP response."""
    headers = [(b"Content-Type", b"application/json")]
    if answer.retry_after:
        headers.append((b"Retry-After", b"%d" % answer.retry_after))
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"Allow", b"GET, HEAD, POST, OPTIONS"))
    if answer.close:
        caller = caller._replace(keep_alive=False)
    return respond(Response(answer.status, answer.body, tuple(headers)), caller)


def respond(response: Response, caller: Caller) -> bytes:
    """The whole HTTP response; length, connection and cross-origin headers are added here."""
    status = HTTPStatus(response.status)
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}".encode(),
        *(b"%s: %s" % header for header in response.headers),
        *_cross_origin(caller),
    ]
    if status not in _BODILESS:
        head.append(b"Content-Length: %d" % len(response.body))
    if not caller.keep_alive:
        head.append(b"Connection: close")
    return b"\r\n".join([*head, b"", b"" if caller.is_head else response.body])


_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


def preflight(caller: Caller, asked: bytes) -> bytes:
    """The answer to a browser that asks before it sends."""
    headers = (
        (b"Access-Control-Allow-Methods", b"GET, HEAD, POST, OPTIONS"),
        (b"Access-Control-Allow-Headers", asked or _ALLOWED),
        (b"Access-Control-Max-Age", _MAX_AGE),
    )
    return respond(Response(204, b"", headers), caller)


def _cross_origin(caller: Caller) -> list[bytes]:
    """Every page may send events; errors must be readable there too (wire checklist 7)."""
    if not caller.origin:
        return [b"Access-Control-Allow-Origin: *"]
    return [
        b"Access-Control-Allow-Origin: " + caller.origin,
        b"Access-Control-Allow-Credentials: true",
        b"Access-Control-Expose-Headers: " + _EXPOSED,
        b"Vary: Origin",
    ]
