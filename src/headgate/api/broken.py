"""What is written down of a fault of ours, and the name under which the client can ask for it."""

from __future__ import annotations

from traceback import extract_tb
from typing import TYPE_CHECKING

from headgate.store.ids import new_id
from headgate.telemetry import log

if TYPE_CHECKING:
    from starlette.requests import Request


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
