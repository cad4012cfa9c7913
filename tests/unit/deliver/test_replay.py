from __future__ import annotations

import pytest

from headgate.deliver.attempt import key_of
from headgate.log.port import Position
from headgate.route.selection import ALREADY, NOT_SELECTED, STILL_OWED
from tests.unit.deliver.rig import BAD, BUSY, EVERYTHING, TWICE, Rig, passed, virtual

DELIVERED, DEAD = ("delivered", ""), ("dead_lettered", "http_400")
MANY = 100_000
"""So many dead letters pause no connection."""


def counted(rig: Rig, lane: int) -> dict[tuple[str, str], int]:
    """The tallies of one lane."""
    rows = rig.ledger.tables.tallies.items()
    return {(cls, reason): n for (of, cls, reason), n in rows if of == lane and n}


def state(rig: Rig, lane: int) -> tuple[str, str]:
    row = rig.ledger.tables.lanes[lane]
    return row.state, row.reason


async def replayed(rig: Rig, *messages: str) -> None:
    await rig.start()
    await rig.append(*messages)
    await passed()


# what is sent


@virtual
async def test_a_replay_sends_what_was_not_delivered_and_ends() -> None:
    rig = Rig(rejecting_least=MANY)
    rig.outcomes = {"Seen-2": [BAD]}
    await replayed(rig, "Seen-1", "Seen-2", "Noise-3")
    number = await rig.replay()
    await passed()
    assert rig.names == ["Seen-1", "Seen-2", "Seen-2"]
    expected = {DELIVERED: 1, ("filtered", ALREADY): 1, ("filtered", "no_matching_subscription"): 1}
    assert counted(rig, number) == expected
    assert state(rig, number) == ("ended", "done")


@virtual
async def test_a_replay_again_sends_everything_under_keys_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig, keys = Rig(), []
    attempt = rig.attempt

    async def noted(delivery: object, prepared: object) -> object:
        keys.append(key_of(delivery, prepared))  # type: ignore[arg-type]
        return await attempt(delivery, prepared)  # type: ignore[arg-type]

    monkeypatch.setattr(rig, "attempt", noted)
    await replayed(rig, "Seen-1")
    for _ in range(2):
        await rig.replay(again=True)
        await passed()
    assert (rig.names, len(set(keys))) == (["Seen-1"] * 3, 3)


@virtual
async def test_a_replay_of_failures_sends_nothing_else() -> None:
    rig = Rig(rejecting_least=MANY)
    rig.outcomes = {"Seen-2": [BAD]}
    await replayed(rig, "Seen-1", "Seen-2")
    number = await rig.replay(only="failed")
    await passed()
    assert rig.names == ["Seen-1", "Seen-2", "Seen-2"]
    assert counted(rig, number)[DELIVERED] == 1


@virtual
async def test_what_was_not_selected_is_filtered_and_counted() -> None:
    rig = Rig()
    await replayed(rig, "Seen-1", "Paid-2")
    number = await rig.replay(again=True, events=["Paid"])
    await passed()
    assert rig.names[2:] == ["Paid-2"]
    assert counted(rig, number) == {DELIVERED: 1, ("filtered", NOT_SELECTED): 1}


@virtual
async def test_each_subscription_gets_what_it_lacks() -> None:
    rig = Rig(rejecting_least=MANY)
    rig.outcomes = {"Paid-1": [BAD]}
    await rig.start(TWICE)
    await rig.append("Paid-1")
    await passed()
    await rig.replay(TWICE)
    await passed()
    assert rig.sent == [("Paid-1", "all"), ("Paid-1", "paid"), ("Paid-1", "all")]


@virtual
async def test_what_the_live_lane_still_owes_is_left_to_it() -> None:
    rig = Rig(slots=2)
    rig.outcomes = {"Seen-1": [BUSY]}
    await replayed(rig, "Seen-1", "Seen-2")
    number = await rig.replay(again=True)
    await passed(60.0)
    assert rig.names == ["Seen-1", "Seen-2", "Seen-2", "Seen-1"]
    assert counted(rig, number) == {DELIVERED: 1, ("filtered", STILL_OWED): 1}


