from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from headgate.ledger.reserve import SIZE, Reserve
from headgate.log.errors import Unavailable
from headgate.log.port import Appended, Position, TallyBatch
from headgate.services.collect import Sparing

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.log.port import Batch

BATCH = TallyBatch(())


class Taking:
    """A log that takes everything."""

    def __init__(self) -> None:
        self.taken: list[Batch] = []

    async def append(self, partition: int, batch: Batch) -> Appended:
        self.taken.append(batch)
        return Appended(partition, Position(len(self.taken)), b"")


async def test_collection_leaves_the_last_room_on_the_disk_to_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, reserve = Taking(), Reserve(tmp_path / "reserve")
    sparing = Sparing(log, reserve)

    def pretend(free: int) -> None:
        found = os.statvfs_result((4096, 4096, 1 << 30, 0, free // 4096, 0, 0, 0, 0, 255))
        monkeypatch.setattr(os, "statvfs", lambda _path: found)

    await sparing.append(0, BATCH)
    reserve.make()
    pretend(0)
    await sparing.append(0, BATCH)
    reserve.release()
    with pytest.raises(Unavailable, match="free some space"):
        await sparing.append(0, BATCH)
    pretend(2 * SIZE)
    await sparing.append(0, BATCH)
    assert len(log.taken) == 3
