from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from headgate.events.hops import MOST, hops_in
from headgate.log.encode import decode_body
from headgate.log.port import EventBatch
from tests.unit.collect.peer import post
from tests.unit.collect.serving import EVENT, Log, Serving, serving

if TYPE_CHECKING:
    from headgate.log.port import Appended, Batch

BATCH = b'{"batch":[%b,%b],"context":{"a":1}}' % (EVENT, EVENT[:-1] + b',"type":"track"}')
SINGLE = ("/v1/track", EVENT)


def appended(log: Log, monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    """What the log is given from now on."""
    batches: list[Batch] = []
    append = log.append

    async def seen(partition: int, batch: Batch) -> Appended:
        batches.append(batch)
        return await append(partition, batch)

    monkeypatch.setattr(log, "append", seen)
    return batches


async def answer(found: Serving, path: str, body: bytes, hops: str) -> bytes:
    extra = f"Headgate-Hops: {hops}\r\n" if hops else ""
    return await found.exchange(post(body, path, f"{extra}Connection: close\r\n"))


@pytest.mark.parametrize(("path", "body"), [SINGLE, ("/v1/batch", BATCH)])
@pytest.mark.parametrize("hops", [0, 1, MOST])
def test_hops_are_kept_with_each_event(
    path: str, body: bytes, hops: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> list[Batch]:
        async with serving() as found:
            batches = appended(found.log, monkeypatch)
            said = await answer(found, path, body, str(hops) if hops else "")
            assert said.startswith(b"HTTP/1.1 200")
        return batches

    bodies = [decode_body(each.body) for each in asyncio.run(main()) if type(each) is EventBatch]
    kept = [hops_in(each.defaults_of(record)) for each in bodies for record in each.records]
    assert kept
    assert set(kept) == {hops}


@pytest.mark.parametrize(("path", "body"), [SINGLE, ("/v1/batch", BATCH)])
@pytest.mark.parametrize("hops", [str(MOST + 1), "1000", "many", "1, 1"])
def test_events_that_went_round_too_often_are_refused_and_counted(
    path: str, body: bytes, hops: str
) -> None:
    async def main() -> tuple[bytes, int, list[str]]:
        async with serving() as found:
            said = await answer(found, path, body, hops)
            await found.server.stop(2.0)
            codes = [each.code for batch in found.log.tallies for each in batch.rejections]
            return said, found.log.events, codes

    said, events, codes = asyncio.run(main())
    assert said.startswith(b"HTTP/1.1 400")
    assert b"delivery_loop" in said
    assert (events, codes) == (0, ["delivery_loop"])
