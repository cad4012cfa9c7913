"""The pixel: an event in the address of a picture, for mails and pages without scripts."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec

from headgate.collect.answers import Answer, Response, error

if TYPE_CHECKING:
    from headgate.collect.request import Request

PICTURE: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A transparent GIF of one by one pixel."""
_MOST_FIELDS: Final = 1000
_DEEPEST: Final = 8
_READ = msgspec.json.Decoder(dict[str, Any])


def event_of(request: Request) -> bytes | Answer:
    """The event as JSON: from `data`, base64 of an object, or from parameters with dotted names.

    What only the server can know of a mail that was opened, its program, is filled in.
    """
    try:
        fields = dict(parse_qsl(request.query.decode(), max_num_fields=_MOST_FIELDS))
        event = _READ.decode(_unpacked(fields.pop("data"))) if "data" in fields else {}
    except (ValueError, RecursionError):
        return error(400, "bad_request", "The query of a pixel must be an event.")
    for name, value in fields.items():
        _put(event, name.split(".", _DEEPEST), value)
    context = event.setdefault("context", {})
    if isinstance(context, dict) and request.head.user_agent:
        context.setdefault("userAgent", request.head.user_agent.decode("latin-1"))
    return msgspec.json.encode(event)


def _unpacked(data: str) -> bytes:
    """Base64 of either alphabet; a query turns `+` into a blank, and mails drop the padding."""
    plain = data.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as fault:
        raise ValueError(f"no base64: {fault}") from None


def _put(event: dict[str, Any], names: list[str], value: str) -> None:
    """`properties.subject=...`; a name that is there already stays what it is."""
    *outer, last = names
    for name in outer:
        inner = event.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        event = inner
    event.setdefault(last, value)


def picture(answer: Answer) -> Response:
    """A picture whatever happened; only our own fault shows in the status (domain section 2)."""
    status = answer.status if answer.status >= 500 else 200  # noqa: PLR2004
    headers = ((b"Content-Type", b"image/gif"), (b"Cache-Control", b"no-store"))
    if answer.retry_after:
        headers += ((b"Retry-After", b"%d" % answer.retry_after),)  # type: ignore[assignment]
    return Response(status, PICTURE, headers)
