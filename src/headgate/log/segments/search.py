"""Finding every stored copy of a message, through id runs and through unsealed headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.log.errors import Damaged
from headgate.log.keys import PREFIX
from headgate.log.keys import SIZE as KEY
from headgate.log.port import Found, Position, Verdict
from headgate.log.segments.frame import SegmentFrame
from headgate.log.segments.manifest import load_manifest
from headgate.log.segments.runs import IdRun
from headgate.log.segments.sidecars import HEADERS, read_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.keys import Keys
    from headgate.log.segments.chain import Chain
    from headgate.log.segments.frame import Header


def find_copies(
    disk: Disk, folder: Path, chain: Chain, keys: Keys, message_id: str, head: int
) -> list[Found]:
    """Copies below `head` in every source, in the order of the log."""
    prefix = keys.of(0, message_id)[:PREFIX]
    copies = [*_in_runs(disk, folder, chain, prefix), *_unsealed(disk, folder, chain, prefix)]
    return sorted(
        (copy for copy in copies if copy.position < head and _is(copy, message_id)),
        key=lambda copy: copy.position,
    )


def _is(copy: Found, message_id: str) -> bool:
    stored = copy.stored
    return stored is None or stored.record is None or stored.record.message_id == message_id


def _in_runs(disk: Disk, folder: Path, chain: Chain, prefix: bytes) -> Iterator[Found]:
    for entry in load_manifest(disk, folder).runs:
        run = IdRun(folder / entry.name)
        try:
            places = list(run.frames(prefix)) if run.may_hold(int.from_bytes(prefix, "big")) else []
        finally:
            run.close()
        for first, number in places:
            headers = list(read_headers(disk, folder / f"{first:019d}{HEADERS}"))
            offset, header = headers[number]
            yield from _of_frame(chain, first, offset, header, prefix)


def _unsealed(disk: Disk, folder: Path, chain: Chain, prefix: bytes) -> Iterator[Found]:
    covered = load_manifest(disk, folder).covered
    for first in chain.firsts:
        if first not in covered:
            for offset, header in chain.segment(first).headers(chain.limit(first)):
                if prefix in header.keys:
                    yield from _of_frame(chain, first, offset, header, prefix)


def _of_frame(
    chain: Chain, first: int, offset: int, header: Header, prefix: bytes
) -> Iterator[Found]:
    frame = _frame(chain, first, offset)
    for index in range(header.events):
        if header.keys[index * KEY : index * KEY + PREFIX] == prefix:
            yield Found(
                header.partition,
                Position(header.first + index),
                header.owner(index),
                Verdict(header.verdicts[index]),
                header.received_max,
                frame.events()[index] if frame is not None else None,
            )


def _frame(chain: Chain, first: int, offset: int) -> SegmentFrame | None:
    """The frame itself, where the segment's body is still kept."""
    try:
        return chain.segment(first).frame_at(offset, chain.limit(first))
    except (FileNotFoundError, Damaged):
        return None
