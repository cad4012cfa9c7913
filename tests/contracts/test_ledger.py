from __future__ import annotations

import pytest

from headgate.ledger.port import CommandRow, Held, LedgerUnavailable, SeriesKey, Switch, Tick
from tests.contracts.ledgers import (
    DAY,
    NOON,
    Bench,
    attempt,
    begun,
    image,
    lane,
    letter,
    listed,
    numbers,
    opened,
    parked,
    place,
)


def everything() -> Tick:
    """A tick that writes every table."""
    tick = Tick(
        lanes=[lane(2)],
        places=[place(2), place(cursor=40)],
        switches=[Switch(1, 0, 10, 4, "1")],
        opened=[opened(11), opened(12)],
        parked=[parked(11), parked(12, due_at=300)],
        dead=[letter(12)],
        attempts=[attempt(11)],
        commands=[CommandRow("cmd_1", 2, NOON, "{}")],
        series={SeriesKey(1, 3, "delivered", "", "track", "Paid"): [1, 0, 0, 0, 0, 0, 0, 2]},
    )
    tick.tally(1, "delivered", "", 2)
    tick.tally(1, "filtered", "no_matching_subscription")
    return tick


def tallied(bench: Bench) -> dict[tuple[str, str], int]:
    (account,) = bench.reader.accounts()
    return {(cls, reason): n for cls, reason, n in account.tallies}


def test_a_fresh_ledger_holds_nothing(bench: Bench) -> None:
    assert listed(bench.ledger.held()) == Held([], [], [], [])
    assert list(bench.reader.accounts()) == []


def test_what_was_committed_is_held_after_reopening(bench: Bench) -> None:
    begun(bench)
    bench.ledger.commit(everything())
    bench.reopen()
    held = bench.ledger.held()
    assert list(held.lanes) == [lane(), lane(2)]
    assert list(held.places) == [place(cursor=40), place(2)]
    assert list(held.opened) == [opened(11), opened(12)]
    assert list(held.parked) == [parked(12, due_at=300), parked(11)]


def test_where_a_lane_began_never_changes(bench: Bench) -> None:
    begun(bench)
    bench.ledger.commit(Tick(places=[place(cursor=50, start=99, base=99)]))
    (row,) = bench.ledger.held().places
    assert row == place(cursor=50)


def test_a_lane_changes_its_state_and_nothing_else(bench: Bench) -> None:
    begun(bench)
    changed = lane(state="held", reason="disabled", epoch=2, gate=9, workspace="x", source=9)
    bench.ledger.commit(Tick(lanes=[changed]))
    (row,) = bench.ledger.held().lanes
    assert row == lane(state="held", reason="disabled", epoch=2)


def test_tallies_add(bench: Bench) -> None:
    begun(bench)
    for _ in range(3):
        tick = Tick()
        tick.tally(1, "delivered", "")
        tick.tally(1, "delivered", "", 4)
        tick.tally(1, "filtered", "a rule")
        bench.ledger.commit(tick)
    assert tallied(bench) == {("delivered", ""): 15, ("filtered", "a rule"): 3}


def test_closing_takes_an_open_event_away_and_unparking_a_parked_delivery(bench: Bench) -> None:
    begun(bench)
    bench.ledger.commit(everything())
    bench.ledger.commit(Tick(closed=[(1, 0, 11), (1, 0, 77)], unparked=[(1, 0, 11, "a")]))
    assert list(bench.ledger.held().opened) == [opened(12)]
    assert list(bench.ledger.held().parked) == [parked(12, due_at=300)]
    assert bench.reader.opened(1, 11) is None
    assert bench.reader.opened(1, 12) == opened(12)
    assert list(bench.reader.parked(1, 11)) == []
    assert list(bench.reader.parked(1, 12)) == [parked(12, due_at=300)]


def test_what_is_opened_and_closed_in_one_tick_leaves_nothing(bench: Bench) -> None:
    begun(bench)
    bench.ledger.commit(
        Tick(opened=[opened()], closed=[(1, 0, 5)], parked=[parked()], unparked=[(1, 0, 5, "a")])
    )
    assert list(bench.ledger.held().opened) == []
    assert list(bench.ledger.held().parked) == []


def test_the_last_row_of_an_event_that_is_opened_twice_counts(bench: Bench) -> None:
    begun(bench)
    later = opened()._replace(done_subscriptions=("a", "b"), left=("c",))
    bench.ledger.commit(Tick(opened=[opened(), later]))
    assert bench.reader.opened(1, 5) == later
    assert bench.reader.accounts()[0].opened == 1


