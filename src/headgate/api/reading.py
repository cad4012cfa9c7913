"""What a request carries: the token that it shows, and its JSON body."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

JSON: Final = "application/json"
MOST_BYTES: Final = 1024 * 1024
MOST_DEPTH: Final = 64
_BEARER: Final = "bearer "


class Unreadable(Exception):
    """The body is no JSON, or nests too deep."""

    status = 400
    headers: Mapping[str, str] = MappingProxyType({})


class TooLong(Unreadable):
    """The body is longer than it may be; what is not read leaves no room for another request."""

    status = 413
    headers = MappingProxyType({"Connection": "close"})


def bearer(request: Request) -> str | None:
    """The token of `Authorization: Bearer TOKEN`; None where nothing of that kind is shown."""
    given = request.headers.get("authorization", "")
    return given[len(_BEARER) :].strip() if given[: len(_BEARER)].lower() == _BEARER else None


def content_type(request: Request) -> str:
    """The media type of the body, in small letters, without parameters."""
    return request.headers.get("content-type", JSON).partition(";")[0].strip().lower()


async def json_body(request: Request) -> object:
    """What the body says; an empty one is an empty object. Raises Unreadable."""
    raw = await _raw(request)
    try:
        given = msgspec.json.decode(raw or b"{}")
        is_deep = _depth(given) > MOST_DEPTH
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Unreadable("the body is no JSON") from None
    if is_deep:
        raise Unreadable(f"the body nests deeper than {MOST_DEPTH}")
    return given


async def _raw(request: Request) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            raise TooLong(f"a body has at most {MOST_BYTES:,} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _depth(value: Any) -> int:
    """How deep it nests; it gives up a little beyond what is allowed."""
    deep, layer = 0, [value]
    while layer and deep <= MOST_DEPTH:
        deep += 1
        layer = [
            inner
            for each in layer
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return deep
