from __future__ import annotations

import asyncio

import pytest

from headgate.deliver import commands
from headgate.store.snapshot import Command
from tests.simulation.setting import Joined
from tests.unit.deliver.rig import BAD, BUSY, EVERYTHING, OTHER, TWICE, Rig, passed, virtual

DELIVERED, DEAD = ("delivered", ""), ("dead_lettered", "http_400")
SKIPPED = ("discarded", "skipped")
ELSEWHERE = Joined(20, OTHER, {"other": frozenset({"Seen"})})
MANY = 100_000
"""So many dead letters pause no connection."""


async def dead(rig: Rig, *messages: str, again: int = 0) -> None:
    """Dead letters of these messages, which are refused so many times more."""
    rig.outcomes = {message: [BAD] * (1 + again) for message in messages}
    await rig.start()
    await rig.append(*messages)
    await passed()


# pausing


@virtual
async def test_a_paused_connection_sends_nothing_until_it_is_resumed() -> None:
    rig = Rig()
    await rig.start()
    assert await rig.command("pause") == {"paused": True}
    await rig.append("Seen-1")
    await passed(60.0)
    before = list(rig.names)
    state = rig.ledger.tables.lanes[EVERYTHING.number].state
    assert await rig.command("resume") == {"resumed": True, "skipped": 0}
    await passed()
    assert (before, state, rig.names) == ([], "paused", ["Seen-1"])


@virtual
async def test_a_pause_outlives_a_restart_even_of_a_connection_that_is_off() -> None:
    rig = Rig()
    await rig.start()
    await rig.command("pause")
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await passed()
    await rig.restart(EVERYTHING)
    rig.off = set()
    await rig.configure(EVERYTHING)
    await rig.append("Seen-1")
    await passed()
    before = list(rig.names)
    await rig.command("resume")
    await passed()
    assert (before, rig.names) == ([], ["Seen-1"])


@virtual
async def test_a_connection_that_was_mended_while_it_was_off_runs_again() -> None:
    rig = Rig()
    await rig.start()
    rig.lane.gate.pause("auth_failed")
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    rig.off, rig.ordering = set(), "per_user"
    await rig.configure(EVERYTHING)
    await rig.append("Seen-1")
    await passed()
    assert rig.names == ["Seen-1"]


@virtual
async def test_what_an_operator_paused_is_not_resumed_by_a_change() -> None:
    rig = Rig()
    await rig.start()
    await rig.command("pause")
    rig.ordering = "per_user"
    await rig.configure(EVERYTHING)
    await rig.append("Seen-1")
    await passed()
    assert rig.names == []


@virtual
async def test_each_command_is_carried_out_once_whatever_dies() -> None:
    rig = Rig()
    await rig.start()
    await rig.command("pause")
    await rig.command("resume")
    await rig.restart(EVERYTHING)
    await rig.append("Seen-1")
    await passed()
    assert rig.names == ["Seen-1"]
    assert sorted(rig.ledger.done_commands()) == ["pause-1", "resume-2"]


# skipping


@virtual
async def test_a_skip_closes_what_waits_and_what_is_under_way_ends_as_it_ends() -> None:
    rig = Rig(slots=1)
    rig.outcomes = {"Seen-0": [BUSY]}
    await rig.start()
    await rig.append("Seen-0")
    await passed()
    rig.held = {"Seen-1"}
    await rig.append("Seen-1", "Seen-2", "Noise-3")
    await rig.append("Seen-4")
    await passed()
    await rig.command("resume", skip=True)
    before = rig.result("resume-1")
    rig.answer("Seen-1")
    await passed(600.0)
    assert (before, rig.result("resume-1")) == ({}, {"resumed": True, "skipped": 5})
    await rig.append("Seen-5")
    await passed()
    assert rig.names == ["Seen-0", "Seen-1", "Seen-5"]
    assert rig.tallies == {SKIPPED: 4, DELIVERED: 2}
    assert rig.ledger.tables.parked == {}


@virtual
async def test_a_skip_of_a_connection_that_is_off_skips_what_its_predecessor_left() -> None:
    """It waited for ever for events that no queue had."""
    rig = Rig(unfinished_most=3, slots=2)
    rig.ordering, rig.outcomes = "strict", {"Seen-0": [BUSY] * 9}
    await rig.start()
    await rig.append(*(f"Seen-{n}" for n in range(6)))
    await passed(1.0)
    rig.off = {EVERYTHING.number}
    await rig.restart(EVERYTHING)
    await rig.command("resume", skip=True)
    await passed(1.0)
    assert (rig.tallies, rig.ledger.tables.opened) == ({SKIPPED: 6}, {})
    rig.off = set()
    await rig.configure(EVERYTHING)
    await rig.append("Seen-9")
    await passed()
    assert rig.names[-1] == "Seen-9"


@virtual
async def test_a_skip_that_nobody_finished_is_finished_by_the_successor() -> None:
    rig = Rig(slots=1)
    rig.held = {"Seen-1"}
    await rig.start()
    await rig.append("Seen-1", "Seen-2", "Seen-3")
    await passed()
    await rig.command("resume", skip=True)
    await rig.restart(EVERYTHING)
    await passed()
    assert rig.tallies[SKIPPED] == 3
    assert rig.result("resume-1")["resumed"]
    assert rig.names == ["Seen-1"]


@virtual
async def test_what_was_appended_after_the_command_is_not_skipped() -> None:
    rig = Rig()
    await rig.start()
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await rig.append("Seen-1")
    await passed(1.0)
    at = rig.clock.now_ms()
    await passed(1.0)
    await rig.append("Seen-2")
    await passed()
    rig.off = set()
    rig.commands["skip"] = Command("skip", 1, "ws", 10, "resume", at, {"skip": True})
    await rig.configure(EVERYTHING)
    await passed()
    assert (rig.names, rig.tallies) == (["Seen-2"], {SKIPPED: 1, DELIVERED: 1})