def test_a_tick_is_all_or_nothing(bench: Bench) -> None:
    begun(bench)
    before = image(bench.ledger, bench.reader)
    bench.refuse()
    with pytest.raises(LedgerUnavailable):
        bench.ledger.commit(everything())
    assert image(bench.ledger, bench.reader) == before
    assert bench.series() == {}
    bench.accept()
    bench.reopen()
    assert image(bench.ledger, bench.reader) == before


def test_a_refused_tick_can_be_given_again_and_counts_once(bench: Bench) -> None:
    begun(bench)
    tick = everything()
    bench.refuse()
    for _ in range(3):
        with pytest.raises(LedgerUnavailable):
            bench.ledger.commit(tick)
    bench.accept()
    bench.ledger.commit(tick)
    assert bench.reader.accounts()[0].tallies[0] == ("delivered", "", 2)
    assert list(bench.series().values()) == [[1, 0, 0, 0, 0, 0, 0, 2]]


def test_attempts_are_on_record_though_their_tick_was_refused(bench: Bench) -> None:
    begun(bench)
    bench.refuse()
    with pytest.raises(LedgerUnavailable):
        bench.ledger.commit(everything())
    assert numbers(bench.reader, 11) == [1]


def test_a_tick_that_is_given_again_records_its_attempts_once(bench: Bench) -> None:
    """A disk that was full for a minute showed sixty attempts where one had been made."""
    begun(bench)
    tick = everything()
    bench.refuse()
    for _ in range(3):
        with pytest.raises(LedgerUnavailable):
            bench.ledger.commit(tick)
    bench.accept()
    bench.ledger.commit(tick)
    assert numbers(bench.reader, 11) == [1]


def test_attempts_come_back_as_they_were_with_their_samples(bench: Bench) -> None:
    plain = attempt(subscription="b", at=NOON + 5)._replace(request=None, response=None)
    bench.ledger.commit(Tick(attempts=[attempt(), plain]))
    assert list(bench.reader.attempts(1, 5)) == [(1, attempt()), (1, plain)]
    assert list(bench.reader.attempts(2, 5)) == list(bench.reader.attempts(1, 6)) == []


def test_each_delivery_numbers_its_own_attempts(bench: Bench) -> None:
    for turn in range(3):
        first = attempt(at=NOON + turn)
        bench.ledger.commit(Tick(attempts=[first, first._replace(subscription="b")]))
        bench.ledger.commit(Tick(attempts=[first._replace(position=6)]))
    assert numbers(bench.reader) == numbers(bench.reader, subscription="b") == [1, 2, 3]
    assert numbers(bench.reader, 6) == [1, 2, 3]


def test_attempts_are_numbered_on_from_what_their_caller_knows(bench: Bench) -> None:
    """The files of older days may have been dropped."""
    bench.ledger.commit(Tick(attempts=[attempt(prior=6)]))
    bench.ledger.commit(Tick(attempts=[attempt(prior=7, at=NOON + 1)]))
    assert numbers(bench.reader) == [7, 8]


def test_attempts_that_used_up_no_try_have_numbers_all_the_same(bench: Bench) -> None:
    """After a 429 the caller knows of no more tries than before."""
    for turn, prior in enumerate([0, 0, 1, 1, 2]):
        bench.ledger.commit(Tick(attempts=[attempt(prior=prior, at=NOON + turn)]))
    assert numbers(bench.reader) == [1, 2, 3, 4, 5]


def test_attempts_are_numbered_on_after_reopening(bench: Bench) -> None:
    """Killed between the attempts and their tick, a deliver process starts again with try 0."""
    for turn in range(3):
        bench.ledger.commit(Tick(attempts=[attempt(at=NOON + turn)]))
        bench.reopen()
    assert numbers(bench.reader) == [1, 2, 3]


def test_attempts_are_numbered_on_from_one_day_to_the_next(bench: Bench) -> None:
    """The number of an attempt began anew at midnight when earlier ones had used up no try."""
    for turn, at in enumerate([NOON, NOON + 5, NOON + DAY, NOON + 3 * DAY]):
        bench.ledger.commit(Tick(attempts=[attempt(at=at)]))
        bench.ledger.commit(Tick(attempts=[attempt(100 + turn, at=at)]))
    bench.reopen()
    bench.ledger.commit(Tick(attempts=[attempt(at=NOON + 4 * DAY)]))
    assert numbers(bench.reader) == [1, 2, 3, 4, 5]
    assert numbers(bench.reader, 103) == [1]


