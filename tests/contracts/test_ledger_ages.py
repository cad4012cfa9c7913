from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.ages import Ages
from headgate.ledger.port import (
    LETTER_BYTES,
    MOST_NAMES,
    OTHER,
    CommandRow,
    LedgerUnavailable,
    SeriesKey,
    Tick,
)
from headgate.ledger.queries import LetterFilter
from headgate.ledger.sqlite import SqliteLedger
from tests.contracts.ledgers import (
    DAY,
    NOON,
    SqliteBench,
    attempt,
    begun,
    image,
    lane,
    letter,
    numbers,
    opened,
)

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from tests.contracts.ledgers import Bench

ALL = LetterFilter(frozenset({1}))
AGES = Ages()
LATER = NOON + 31 * DAY
HOUR = 3_600_000
MANY = 10_000


def swept(
    bench: Bench, now: int = LATER, ages: Ages = AGES, commands: Container[str] | None = None
) -> int:
    """How many steps there were to do."""
    for steps in range(MANY):
        if not bench.ledger.sweep(now, ages, commands):
            return steps
    raise AssertionError("it never comes to an end")


def tallies(bench: Bench) -> dict[tuple[str, str], int]:
    (account,) = bench.reader.accounts()
    return {(cls, reason): n for cls, reason, n in account.tallies}


def left(bench: Bench) -> list[int]:
    return [row.id for row in bench.ledger.letters(ALL)]


def bury(bench: Bench, position: int, *subscriptions: str, at: int = NOON) -> None:
    """An event that is closed with a letter for each of its subscriptions."""
    tick = Tick(
        dead=[letter(position, each)._replace(at=at) for each in subscriptions],
        closings=[(1, 0, position, "dead_lettered", "http_400")],
    )
    tick.tally(1, "dead_lettered", "http_400")
    bench.ledger.commit(tick)


def test_a_fresh_ledger_has_nothing_to_sweep(bench: Bench) -> None:
    assert not bench.ledger.sweep(LATER, AGES)
    begun(bench)
    assert not bench.ledger.sweep(LATER, AGES)


def test_an_event_whose_letters_expired_is_counted_as_discarded(bench: Bench) -> None:
    begun(bench)
    bury(bench, 5, "a", "b")
    bury(bench, 6, "a", at=NOON + 2 * DAY)
    assert swept(bench, NOON + 30 * DAY) == 0
    assert swept(bench) == 1
    assert left(bench) == [3]
    assert tallies(bench) == {("dead_lettered", "http_400"): 1, ("discarded", "letter_expired"): 1}
    bench.reopen()
    assert swept(bench, LATER + 2 * DAY) == 1
    assert tallies(bench) == {("discarded", "letter_expired"): 2}


def test_an_event_is_dead_lettered_while_one_of_its_letters_is_left(bench: Bench) -> None:
    begun(bench)
    tick = Tick(dead=[letter(), letter(subscription="b")._replace(at=NOON + 9 * DAY)])
    tick.closings.append((1, 0, 5, "dead_lettered", "http_400"))
    tick.tally(1, "dead_lettered", "http_400")
    bench.ledger.commit(tick)
    swept(bench)
    assert left(bench) == [2]
    assert tallies(bench) == {("dead_lettered", "http_400"): 1}
    swept(bench, LATER + 9 * DAY)
    assert tallies(bench) == {("discarded", "letter_expired"): 1}


def test_letters_that_were_sent_again_go_without_a_trace_in_the_account(bench: Bench) -> None:
    begun(bench)
    bury(bench, 5, "a")
    tick = Tick(redriven=[(1, NOON)], closings=[(1, 0, 5, "delivered", "")])
    tick.tally(1, "dead_lettered", "http_400", -1)
    tick.tally(1, "delivered", "")
    bench.ledger.commit(tick)
    assert swept(bench) == 1
    assert left(bench) == []
    assert tallies(bench) == {("delivered", ""): 1}


def test_a_letter_that_was_sent_again_in_vain_leaves_the_event_to_the_new_one(
    bench: Bench,
) -> None:
    begun(bench)
    bury(bench, 5, "a")
    again = letter()._replace(reason="http_404", at=NOON + 9 * DAY)
    tick = Tick(
        redriven=[(1, NOON)], dead=[again], closings=[(1, 0, 5, "dead_lettered", "http_404")]
    )
    tick.tally(1, "dead_lettered", "http_400", -1)
    tick.tally(1, "dead_lettered", "http_404")
    bench.ledger.commit(tick)
    swept(bench)
    assert left(bench) == [2]
    assert tallies(bench) == {("dead_lettered", "http_404"): 1}
    swept(bench, LATER + 9 * DAY)
    assert tallies(bench) == {("discarded", "letter_expired"): 1}