@virtual
async def test_a_skip_while_retention_counts_closes_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig()
    await rig.start()
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await rig.append("Seen-1", "Seen-2")
    await slowly_counted(rig, monkeypatch)
    await rig.command("resume", skip=True)
    await passed(10.0)
    assert sum(rig.tallies.values()) == 2


@virtual
async def test_a_lane_that_is_deleted_while_retention_counts_closes_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig()
    await rig.start(EVERYTHING, ELSEWHERE)
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING, ELSEWHERE)
    await rig.append("Seen-1", "Seen-2")
    await slowly_counted(rig, monkeypatch)
    await rig.configure(ELSEWHERE)
    await passed(10.0)
    assert sum(rig.tallies.values()) == 2
    assert list(rig.engine.lanes) == [ELSEWHERE.number]


async def slowly_counted(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retention is in the middle of counting what lies below the floor."""
    count = rig.log.count

    async def slow(*args: object) -> object:
        counted = await count(*args)  # type: ignore[arg-type]
        await asyncio.sleep(1.0)
        return counted

    monkeypatch.setattr(rig.log, "count", slow)
    await rig.log.raise_floor({0: (await rig.log.heads())[0]})
    await passed(5.3)


# sending dead letters again


@virtual
async def test_a_dead_letter_that_is_sent_again_counts_as_what_becomes_of_it() -> None:
    rig = Rig(rejecting_least=MANY)
    await dead(rig, "Seen-1", "Seen-2")
    before = dict(rig.tallies)
    assert await rig.command("redrive", message_ids=["Seen-1"]) == {"redriven": 1}
    await passed(1.0)
    assert (before, rig.tallies) == ({DEAD: 2}, {DEAD: 1, DELIVERED: 1})
    assert rig.names == ["Seen-1", "Seen-2", "Seen-1"]


@virtual
async def test_a_letter_that_is_given_up_again_is_not_sent_a_third_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was found again by the command that had it sent, and so without end."""
    monkeypatch.setattr(commands, "LETTERS_AT_ONCE", 1)
    rig = Rig(rejecting_least=MANY)
    await dead(rig, "Seen-1", "Seen-2", "Seen-3", again=50)
    assert await rig.command("redrive") == {"redriven": 3}
    await passed(60.0)
    assert (len(rig.sent), rig.tallies) == (6, {DEAD: 3})


@virtual
async def test_letters_are_sent_again_as_fast_as_was_asked_for() -> None:
    rig = Rig(rejecting_least=MANY)
    await dead(rig, "Seen-1", "Seen-2", "Seen-3")
    await rig.command("redrive", rate=0.1)
    sent = [len(rig.sent)]
    for _ in range(3):
        await passed(10.0)
        sent.append(len(rig.sent))
    assert sent == [4, 5, 6, 6]


@virtual
async def test_a_redrive_waits_for_a_ledger_that_takes_no_commits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It stopped after a second, and told the rest as done."""
    monkeypatch.setattr(commands, "LETTERS_AT_ONCE", 1)
    rig = Rig(rejecting_least=MANY)
    await dead(rig, "Seen-1", "Seen-2", "Seen-3")
    rig.ledger.failing = True
    asyncio.get_running_loop().call_later(5.0, healed, rig)
    assert await rig.command("redrive") == {}
    await passed(20.0)
    assert rig.result("redrive-1") == {"redriven": 3}
    assert rig.tallies == {DELIVERED: 3}


def healed(rig: Rig) -> None:
    rig.ledger.failing = False


@virtual
async def test_of_an_event_with_two_letters_one_may_be_sent_again() -> None:
    rig = Rig(rejecting_least=MANY)
    rig.outcomes = {"Paid-1": [BAD, BAD]}
    await rig.start(TWICE)
    await rig.append("Paid-1")
    await passed()
    await rig.command("redrive", TWICE, subscription="all")
    await passed(1.0)
    one = dict(rig.tallies)
    await rig.command("redrive", TWICE)
    await passed(1.0)
    assert (one, rig.tallies) == ({DEAD: 1}, {DELIVERED: 1})
    assert rig.sent == [("Paid-1", "all"), ("Paid-1", "paid")] * 2


@virtual
async def test_letters_of_an_event_that_is_still_open_are_sent_again_with_it() -> None:
    rig = Rig(rejecting_least=MANY)
    rig.outcomes = {"Paid-1": [BAD, BUSY]}
    await rig.start(TWICE)
    await rig.append("Paid-1")
    await passed(0.5)
    assert rig.tallies == {}
    await rig.command("redrive", TWICE)
    await passed(60.0)
    assert (rig.tallies, rig.ledger.tables.opened) == ({DELIVERED: 1}, {})
    assert len(rig.sent) == 4


@virtual
async def test_what_is_to_be_sent_again_outlives_a_restart() -> None:
    rig = Rig(rejecting_least=MANY)
    await dead(rig, "Seen-1")
    await rig.command("redrive", rate=0.01)
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.restart(EVERYTHING)
    await passed(600.0)
    assert rig.tallies == {DELIVERED: 1}


@virtual
async def test_a_lane_with_no_room_leaves_letters_as_they_are() -> None:
    rig = Rig(rejecting_least=MANY, parked_most=2)
    await dead(rig, "Seen-1", "Seen-2", "Seen-3")
    assert await rig.command("redrive", rate=0.001) == {"redriven": 2}
    await passed(5000.0)
    assert rig.tallies == {DEAD: 1, DELIVERED: 2}
