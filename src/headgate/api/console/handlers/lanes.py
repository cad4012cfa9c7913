"""Lanes: how they stand, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from headgate.api.console.calls import operation
from headgate.api.console.checking import Body, Moment, Parameters
from headgate.control.commands import Given
from headgate.control.nouns import lanes, redriving
from headgate.control.nouns.lanes import Lane
from headgate.control.redrives import MOST_MESSAGES, STATUSES, Letters, Redriven

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.api.console.calls import Asked
    from headgate.control.nouns.lanes import Waits
    from headgate.control.work import Work


class OfLanes(Parameters):
    """`ended`: replays that are over, too."""

    ended: bool = False


class RedriveLetters(Body):
    """Which dead letters: those that meet everything that is given.

    `subscription` is a name or an id, `rate` deliveries a second.
    """

    reason: str | None = None
    status: Annotated[int, Field(ge=STATUSES.start, lt=STATUSES.stop)] | None = None
    subscription: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    message_ids: Annotated[list[str], Field(default_factory=list, max_length=MOST_MESSAGES)]
    rate: Annotated[float, Field(strict=False)] | None = None

    def asked(self, connection: str) -> Redriven:
        return Redriven(connection, **dict(self))


class Nothing(Body):
    """Nothing is asked for but what the path says."""


@operation("GET", "/lanes", {"lanes": list[Lane]}, query=OfLanes)
def list_lanes(work: Work, asked: Asked) -> dict[str, Any]:
    """The lanes of the workspace: what waits, how long, and why."""
    return {"lanes": lanes.listed(work, ended=asked.query.ended)}


@operation("POST", "/connections/{connectionId}/pause", {"command": Given}, body=Nothing)
def pause_connection(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """Hold a connection: its place is kept, nothing is sent, nothing is lost."""
    return commanded(lanes.pause(work, asked.path["connectionId"]))


@operation("POST", "/connections/{connectionId}/resume", {"command": Given}, body=Nothing)
def resume_connection(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """Let a paused connection go on where it stands."""
    return commanded(lanes.resume(work, asked.path["connectionId"]))


@operation("POST", "/connections/{connectionId}/skip", {"command": Given}, body=Nothing)
def skip_connection(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """Discard what waits, and go on with what comes now."""
    return commanded(lanes.resume(work, asked.path["connectionId"], skip=True))


@operation(
    "POST",
    "/connections/{connectionId}/redrive/count",
    {"would_send": Letters},
    body=RedriveLetters,
    reading=True,
)
def count_redrive(work: Work, asked: Asked) -> dict[str, Any]:
    """How many dead letters would be sent again."""
    which = asked.body.asked(asked.path["connectionId"])
    return {"would_send": redriving.counted(work, which)}


@operation("POST", "/connections/{connectionId}/redrive", {"command": Given}, body=RedriveLetters)
def redrive_connection(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """Send dead letters of a connection again."""
    return commanded(redriving.redrive(work, asked.body.asked(asked.path["connectionId"])))


def commanded(waits: Waits) -> Callable[[], dict[str, Any]]:
    """What came of a command, once it is committed."""
    return lambda: {"command": waits()}