def test_letters_of_an_event_that_is_open_wait(bench: Bench) -> None:
    """Their event would close as dead-lettered afterwards, without any letter."""
    begun(bench)
    bench.ledger.commit(Tick(dead=[letter()], opened=[opened()]))
    assert swept(bench) == 0
    tick = Tick(closed=[(1, 0, 5)], closings=[(1, 0, 5, "dead_lettered", "http_400")])
    tick.tally(1, "dead_lettered", "http_400")
    bench.ledger.commit(tick)
    assert swept(bench) == 1
    assert tallies(bench) == {("discarded", "letter_expired"): 1}


def test_the_oldest_letters_beyond_the_quota_go(bench: Bench) -> None:
    begun(bench)
    for at, position in enumerate((5, 6, 7)):
        bury(bench, position, "a", at=NOON + at)
    weight = LETTER_BYTES + len(b"sample")
    assert swept(bench, NOON, Ages(dead_letter_bytes=3 * weight)) == 0
    assert swept(bench, NOON, Ages(dead_letter_bytes=3 * weight - 1)) == 1
    assert left(bench) == [2, 3]
    bench.ledger.commit(Tick(records=[(b"record", 1, 0, 7)]))
    assert swept(bench, NOON, Ages(dead_letter_bytes=2 * weight + len(b"record"))) == 0
    assert swept(bench, NOON, Ages(dead_letter_bytes=2 * weight)) == 1
    assert left(bench) == [3]
    assert tallies(bench) == {("dead_lettered", "http_400"): 1, ("discarded", "over_quota"): 2}


def test_no_quota_keeps_all(bench: Bench) -> None:
    begun(bench)
    bury(bench, 5, "a")
    assert swept(bench, NOON, Ages(dead_letter_bytes=0)) == 0


def test_many_letters_go_in_small_steps(bench: Bench) -> None:
    begun(bench)
    for position in range(120):
        bury(bench, position, "a", at=NOON + position)
    assert swept(bench) == 6
    assert tallies(bench) == {("discarded", "letter_expired"): 120}


def test_a_sweep_that_is_refused_changes_nothing(bench: Bench) -> None:
    begun(bench)
    bury(bench, 5, "a")
    before = image(bench.ledger, bench.reader)
    bench.refuse("tallies")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.sweep(LATER, AGES)
    bench.accept()
    assert image(bench.ledger, bench.reader) == before
    assert swept(bench) == 1


def test_days_of_attempts_that_are_too_old_go_as_a_whole(bench: Bench) -> None:
    begun(bench)
    bench.ledger.commit(Tick(attempts=[attempt()]))
    bench.ledger.commit(Tick(attempts=[attempt(at=NOON + DAY, prior=1)]))
    assert swept(bench, NOON + 8 * DAY) == 0
    assert swept(bench, NOON + 9 * DAY) == 1
    assert numbers(bench.reader) == [2]
    assert swept(bench, NOON + 9 * DAY, Ages(retention_days=9)) == 0
    assert swept(bench, NOON + 10 * DAY, Ages(attempts_days=3)) == 1
    assert numbers(bench.reader) == []
    bench.ledger.commit(Tick(attempts=[attempt(at=NOON + 10 * DAY, prior=2)]))
    assert numbers(bench.reader) == [3]


def test_results_go_when_nobody_may_give_their_command_again(bench: Bench) -> None:
    begun(bench)
    for name in ("cmd_1", "cmd_2"):
        bench.ledger.commit(Tick(commands=[CommandRow(name, 1, NOON, "{}")]))
    assert swept(bench, NOON + 91 * DAY) == 0
    assert swept(bench, NOON + 90 * DAY, commands=()) == 0
    assert swept(bench, NOON + 91 * DAY, commands={"cmd_2"}) == 1
    assert bench.ledger.done_commands() == {"cmd_2"}


