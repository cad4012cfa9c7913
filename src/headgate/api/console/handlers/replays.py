"""Replays: counted, begun, watched and told what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from headgate.api.console.calls import operation
from headgate.api.console.checking import Body, Moment
from headgate.api.console.handlers.lanes import Nothing, commanded
from headgate.control.commands import Given
from headgate.control.nouns import replaying
from headgate.control.observing.progress import Progress
from headgate.control.observing.rehearsal import Rehearsal
from headgate.control.replays import Asked as Replay

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.api.console.calls import Asked
    from headgate.control.work import Work


class StartReplay(Body):
    """Which events go to the connection with this id once more.

    `only` failed means those that were tried and never succeeded; `again` sends also what was
    delivered. `rate` is deliveries a second, `filter` FQL.
    """

    connection: str
    since: Moment | None = None
    until: Moment | None = None
    types: list[str] = Field(default_factory=list)
    events: list[str] = Field(default_factory=list)
    filter: str | None = None
    only: Literal["failed", "all"] = "all"
    rate: Annotated[float, Field(strict=False)] | None = None
    again: bool = False

    def asked(self) -> Replay:
        return Replay(**dict(self))


@operation("GET", "/replays", {"replays": list[Progress]})
def list_replays(work: Work, asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - asks nothing
    """All replays that are still known and how far they are, the newest first."""
    return {"replays": replaying.listed(work)}


@operation("POST", "/replays/count", {"would_send": Rehearsal}, body=StartReplay, reading=True)
def count_replay(work: Work, asked: Asked) -> dict[str, Any]:
    """What a replay would send, counted exactly."""
    return {"would_send": replaying.rehearsed(work, asked.body.asked())}


@operation("POST", "/replays", {"command": Given}, body=StartReplay)
def start_replay(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """Send events of the log to a connection once more."""
    return commanded(replaying.begin(work, asked.body.asked()))


@operation("GET", "/replays/{replayId}", {"replay": Progress})
def get_replay(work: Work, asked: Asked) -> dict[str, Any]:
    """How far a replay is."""
    return {"replay": replaying.get(work, asked.path["replayId"])}


@operation("POST", "/replays/{replayId}/pause", {"command": Given}, body=Nothing)
def pause_replay(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """Hold a replay; live events go on."""
    return commanded(replaying.pause(work, asked.path["replayId"]))


@operation("POST", "/replays/{replayId}/resume", {"command": Given}, body=Nothing)
def resume_replay(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """Let a paused replay go on."""
    return commanded(replaying.resume(work, asked.path["replayId"]))


@operation("POST", "/replays/{replayId}/cancel", {"command": Given}, body=Nothing)
def cancel_replay(work: Work, asked: Asked) -> Callable[[], dict[str, Any]]:
    """End a replay for good; what it has sent stays sent."""
    return commanded(replaying.cancel(work, asked.path["replayId"]))
