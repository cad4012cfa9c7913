"""The trace of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.console.calls import operation
from headgate.control.nouns import tracing
from headgate.control.observing.traces import Trace

if TYPE_CHECKING:
    from headgate.api.console.calls import Asked
    from headgate.control.work import Work


@operation("GET", "/trace/{messageId}", {"trace": Trace})
def trace_message(work: Work, asked: Asked) -> dict[str, Any]:
    """A message's copies, every decision and every attempt; no copies where nobody has seen it."""
    return {"trace": tracing.traced(work, asked.path["messageId"])}