def key(ms: int, name: str = "Paid", cls: str = "delivered") -> SeriesKey:
    return SeriesKey(1, ms // 60_000, cls, "", "track", name)


FIRST_HOUR = NOON // HOUR * HOUR
COUNTS = [1, 0, 0, 2, 0, 0, 0, 1]


def test_minutes_become_hours_and_hours_days_and_then_they_go(bench: Bench) -> None:
    for minutes in (0, 1, 59, 60):
        bench.ledger.commit(Tick(series={key(FIRST_HOUR + minutes * 60_000): [*COUNTS]}))
    assert swept(bench, FIRST_HOUR + 48 * HOUR) == 0
    assert swept(bench, FIRST_HOUR + 49 * HOUR) == 1
    assert bench.series() == {key(FIRST_HOUR + HOUR): COUNTS}
    assert bench.series("hours") == {key(FIRST_HOUR): [3 * n for n in COUNTS]}
    bench.ledger.commit(Tick(series={key(FIRST_HOUR + 60_000): [*COUNTS]}))
    assert swept(bench, FIRST_HOUR + 50 * HOUR) == 1
    assert bench.series("hours") == {
        key(FIRST_HOUR): [4 * n for n in COUNTS],
        key(FIRST_HOUR + HOUR): COUNTS,
    }
    assert swept(bench, FIRST_HOUR + 32 * DAY) == 1
    day = FIRST_HOUR // DAY * DAY
    assert bench.series("hours") == {}
    assert sum(map(sum, bench.series("days").values())) == 5 * sum(COUNTS)
    assert {row.minute * 60_000 for row in bench.series("days")} <= {day, day + DAY}
    assert swept(bench, FIRST_HOUR + 402 * DAY) == 1
    assert bench.series("days") == {}


def test_names_beyond_the_most_share_one_row_of_the_hour(bench: Bench) -> None:
    half = MOST_NAMES // 2
    for minute, names in enumerate((range(half), range(half, 3 * half), range(3))):
        at = FIRST_HOUR + minute * 60_000
        counts = {key(at, f"n{name:03}"): [name + 1, *[0] * 7] for name in names}
        bench.ledger.commit(Tick(series=counts | {key(at, OTHER): [5, *[0] * 7]}))
    before = sum(map(sum, bench.series().values()))
    assert swept(bench, FIRST_HOUR + 49 * HOUR) >= 1
    hours = bench.series("hours")
    assert sum(map(sum, hours.values())) == before
    assert len(hours) == MOST_NAMES + 1
    kept = {row.event_name for row in hours}
    often = {f"n{name:03}" for name in (*range(half), *range(2 * half, 3 * half))}
    assert kept == {OTHER, *often}, "the names that came most often are kept"


def test_deleting_series_or_attempts_changes_no_balance(bench: Bench) -> None:
    begun(bench)
    bury(bench, 5, "a")
    tick = Tick(attempts=[attempt()], series={key(FIRST_HOUR): [*COUNTS]})
    tick.tally(1, "delivered", "", 3)
    bench.ledger.commit(tick)
    before = image(bench.ledger, bench.reader)
    assert swept(bench, NOON + 500 * DAY, Ages(dead_letter_days=1000)) == 4
    assert bench.series() == bench.series("hours") == bench.series("days") == {}
    assert numbers(bench.reader) == []
    assert image(bench.ledger, bench.reader) == before


def gone(bench: SqliteBench) -> list[str]:
    return sorted(path.name for path in bench.folder.root.glob("attempts-*"))


@pytest.mark.parametrize("dies", [False, True])
def test_a_file_that_is_dropped_is_removed_by_the_next_sync(tmp_path: Path, dies: bool) -> None:  # noqa: FBT001
    """Removing a large file takes long: the loop only hides it."""
    bench = SqliteBench(tmp_path)
    begun(bench)
    bench.ledger.commit(Tick(attempts=[attempt()]))
    bench.ledger.sync()
    assert swept(bench, NOON + 9 * DAY) == 1
    (hidden,) = gone(bench)
    assert hidden.endswith(".gone")
    if dies:
        bench.ledger = SqliteLedger(bench.folder)
        bench.ledger.commit(Tick(lanes=[lane()]))
    bench.ledger.sync()
    assert gone(bench) == []
    bench.ledger.close()


def test_files_of_a_process_that_is_no_more_go_two_days_later(tmp_path: Path) -> None:
    bench = SqliteBench(tmp_path)
    begun(bench)
    other = SqliteLedger(bench.folder, process=1)
    other.commit(Tick(attempts=[attempt()]))
    other.close()
    assert swept(bench, NOON + 10 * DAY) == 0
    assert swept(bench, NOON + 11 * DAY) == 1
    assert numbers(bench.reader) == []
    bench.ledger.close()
