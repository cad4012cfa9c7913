"""A whole engine and a destination with a limit, or with an outage, by the hour."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from headgate.deliver.retry_policy import Ended, Outcome
from headgate.policy import DeliveryPolicy
from tests.unit.deliver.rig import OK, Rig, virtual

if TYPE_CHECKING:
    from collections.abc import Callable

SLOW_DOWN = Outcome(Ended.RETRY, "slow down", 429)
BROKEN = Outcome(Ended.RETRY, "broken", 500)
HOUR = 3600


class Timed(Rig):
    """Attempts end after 20 ms as `judge` says of the second in which they began."""

    def __init__(self, judge: Callable[[float], Outcome]) -> None:
        super().__init__()
        self.policy = DeliveryPolicy()
        self.engine = self._made()
        self.judge = judge
        self.ended: list[tuple[float, int | None]] = []

    async def _outcome(self, _: str) -> Outcome:
        begun = self.clock.monotonic()
        outcome = self.judge(begun)
        await asyncio.sleep(0.02)
        self.ended.append((begun, outcome.status))
        return outcome

    async def give(self, events: int) -> None:
        for first in range(0, events, 500):
            await self.append(*(f"Paid-{first + n}" for n in range(500)))


@virtual
async def test_a_limit_of_ten_a_second_is_used_and_everything_arrives() -> None:
    taken: Counter[int] = Counter()

    def judge(now: float) -> Outcome:
        taken[int(now)] += 1
        return OK if taken[int(now)] <= 10 else SLOW_DOWN

    rig = Timed(judge)
    await rig.start()
    await rig.give(4500)
    await asyncio.sleep(180)
    adapted = len(rig.ended)
    await asyncio.sleep(180)
    statuses = Counter(status for _, status in rig.ended[adapted:])
    assert statuses[200] / 180 >= 9.5
    assert statuses[429] <= 0.05 * statuses.total()
    await asyncio.sleep(180)
    assert rig.tallies == {("delivered", ""): 4500}
    await rig.engine.stop()


@virtual
async def test_an_outage_of_an_hour_costs_few_attempts_and_no_event() -> None:
    rig = Timed(lambda now: BROKEN if now < HOUR else OK)
    await rig.start()
    await rig.give(1000)
    await asyncio.sleep(HOUR)
    assert 10 <= len(rig.ended) <= 13 + 6 + HOUR / 300
    assert not rig.tallies
    await asyncio.sleep(HOUR / 4)
    assert rig.tallies == {("delivered", ""): 1000}
    attempts = Counter(status for _, status in rig.ended)
    assert attempts[200] == 1000
    await rig.engine.stop()