def test_an_attempt_that_ends_after_midnight_keeps_its_place_in_the_order(bench: Bench) -> None:
    bench.ledger.commit(Tick(attempts=[attempt(at=NOON)]))
    bench.ledger.commit(Tick(attempts=[attempt(6, at=NOON + DAY)]))
    bench.ledger.commit(Tick(attempts=[attempt(at=NOON + 10), attempt(at=NOON + 20)]))
    assert [each.at - NOON for _, each in bench.reader.attempts(1, 5)] == [0, 10, 20]
    assert numbers(bench.reader) == [1, 2, 3]


def test_samples_belong_to_the_attempt_they_were_taken_of(bench: Bench) -> None:
    bench.ledger.commit(Tick(attempts=[attempt()]))
    second = attempt(at=NOON + 1)._replace(request=b"later", response=b"answer")
    bench.ledger.commit(Tick(attempts=[second]))
    assert [each.request for _, each in bench.reader.attempts(1, 5)] == [b"q", b"later"]


def test_dead_letters_stay_in_their_order(bench: Bench) -> None:
    bench.ledger.commit(Tick(dead=[letter(), letter(6)]))
    bench.ledger.commit(Tick(dead=[letter(subscription="b")]))
    bench.reopen()
    assert list(bench.reader.dead_letters(1, 5)) == [letter(), letter(subscription="b")]
    assert list(bench.reader.dead_letters(2, 5)) == []


def test_switches_are_read_in_the_order_of_the_log(bench: Bench) -> None:
    rows = [Switch(1, 0, at, snapshot, "1") for at, snapshot in ((30, 5), (10, 3), (20, 4))]
    bench.ledger.commit(Tick(switches=rows))
    bench.ledger.commit(Tick(switches=[Switch(1, 0, 20, 9, "2"), Switch(2, 0, 15, 4, "1")]))
    assert [(row.from_position, row.snapshot) for row in bench.reader.switches(1)] == [
        (10, 3),
        (20, 9),
        (30, 5),
    ]


def test_series_add(bench: Bench) -> None:
    key = SeriesKey(1, 3, "delivered", "", "track", "Paid")
    other = key._replace(minute=4)
    bench.ledger.commit(Tick(series={key: [1, 2, 0, 0, 0, 0, 0, 5]}))
    bench.ledger.commit(Tick(series={key: [0, 1, 1, 0, 0, 0, 0, 5], other: [1] * 8}))
    assert bench.series() == {key: [1, 3, 1, 0, 0, 0, 0, 10], other: [1] * 8}


def test_positions_of_what_waits_without_a_record_are_known(bench: Bench) -> None:
    bench.ledger.commit(Tick(parked=[parked(5), parked(5, "b"), parked(9)], dead=[letter(3)]))
    bench.ledger.commit(Tick(dead=[letter(4)._replace(record=b"kept")]))
    assert list(bench.ledger.unrecorded(1, 0, 9)) == [3, 5]
    assert list(bench.ledger.unrecorded(2, 0, 9)) == []


def test_a_record_is_copied_to_every_row_of_its_event(bench: Bench) -> None:
    bench.ledger.commit(Tick(parked=[parked(5), parked(5, "b"), parked(9)], dead=[letter(5, "c")]))
    bench.ledger.commit(Tick(records=[(b"event", 1, 0, 5)]))
    assert bench.ledger.record(1, 0, 5) == b"event"
    assert bench.ledger.record(1, 0, 9) is None
    assert [row.record for row in bench.reader.parked(1, 5)] == [b"event", b"event"]
    assert [row.record for row in bench.reader.dead_letters(1, 5)] == [b"event"]
    assert list(bench.ledger.unrecorded(1, 0, 99)) == [9]


def test_a_delivery_that_is_parked_again_keeps_its_record(bench: Bench) -> None:
    """Its event was gone from the log: the next attempt would have found nothing to send."""
    bench.ledger.commit(Tick(parked=[parked()], records=[(b"event", 1, 0, 5)]))
    bench.ledger.commit(Tick(parked=[parked(due_at=5000)]))
    assert list(bench.reader.parked(1, 5)) == [parked(due_at=5000)._replace(record=b"event")]


def test_a_dead_letter_takes_the_record_of_what_was_parked(bench: Bench) -> None:
    """Its event was gone from the log: the dead letter could never have been sent again."""
    bench.ledger.commit(Tick(parked=[parked()], records=[(b"event", 1, 0, 5)]))
    bench.ledger.commit(Tick(dead=[letter()], unparked=[(1, 0, 5, "a")]))
    assert list(bench.reader.dead_letters(1, 5)) == [letter()._replace(record=b"event")]
    assert bench.ledger.record(1, 0, 5) == b"event"
