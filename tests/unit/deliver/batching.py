"""Rigs whose deliveries travel in batches."""

from __future__ import annotations

from typing import Any

from tests.unit.deliver.rig import Rig, passed

DELIVERED, DEAD = ("delivered", ""), ("dead_lettered", "http_400")
THREES = {"enable_batching": True, "batch_size": 3}


def batching(**policy: Any) -> Rig:
    rig = Rig(rejecting_least=100_000, **policy)
    rig.batching = THREES
    return rig


def users(count: int, first: int = 0) -> list[str]:
    """Messages of so many users."""
    return [f"Seen-{n}@user{n}" for n in range(first, first + count)]


async def under_way(rig: Rig, message: str) -> None:
    """Those of its user who come later do not go along with it."""
    await rig.append(message)
    await passed(1.5)
