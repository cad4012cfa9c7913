from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.ledger.port import (
    CommandRow,
    LedgerUnavailable,
    Letter,
    Tick,
)
from headgate.ledger.queries import LetterFilter, LetterMark
from tests.contracts.ledgers import NOON, attempt, begun, lane, letter, opened, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.contracts.ledgers import Bench

ALL = LetterFilter(frozenset({1}))
MINUTE = 60_000


def numbers(letters: Sequence[Letter]) -> list[int]:
    return [row.id for row in letters]


def buried(bench: Bench) -> None:
    """Five letters of four events: ids 1 to 5."""
    begun(bench)
    bench.ledger.commit(Tick(lanes=[lane(2)], places=[place(2)]))
    second = letter(6)._replace(reason="http_404", status=404, at=NOON + MINUTE, message_id="m6")
    third = letter(7)._replace(reason="mapping_error", status=None, at=NOON + 2 * MINUTE)
    bench.ledger.commit(Tick(dead=[letter(), letter(subscription="b"), second]))
    bench.ledger.commit(Tick(dead=[third, letter(8)._replace(lane=2, message_id="m8")]))


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (ALL, [1, 2, 3, 4]),
        (LetterFilter(frozenset({1, 2})), [1, 2, 3, 4, 5]),
        (LetterFilter(frozenset()), []),
        (ALL._replace(reason="http_400"), [1, 2]),
        (ALL._replace(status=404), [3]),
        (ALL._replace(subscription="b"), [2]),
        (ALL._replace(since=NOON + MINUTE), [3, 4]),
        (ALL._replace(until=NOON + MINUTE), [1, 2]),
        (ALL._replace(since=NOON + MINUTE, until=NOON + 2 * MINUTE), [3]),
        (ALL._replace(message_ids=frozenset({"m6", "m8", "m9"})), [3]),
        (ALL._replace(message_ids=frozenset()), []),
        (ALL._replace(is_redriven=True), []),
        (ALL._replace(is_redriven=False), [1, 2, 3, 4]),
        (ALL._replace(limit=2), [1, 2]),
        (ALL._replace(limit=2, after=2), [3, 4]),
        (ALL._replace(newest_first=True), [4, 3, 2, 1]),
        (ALL._replace(newest_first=True, limit=1), [4]),
        (ALL._replace(newest_first=True, limit=2, before=LetterMark(NOON, 1, 3)), [2, 1]),
        (ALL._replace(newest_first=True, before=LetterMark(NOON + MINUTE, 1, 3)), [2, 1]),
        (ALL._replace(newest_first=True, before=LetterMark(NOON, 1, 1)), []),
        (
            LetterFilter(
                frozenset({1, 2}), newest_first=True, before=LetterMark(NOON + 2 * MINUTE, 1, 4)
            ),
            [3, 5, 2, 1],
        ),
    ],
)
def test_letters_are_found_by_every_part_of_a_filter(
    bench: Bench, which: LetterFilter, found: list[int]
) -> None:
    buried(bench)
    assert numbers(bench.ledger.letters(which)) == found
    assert numbers(bench.reader.letters(which)) == found


def test_a_letter_says_whether_it_was_sent_again_and_as_what_its_event_closed(
    bench: Bench,
) -> None:
    buried(bench)
    closing = (1, 0, 5, "dead_lettered", "http_400")
    bench.ledger.commit(Tick(redriven=[(2, NOON + 9)], closings=[closing]))
    bench.reopen()
    first, second, other, *_ = bench.ledger.letters(ALL)
    assert first == Letter(1, letter(), "dead_lettered", "http_400")
    assert second == Letter(2, letter(subscription="b"), "dead_lettered", "http_400", NOON + 9)
    assert other[2:] == ("", "", None)
    assert numbers(bench.ledger.letters(ALL._replace(is_redriven=True))) == [2]
    bench.ledger.commit(Tick(closings=[(1, 0, 5, "delivered", "")]))
    assert {row.closed_class for row in bench.ledger.letters(ALL._replace(limit=2))} == {
        "delivered"
    }


def test_a_letter_and_the_closing_of_its_event_may_come_in_one_tick(bench: Bench) -> None:
    begun(bench)
    closing = (1, 0, 5, "dead_lettered", "http_400")
    bench.ledger.commit(Tick(dead=[letter()], closings=[closing]))
    assert [*bench.ledger.letters(ALL)] == [Letter(1, letter(), *closing[3:])]


