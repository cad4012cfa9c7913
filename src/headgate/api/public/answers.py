"""Answers: the envelope around data, and around what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from starlette.responses import Response

from headgate.api.reading import JSON, TooLong, Unreadable
from headgate.control.errors import (
    Conflict,
    ControlError,
    Forbidden,
    Invalid,
    Missing,
    Refused,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fault(NamedTuple):
    """One error as clients read it; `field` names what was wrong in the body or the query."""

    type: str
    message: str
    field: str | None = None
    data: dict[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        told = {"type": self.type, "message": self.message, "field": self.field, "data": self.data}
        return {key: value for key, value in told.items() if value is not None}


_STATUSES: tuple[tuple[type[ControlError], int, str], ...] = (
    (Missing, 404, "not-found"),
    (Forbidden, 403, "forbidden"),
    (Conflict, 409, "conflict"),
    (Refused, 422, "bad-request"),
)


def succeeded(
    data: Mapping[str, Any], status: int, media: str, headers: Mapping[str, str]
) -> Response:
    return _response(status, {"data": data}, media, headers)


def failed(
    status: int, *faults: Fault, headers: Mapping[str, str] | None = None, media: str = JSON
) -> Response:
    return _response(status, {"errors": [each.told() for each in faults]}, media, headers or {})


def refused(error: ControlError, headers: Mapping[str, str], media: str) -> Response:
    """What a use case refused, in the client's terms."""
    if isinstance(error, Invalid):
        faults = [Fault("bad-request", str(each), each.path or None) for each in error.problems]
        return failed(422, *faults, headers=headers, media=media)
    for kind, status, word in _STATUSES:
        if isinstance(error, kind):
            return failed(status, Fault(word, str(error)), headers=headers, media=media)
    return failed(422, Fault("bad-request", str(error)), headers=headers, media=media)


def unread(error: Unreadable) -> Response:
    """What a body gets that was not read to its end, or says nothing."""
    word = "payload-too-large" if isinstance(error, TooLong) else "bad-request"
    return failed(error.status, Fault(word, str(error)), headers=error.headers)


def _response(status: int, body: Any, media: str, headers: Mapping[str, str]) -> Response:
    return Response(msgspec.json.encode(body), status, dict(headers), media_type=media)
