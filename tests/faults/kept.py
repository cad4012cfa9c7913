"""Whether a log holds each message once: the judge of what was acknowledged, and of repeats."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from headgate.clock import SystemClock
from headgate.folder import DataFolder
from headgate.log.port import Verdict
from headgate.log.writer_thread import WriterThread
from headgate.services.parts import open_log

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from tests.faults.stored import Message

SOME = 5


def check_kept(
    found: Mapping[Message, Collection[Verdict]],
    acknowledged: Collection[str],
    sent: Collection[str],
) -> None:
    """Every acknowledged message is there; each one live exactly once; nobody's is none."""
    ids = {message_id for _, message_id in found}
    lost = set(acknowledged) - ids
    assert not lost, f"{len(lost)} acknowledged messages are not in the log: {_some(lost)}"
    phantoms = ids - set(sent)
    assert not phantoms, f"{len(phantoms)} messages were never sent: {_some(phantoms)}"
    check_live_once(found)


def check_live_once(found: Mapping[Any, Collection[Verdict]]) -> None:
    """Exactly one copy of each message is live, and it is the first."""
    wrong = {
        message: said
        for message, said in found.items()
        if [verdict == Verdict.LIVE for verdict in said] != [True, *[False] * (len(said) - 1)]
    }
    assert not wrong, f"{len(wrong)} messages are not live exactly once: {_some(wrong)}"


def _some(found: Iterable[object]) -> list[object]:
    return sorted(found, key=str)[:SOME]


def judged_again(data: Path, messages: Iterable[Message]) -> bytes:
    """What the next appender would say of one more copy of each; nothing is appended."""
    log, thread = open_log(DataFolder(data)), WriterThread()
    try:
        log.own(SystemClock(), thread)
        keys = log.keys()
        joined = b"".join(keys.of(*message) for message in messages)
        return log._seen.judge(1 << 62, joined)
    finally:
        asyncio.run(log.close())
        thread.close()
