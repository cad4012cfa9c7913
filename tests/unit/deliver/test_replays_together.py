"""Replays of one connection that meet the same event."""

from __future__ import annotations

from headgate.route.selection import ALREADY, STILL_OWED
from tests.unit.deliver.rig import BAD, Rig, passed, virtual

DELIVERED, DEAD = {("delivered", ""): 1}, {("dead_lettered", "http_400"): 1}
LEFT = {("filtered", STILL_OWED): 1}
MANY = 100_000
"""So many dead letters pause no connection."""


def counted(rig: Rig, lane: int) -> dict[tuple[str, str], int]:
    rows = rig.ledger.tables.tallies.items()
    return {(cls, reason): n for (of, cls, reason), n in rows if of == lane and n}


async def met(*, again: bool = False) -> tuple[Rig, int, int]:
    """The live lane has given an event up, a repetition has it under way, a replay comes to it."""
    rig = Rig(rejecting_least=MANY)
    rig.outcomes = {"Seen-1": [BAD]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.held = {"Seen-1"}
    repeating = await rig.replay(only="failed", again=True)
    await passed()
    rig.held.clear()
    later = await rig.replay(again=again)
    await passed()
    return rig, repeating, later


@virtual
async def test_what_a_repetition_has_under_way_is_left_to_it_as_it_may_be_delivered() -> None:
    rig, repeating, later = await met()
    assert (len(rig.sent), counted(rig, later)) == (2, LEFT)
    rig.answer("Seen-1")
    await passed()
    assert (len(rig.sent), counted(rig, repeating)) == (2, DELIVERED)
    last = await rig.replay()
    await passed()
    assert counted(rig, last) == {("filtered", ALREADY): 1}


@virtual
async def test_what_a_repetition_gives_up_is_a_letter_that_any_later_replay_sends() -> None:
    rig, repeating, later = await met()
    rig.answer("Seen-1", outcome=BAD)
    await passed()
    assert (counted(rig, repeating), counted(rig, later)) == (DEAD, LEFT)
    assert len(rig.sent) == 2
    last = await rig.replay()
    await passed()
    assert (len(rig.sent), counted(rig, last)) == (3, DELIVERED)


@virtual
async def test_a_repetition_leaves_nothing_to_another_replay() -> None:
    rig, repeating, later = await met(again=True)
    assert (len(rig.sent), counted(rig, later)) == (3, DELIVERED)
    rig.answer("Seen-1")
    await passed()
    assert counted(rig, repeating) == DELIVERED