@virtual
async def test_what_the_live_lane_delivers_meanwhile_is_not_repeated() -> None:
    """What had been delivered was read once for a frame, and the frame took its time."""
    rig = Rig(slots=2, rejecting_least=MANY)
    rig.outcomes, rig.held = {"Seen-0": [BAD]}, {"Seen-1"}
    await replayed(rig, "Seen-0", "Seen-1")
    rig.held = {"Seen-0"}
    await rig.replay()
    rig.answer("Seen-1")
    await passed()
    rig.answer("Seen-0")
    await passed(1.0)
    assert rig.names == ["Seen-0", "Seen-1", "Seen-0"]


# where it begins and ends


@virtual
async def test_a_replay_ends_in_the_middle_of_a_frame() -> None:
    rig = Rig()
    await rig.start()
    end = await rig.append("Seen-1", "Seen-2", "Seen-3")
    await passed()
    number = await rig.replay(start=end - 2, stop=end - 1, again=True)
    await passed()
    place = rig.ledger.tables.places[number, 0]
    assert (rig.names[3:], place.cursor, place.base) == (["Seen-2"], end - 1, 1)
    assert counted(rig, number) == {DELIVERED: 1}


@virtual
async def test_a_replay_whose_end_was_not_read_yet_goes_on_when_it_is() -> None:
    rig = Rig()
    await replayed(rig, "Seen-1")
    end = (await rig.log.heads())[0]
    number = await rig.replay(stop=end + 1, again=True)
    await rig.append("Seen-2")
    await passed(1.0)
    assert rig.names.count("Seen-1") == 2
    assert sum(counted(rig, number).values()) == 2
    assert state(rig, number)[0] == "ended"


@virtual
async def test_a_replay_of_what_the_log_no_longer_has_is_refused_with_a_reason() -> None:
    rig = Rig()
    await replayed(rig, "Seen-1")
    result = await rig.command(
        "replay", start=0, stop=1, types=[], events=[], filter="this is no trigger"
    )
    assert "error" in result
    assert list(rig.engine.lanes) == [EVERYTHING.number]


# retention


@virtual
async def test_retention_expires_no_more_of_a_replay_than_there_is() -> None:
    """It counted what lies behind the end of the replay, too."""
    rig = Rig()
    await rig.start()
    stop = await rig.append("Seen-1", "Seen-2")
    floor = await rig.append("Seen-3", "Seen-4")
    await passed()
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    number = await rig.replay(stop=stop, again=True)
    await rig.log.raise_floor({0: Position(floor)})
    await passed(6.0)
    assert counted(rig, number) == {("discarded", "expired"): 2}
    assert state(rig, number)[0] == "ended"


@virtual
async def test_a_replay_that_is_skipped_skips_no_more_than_there_is() -> None:
    rig = Rig()
    await rig.start()
    stop = await rig.append("Seen-1", "Seen-2")
    await rig.append("Seen-3")
    await passed(1.0)
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    number = await rig.replay(stop=stop, again=True)
    await rig.command("resume", replay="replay-1", skip=True)
    await passed(1.0)
    assert counted(rig, number) == {("discarded", "skipped"): 2}
    assert state(rig, number)[0] == "ended"


# pace and pauses


@virtual
async def test_a_replay_keeps_the_rate_that_was_asked_for() -> None:
    rig = Rig()
    await replayed(rig, *(f"Seen-{n}" for n in range(20)))
    await rig.replay(again=True, rate=2)
    await passed(5.0)
    sent = len(rig.sent) - 20
    await passed(10.0)
    assert (sent in range(9, 14), len(rig.sent)) == (True, 40)


@virtual
async def test_batches_of_a_replay_count_with_all_that_they_carry() -> None:
    rig = Rig()
    rig.batching = {"enable_batching": True, "batch_size": 5}
    await rig.start()
    await rig.append(*(f"Seen-{n}@user{n}" for n in range(20)))
    await passed(2.0)
    await rig.replay(again=True, rate=1)
    await passed(8.0)
    assert len(rig.sent) - 20 in (5, 10)


