from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.ledger.port import Tick
from headgate.ledger.queries import (
    AttemptFilter,
    mark,
)
from tests.contracts.ledgers import DAY, NOON, SqliteBench, attempt, begun

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.ledger.port import Attempt
    from tests.contracts.ledgers import Bench

HOUR = 3_600_000
OK = {"outcome": "delivered", "status": 200, "reason": "", "request": None, "response": None}
EVERY = AttemptFilter()

FIRST = attempt(5, at=NOON)
THEN = attempt(5, at=NOON + HOUR, prior=1)._replace(**OK)  # type: ignore[arg-type] # of the fields' own types
OTHER = attempt(6, "b", at=NOON + HOUR)._replace(status=404, outcome="discard", reason="http_404")
SECOND_LANE = attempt(6, at=NOON + 2 * HOUR, number=2)._replace(status=None, reason="timeout")
NEXT_DAY = attempt(9, at=NOON + DAY)._replace(**OK)  # type: ignore[arg-type]
NEWEST = [NEXT_DAY, SECOND_LANE, OTHER, THEN, FIRST]


def tried(bench: Bench) -> None:
    begun(bench)
    bench.ledger.commit(Tick(attempts=[FIRST, OTHER]))
    bench.ledger.commit(Tick(attempts=[SECOND_LANE, THEN]))
    bench.ledger.commit(Tick(attempts=[NEXT_DAY]))


def found(bench: Bench, which: AttemptFilter) -> list[Attempt]:
    return [each for _, each in bench.reader.find_attempts(which).attempts]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (EVERY, NEWEST),
        (AttemptFilter(lanes=frozenset({2})), [SECOND_LANE]),
        (AttemptFilter(lanes=frozenset()), []),
        (AttemptFilter(places=frozenset({(0, 5), (0, 9)})), [NEXT_DAY, THEN, FIRST]),
        (AttemptFilter(places=frozenset({(1, 5)})), []),
        (AttemptFilter(statuses=(500, 600)), [FIRST]),
        (AttemptFilter(statuses=(404, 405)), [OTHER]),
        (AttemptFilter(statuses=(200, 300)), [NEXT_DAY, THEN]),
        (AttemptFilter(outcome="retry"), [SECOND_LANE, FIRST]),
        (AttemptFilter(outcome="delivered"), [NEXT_DAY, THEN]),
        (AttemptFilter(subscription="b"), [OTHER]),
        (AttemptFilter(since=NOON + HOUR), NEWEST[:-1]),
        (AttemptFilter(until=NOON + HOUR), [FIRST]),
        (AttemptFilter(since=NOON + HOUR, until=NOON + DAY), [SECOND_LANE, OTHER, THEN]),
        (AttemptFilter(since=NOON + 3 * DAY), []),
        (AttemptFilter(lanes=frozenset({1}), outcome="retry", statuses=(503, 504)), [FIRST]),
        (AttemptFilter(limit=2), NEWEST[:2]),
    ],
)
def test_attempts_are_found_by_every_part_of_a_filter(
    bench: Bench, which: AttemptFilter, expected: list[Attempt]
) -> None:
    tried(bench)
    assert found(bench, which) == expected


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("which", [EVERY, AttemptFilter(outcome="retry")])
def test_a_list_goes_on_where_it_was_broken_off(
    bench: Bench, which: AttemptFilter, limit: int
) -> None:
    tried(bench)
    whole, pages = found(bench, which), []
    asked: AttemptFilter | None = which._replace(limit=limit)
    while asked is not None:
        page = bench.reader.find_attempts(asked)
        pages.append([each for _, each in page.attempts])
        asked = asked._replace(after=page.more) if page.more else None
    assert sum(pages, []) == whole  # noqa: RUF017 - a few short lists
    assert all(len(page) == limit for page in pages[:-1])
    assert 0 < len(pages[-1]) <= limit


def test_the_mark_of_an_attempt_counts_its_number(bench: Bench) -> None:
    begun(bench)
    same = attempt()._replace(request=None, response=None)
    for _ in range(3):
        bench.ledger.commit(Tick(attempts=[same]))
    newest, *_ = bench.reader.find_attempts(AttemptFilter(limit=1)).attempts
    assert mark(*newest).n == 3
    rest = bench.reader.find_attempts(AttemptFilter(after=mark(*newest)))
    assert [n for n, _ in rest.attempts] == [2, 1]
    assert rest.more is None


def test_an_attempt_that_ended_late_stands_in_its_own_time(bench: Bench) -> None:
    """It lies in the file of the next day."""
    begun(bench)
    bench.ledger.commit(Tick(attempts=[NEXT_DAY]))
    bench.ledger.commit(Tick(attempts=[FIRST]))
    assert found(bench, AttemptFilter(limit=1)) == [NEXT_DAY]
    assert found(bench, AttemptFilter(until=NOON + HOUR)) == [FIRST]


def test_failures_are_looked_up_and_not_searched_for(tmp_path: Path) -> None:
    """Among millions of deliveries of a day a search would take seconds."""
    bench = SqliteBench(tmp_path)
    tried(bench)
    writer = bench.ledger._attempts._writer
    plan = writer.execute(
        "explain query plan select * from attempts where status >= 500 and status < 600"
        " and (outcome <> 'delivered' or status is null or status >= 300) order by at desc"
    ).fetchall()
    assert any("attempts_failed" in row[-1] for row in plan)
    bench.ledger.close()
