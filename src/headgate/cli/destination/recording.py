"""Keeping what an action did as a recording, without a secret in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.cli.destination.trying import Quiet, run, transport
from headgate.cli.failures import Failed
from headgate.kit.connected import STALE
from headgate.kit.testing.recordings import Recording, Unredactable, recorded, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.cli.destination.trying import Done, Task
    from headgate.kit.http.request import Exchange


class Kept(NamedTuple):
    """The file of a recording, and how each event ended."""

    file: Path
    ended: tuple[str, ...]


async def performed(task: Task, folder: Path, name: str | None = None) -> Kept:
    """Perform against the real API and keep it; raises `Failed` when there is nothing to keep."""
    async with transport(sends=True) as way_out:
        done = await run(task, way_out)
    if unanswered := [each for each in done.exchanges if each.error]:
        raise Failed(f"nothing was recorded: {unanswered[0].error}")
    return await _kept(task, done, folder, name)


async def imagined(task: Task, folder: Path, name: str | None = None) -> Kept:
    """Keep what an action would send to an API that answers 200 and an empty object."""
    return await _kept(task, await run(task, Quiet()), folder, name)


async def _kept(task: Task, done: Done, folder: Path, name: str | None) -> Kept:
    slug = task.action.slug
    if not done.trial.exchanges:
        reasons = " ".join(each.reason for each in done.results)
        raise Failed(f"nothing was recorded, as {slug} sent no request: {reasons}")
    try:
        recording = await recorded(
            task.destination,
            _given(task, f"{slug}-{name}" if name else slug),
            _accepted(task, done.trial.exchanges),
            secrets=done.secrets,
        )
    except Unredactable as error:
        raise Failed(f"nothing was recorded: {error}") from None
    return Kept(write(recording, folder), recording.endings())


def _accepted(task: Task, exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """What was done with the fresh token, where the first one was refused."""
    access = task.customer.access
    if access is None or not access.was_renewed:
        return exchanges
    statuses = [getattr(exchange.answer, "status", None) for exchange in exchanges]
    refused = next((at for at, status in enumerate(statuses) if status in STALE), -1)
    return exchanges[refused + 1 :]


def _given(task: Task, name: str) -> Recording:
    suggested = task.action.payload.default_mapping()
    events: dict[str, Any] = (
        {"event": task.events[0]} if len(task.events) == 1 else {"events": task.events}
    )
    return Recording(
        name=name,
        action=task.action.slug,
        settings=task.customer.values,
        mapping={
            key: value
            for key, value in task.mapping.items()
            if key not in suggested or value != suggested[key]
        },
        **events,
    )
