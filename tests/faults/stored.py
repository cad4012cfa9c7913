"""What a reader finds in the log of a data folder, read in this process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.disk import SystemDisk
from headgate.folder import DataFolder
from headgate.log.segments.segment import Segment, firsts, path_of
from headgate.services.parts import open_log

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from headgate.log.port import Frame, Verdict

Message = tuple[int, str]
"""Source number and messageId."""


def readable(data: Path) -> set[str]:
    """The ids of all events that the log shows."""
    return ids(asyncio.run(_frames(DataFolder(data))))


async def _frames(folder: DataFolder) -> list[Frame]:
    log = open_log(folder)
    try:
        return [frame async for frame in log.read(0, (await log.floors())[0])]
    finally:
        await log.close()


def verdicts(data: Path) -> dict[Message, list[Verdict]]:
    """What was said of each copy of each message, in the order of the log."""
    found: dict[Message, list[Verdict]] = {}
    for frame in asyncio.run(_frames(DataFolder(data))):
        for event in frame.events():
            assert event.record is not None, f"position {event.position} cannot be read"
            message = event.record.source, event.record.message_id
            found.setdefault(message, []).append(event.verdict)
    return found


def ids(frames: Iterable[Frame]) -> set[str]:
    stored = (event for frame in frames for event in frame.events())
    return {event.record.message_id for event in stored if event.record is not None}


def durable_parts(data: Path) -> dict[int, tuple[set[str], set[str]]]:
    """For each segment that has a successor: the ids before and beyond its recorded length."""
    folder, disk = DataFolder(data).log, SystemDisk()
    names = [path.name for path in folder.iterdir()]
    segments = {first: Segment(disk, path_of(folder, first)) for first in firsts(names)}
    found: dict[int, tuple[set[str], set[str]]] = {}
    for segment in segments.values():
        before, length = segments.get(segment.header.previous), segment.header.previous_length
        if before is not None:
            counted = [frame for _, frame in before.frames(before.start, length)]
            beyond = [frame for _, frame in before.frames(length, before.size())]
            found[before.first] = ids(counted), ids(beyond)
    for segment in segments.values():
        segment.close()
    return found