def test_an_event_that_is_opened_again_takes_its_tally_back(bench: Bench) -> None:
    begun(bench)
    closed = Tick(dead=[letter()])
    closed.tally(1, "dead_lettered", "http_400")
    bench.ledger.commit(closed)
    again = Tick(opened=[opened()], redriven=[(1, NOON)])
    again.tally(1, "dead_lettered", "http_400", -1)
    bench.ledger.commit(again)
    (account,) = bench.reader.accounts()
    assert [*account.tallies] == []
    assert account.opened == 1
    assert bench.ledger.opened_row(1, 0, 5) == opened()
    assert bench.ledger.opened_row(1, 0, 6) is bench.ledger.opened_row(2, 0, 5) is None
    assert bench.reader.open_positions(1, 0, 5, 6) == {5}
    assert bench.reader.open_positions(1, 0, 6, 9) == bench.reader.open_positions(2, 0, 0, 9)


def test_a_redrive_that_is_refused_changes_nothing_of_it(bench: Bench) -> None:
    buried(bench)
    tick = Tick(
        opened=[opened()],
        redriven=[(1, NOON)],
        closings=[(1, 0, 6, "dead_lettered", "http_404")],
        commands=[CommandRow("cmd_1", 1, NOON, "{}")],
    )
    tick.tally(1, "dead_lettered", "http_400", -1)
    before = [*bench.ledger.letters(ALL)]
    bench.refuse("commands")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.commit(tick)
    bench.accept()
    assert [*bench.ledger.letters(ALL)] == before
    assert bench.ledger.opened_row(1, 0, 5) is None
    assert bench.ledger.done_commands() == frozenset()
    bench.ledger.commit(tick)
    assert numbers(bench.ledger.letters(ALL._replace(is_redriven=True))) == [1]


def test_the_last_result_of_a_command_counts(bench: Bench) -> None:
    begun(bench)
    rows = [CommandRow("cmd_1", 1, NOON, '{"redriven": 2}'), CommandRow("rpl_2", 1, NOON, "{}")]
    bench.ledger.commit(Tick(commands=rows))
    later = CommandRow("rpl_2", 1, NOON + 5, '{"ended": true}')
    bench.ledger.commit(Tick(commands=[later]))
    bench.reopen()
    assert bench.ledger.done_commands() == {"cmd_1", "rpl_2"}
    assert bench.reader.command("cmd_1") == rows[0]
    assert bench.reader.command("rpl_2") == later
    assert bench.reader.command("cmd_9") is None


def test_deliveries_are_known_from_the_attempts_of_every_day(bench: Bench) -> None:
    begun(bench)
    done = {"outcome": "delivered", "status": 200}
    first = [attempt(5), attempt(5, "b")._replace(**done), attempt(9)._replace(**done)]  # type: ignore[arg-type] # of the fields' own types
    bench.ledger.commit(Tick(attempts=first))
    next_day = attempt(5, prior=1, at=NOON + 2 * 86_400_000)._replace(**done)  # type: ignore[arg-type]
    bench.ledger.commit(Tick(attempts=[next_day, attempt(6), attempt(7, number=2)]))
    for side in (bench.ledger, bench.reader):
        assert side.tried(frozenset({1}), 0, 5, 9) == {(5, "a"), (5, "b"), (6, "a")}
        assert side.delivered(frozenset({1}), 0, 5, 9) == {(5, "a"), (5, "b")}
        assert side.delivered(frozenset({1}), 0, 0, 10) == {(5, "a"), (5, "b"), (9, "a")}
        assert side.tried(frozenset({1, 2}), 0, 7, 9) == {(7, "a")}
        assert side.tried(frozenset({1}), 1, 0, 99) == side.tried(frozenset(), 0, 0, 99) == set()


def test_whom_a_sample_is_about_is_kept_with_it(bench: Bench) -> None:
    about = attempt()._replace(subjects=b"12345678abcdefgh")
    bench.ledger.commit(Tick(attempts=[about]))
    assert [each.subjects for _, each in bench.reader.attempts(1, 5)] == [b"12345678abcdefgh"]
