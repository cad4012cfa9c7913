from __future__ import annotations

import msgspec
import pytest
import typer

from headgate.cli.deliveries import _outcome, _statuses
from headgate.control.errors import Refused
from headgate.control.observing.deliveries import connection_of, read_mark, written
from headgate.ledger.queries import Mark
from headgate.store.snapshot import Snapshot
from tests.simulation.setting import Joined, snapshot

EVENTS = {"all": frozenset({"Paid"})}
NOW = snapshot([Joined(1, 1, EVENTS), Joined(2, 1, EVENTS)])


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), ("503", (503, 504)), ("5xx", (500, 600)), ("2xx", (200, 300))],
)
def test_a_status_is_one_or_a_class(given: str | None, expected: tuple[int, int] | None) -> None:
    assert _statuses(given) == expected


@pytest.mark.parametrize("given", ["", "6xx", "50", "5x", "600", "5000", "x", "-1"])
def test_what_is_no_status_is_wrong_use(given: str) -> None:
    with pytest.raises(typer.BadParameter, match="503, or 5xx"):
        _statuses(given)


def test_an_outcome_is_one_of_those_there_are() -> None:
    assert [_outcome(each) for each in (None, "delivered", "retry")] == [None, "delivered", "retry"]
    with pytest.raises(typer.BadParameter, match="none of delivered, retry"):
        _outcome("Delivered")


def test_a_mark_is_read_as_it_was_written() -> None:
    mark = Mark(1_790_000_000_000, 0, 1 << 60, 3, "sub_1,2", 4)
    assert read_mark(written(mark)) == mark


@pytest.mark.parametrize("given", ["", "1,2,3", "1,2,3,4,x,sub"])
def test_what_is_no_mark_says_where_to_take_one_from(given: str) -> None:
    with pytest.raises(ValueError, match="take it from `more`"):
        read_mark(given)


def test_a_connection_is_named_by_its_slug_or_its_id() -> None:
    assert connection_of(NOW, "hook-2") is connection_of(NOW, "connection-2")
    with pytest.raises(Refused, match="there are: hook-1, hook-2"):
        connection_of(NOW, "hook-3")
    with pytest.raises(Refused, match="there are: none"):
        connection_of(Snapshot(0, {}, {}), "hook-1")


def test_a_slug_of_several_workspaces_must_be_told_apart() -> None:
    one, other = NOW.connections.values()
    same = msgspec.structs.replace(other, slug="hook-1")
    twice = Snapshot(1, NOW.sources, {1: one, 2: same})
    with pytest.raises(Refused, match=r"by its id \(connection-1, connection-2\)"):
        connection_of(twice, "hook-1")
