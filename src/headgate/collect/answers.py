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


class Caller(NamedTuple):
    """What of a request decides the headers of its answer."""

    origin: bytes = b""
    keep_alive: bool = True


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
METHOD_NOT_ALLOWED = error(405, "method_not_allowed", "Send events by POST.")
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
UNSUPPORTED_ENCODING = error(
    415, "unsupported_encoding", "Content-Encoding must be gzip or absent."
)
REQUEST_TOO_LARGE = error(
    413, "too_large", "A request may have 512,000 bytes, before and after unpacking.", close=True
)
HEADERS_TOO_LARGE = error(
    431, "too_large", "The request line and headers may have 16 KiB and 100 fields.", close=True
)
BAD_HTTP = error(400, "bad_request", "This is not a valid HTTP request.", close=True)
TOO_SLOW = error(408, "too_slow", "The request did not arrive in time.", close=True)


def unavailable(reason: str, retry_after: int = 1) -> Answer:
    return error(503, "unavailable", reason, retry_after=max(1, retry_after))


def mixed(rejected: list[dict[str, Any]]) -> Answer:
    """Some events of a batch are durable; the others are named by their index."""
    return Answer(200, msgspec.json.encode({"success": True, "rejected": rejected}))


def render(answer: Answer, caller: Caller) -> bytes:
    """The whole HTTP response; the success that nearly every request gets is ready-made."""
    if answer is SUCCESS and not caller.origin and caller.keep_alive:
        return _SUCCESS
    return _render(answer, caller)


def preflight(caller: Caller, asked: bytes) -> bytes:
    """The answer to a browser that asks before it sends."""
    head = [
        b"HTTP/1.1 204 No Content",
        b"Access-Control-Allow-Methods: POST, OPTIONS",
        b"Access-Control-Allow-Headers: " + (asked or _ALLOWED),
        b"Access-Control-Max-Age: " + _MAX_AGE,
        *_cross_origin(caller),
    ]
    if not caller.keep_alive:
        head.append(b"Connection: close")
    return b"\r\n".join([*head, b"", b""])


def _render(answer: Answer, caller: Caller) -> bytes:
    status = HTTPStatus(answer.status)
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}".encode(),
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(answer.body),
        *_cross_origin(caller),
    ]
    if answer.retry_after:
        head.append(b"Retry-After: %d" % answer.retry_after)
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        head.append(b"Allow: POST, OPTIONS")
    if answer.close or not caller.keep_alive:
        head.append(b"Connection: close")
    return b"\r\n".join([*head, b"", answer.body])


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


_SUCCESS = _render(SUCCESS, Caller())
