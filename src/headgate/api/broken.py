"""What is written down of a fault of ours, and what the client is told of it."""

from __future__ import annotations

from traceback import extract_tb
from typing import TYPE_CHECKING, Final

from headgate.store.errors import (
    SecretKeyUnusable,
    SecretUnreadable,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from headgate.store.ids import new_id
from headgate.telemetry import log

if TYPE_CHECKING:
    from starlette.requests import Request

UNAVAILABLE: Final[dict[type[StoreError], str]] = {
    SecretKeyUnusable: (
        "the key of the secrets is missing or is none: whoever operates this Headgate must restore"
        " secret.key, or set HEADGATE_SECRET_KEY"
    ),
    SecretUnreadable: (
        "a stored secret does not open with the key that is there: whoever operates this Headgate"
        " must start it with the key that sealed it"
    ),
    StoreUnreachable: "the database of the configuration does not answer: try again later",
    StoreBusy: "the configuration is being changed for longer than anybody waits: try again",
}
"""What can be mended, and how; the messages of errors themselves name places of the machine."""


def note_unavailable(request: Request, error: Exception) -> str:
    """Give what the client is told of an error of `UNAVAILABLE`; the log tells the whole of it."""
    log.warning("request.unavailable", path=request.url.path, error=str(error))
    return next(told for kind, told in UNAVAILABLE.items() if isinstance(error, kind))


def note_broken(request: Request, error: Exception) -> str:
    """The client learns the name under which the log tells where it was, and no more than that."""
    name, frames = new_id("req"), extract_tb(error.__traceback__)
    log.error(
        "request.broke",
        request=name,
        path=request.url.path,
        error=type(error).__name__,
        at=f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "",
    )
    return name