@virtual
async def test_a_replay_is_paused_and_resumed_by_itself() -> None:
    rig = Rig()
    await replayed(rig, "Seen-1", "Seen-2")
    rig.held = {"Seen-1", "Seen-2"}
    await rig.replay(again=True)
    await rig.command("pause", replay="replay-1")
    rig.held = set()
    rig.answer("Seen-1", "Seen-2")
    await rig.append("Seen-3")
    await passed(1.0)
    assert rig.names[-1] == "Seen-3"


@virtual
async def test_a_paused_replay_stays_so_after_a_restart_and_its_connection_goes_on() -> None:
    rig = Rig()
    await replayed(rig, "Seen-1", "Seen-2")
    number = await rig.replay(again=True, rate=0.02)
    await rig.command("pause", replay="replay-1")
    await rig.restart(EVERYTHING)
    await rig.append("Seen-3")
    await passed(300.0)
    before = len(rig.sent)
    await rig.command("resume", replay="replay-1")
    await passed(300.0)
    assert (before, len(rig.sent)) == (4, 5)
    assert state(rig, number)[0] == "ended"


@virtual
async def test_a_replay_goes_on_with_its_connection_after_a_restart() -> None:
    """The pause of the connection had become one of the replay, which nobody resumed."""
    rig = Rig()
    await replayed(rig, "Seen-1", "Seen-2")
    await rig.command("pause")
    await rig.replay(again=True)
    await rig.restart(EVERYTHING)
    await rig.command("resume")
    await passed(10.0)
    assert len(rig.sent) == 4


@virtual
async def test_a_cancelled_replay_closes_the_rest_and_ends() -> None:
    rig = Rig()
    await replayed(rig, *(f"Seen-{n}" for n in range(5)))
    number = await rig.replay(again=True, rate=0.01)
    await passed(1.0)
    await rig.command("cancel", replay="replay-1")
    await passed(1.0)
    assert counted(rig, number) == {DELIVERED: 1, ("discarded", "cancelled"): 4}
    assert state(rig, number) == ("ended", "cancelled")


@virtual
async def test_what_does_not_go_on_cannot_be_cancelled() -> None:
    rig = Rig()
    await rig.start()
    assert "error" in await rig.command("cancel", replay="replay-9")


# successors


@virtual
async def test_a_successor_goes_on_with_a_replay_where_it_was() -> None:
    rig = Rig()
    await replayed(rig, *(f"Seen-{n}" for n in range(6)))
    number = await rig.replay(again=True, rate=1)
    await passed(2.5)
    await rig.restart(EVERYTHING)
    await passed(20.0)
    assert sorted(rig.names[6:]) == [f"Seen-{n}" for n in range(6)]
    assert counted(rig, number) == {DELIVERED: 6}


@virtual
async def test_the_letters_of_a_replay_that_is_over_are_sent_again_as_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They had the key of the live delivery, which a receiver has seen before."""
    rig, keys = Rig(rejecting_least=MANY), []
    attempt = rig.attempt

    async def noted(delivery: object, prepared: object) -> object:
        keys.append(key_of(delivery, prepared))  # type: ignore[arg-type]
        return await attempt(delivery, prepared)  # type: ignore[arg-type]

    monkeypatch.setattr(rig, "attempt", noted)
    await replayed(rig, "Seen-1")
    rig.outcomes = {"Seen-1": [BAD, BUSY]}
    number = await rig.replay(again=True)
    await passed()
    await rig.command("redrive")
    await rig.restart(EVERYTHING)
    await passed(60.0)
    assert counted(rig, number) == {DELIVERED: 1}
    assert len(set(keys)) == 2
    assert state(rig, number) == ("ended", "done")


@virtual
async def test_letters_that_are_sent_again_do_not_need_the_command_of_their_replay() -> None:
    """The lane was taken for one of a replay that nobody knows, and what it owed was cancelled."""
    rig = Rig(rejecting_least=MANY)
    await replayed(rig, "Seen-1")
    rig.outcomes = {"Seen-1": [BAD, BUSY]}
    number = await rig.replay(again=True)
    await passed()
    await rig.command("redrive")
    del rig.commands["replay-1"]
    await rig.configure(EVERYTHING)
    await passed(60.0)
    assert counted(rig, number) == {DELIVERED: 1}
