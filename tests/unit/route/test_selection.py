from __future__ import annotations

from typing import Any

import pytest

from headgate.route.selection import ALREADY, NOT_SELECTED, Selection, left
from headgate.trigger import TriggerError

ORDER: dict[str, Any] = {"type": "track", "event": "Order Completed", "properties": {"total": 9.5}}
SIGNUP: dict[str, Any] = {"type": "track", "event": "Signed Up", "properties": {}}
HOME = {"type": "page", "name": "Home", "event": "Order Completed"}
USER = {"type": "identify", "userId": "u1"}
EVENTS = [ORDER, SIGNUP, HOME, USER]


def selected(**asked: Any) -> list[dict[str, Any]]:
    selection = Selection(**asked)
    return [event for event in EVENTS if selection.selects(event)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, EVENTS),
        ({"types": ["track"]}, [ORDER, SIGNUP]),
        ({"types": ["page", "identify"]}, [HOME, USER]),
        ({"events": ["Order Completed"]}, [ORDER]),
        ({"events": ["Home"]}, [HOME]),
        ({"types": ["page"], "events": ["Order Completed"]}, []),
        ({"filter": "properties.total > 5"}, [ORDER]),
        ({"types": ["track"], "filter": "properties.total > 50"}, []),
        ({"types": ["alias"]}, []),
    ],
)
def test_every_condition_that_is_given_must_hold(
    asked: dict[str, Any], expected: list[dict[str, Any]]
) -> None:
    assert selected(**asked) == expected


@pytest.mark.parametrize("name", [None, 7, ["Order Completed"], {"a": 1}])
def test_a_name_of_any_shape_selects_nothing(name: Any) -> None:
    assert not Selection(events=["7"]).selects({"type": "track", "event": name})


def test_a_span_includes_its_start_and_not_its_end() -> None:
    selection = Selection(since=1_000, until=2_000)
    assert [at for at in (999, 1_000, 1_999, 2_000) if selection.covers(at)] == [1_000, 1_999]
    assert Selection().covers(0)


def test_the_arguments_of_a_command_make_a_selection() -> None:
    args = {"types": ["track"], "events": [], "filter": None, "since": 5, "until": None}
    selection = Selection.of(args)
    assert not selection.covers(4)
    assert (selection.selects(ORDER), selection.selects(USER)) == (True, False)


def test_a_filter_that_does_not_compile_is_refused_at_once() -> None:
    with pytest.raises(TriggerError):
        Selection(filter="properties.total >")


BOTH = ("a", "b")


@pytest.mark.parametrize(
    ("only", "again", "delivered", "tried", "expected"),
    [
        ("all", False, "", "", ("a", "b")),
        ("all", False, "a", "a", ("b",)),
        ("all", False, "ab", "ab", ALREADY),
        ("all", True, "ab", "ab", ("a", "b")),
        ("failed", False, "", "", NOT_SELECTED),
        ("failed", False, "a", "ab", ("b",)),
        ("failed", False, "a", "a", ALREADY),
        ("failed", True, "a", "ab", ("b",)),
        ("failed", True, "ab", "ab", ALREADY),
    ],
)
def test_nothing_that_succeeded_is_sent_unless_it_was_asked_for_again(
    only: Any, again: Any, delivered: str, tried: str, expected: Any
) -> None:
    told = left(
        7,
        BOTH,
        delivered={(7, each) for each in delivered} | {(8, "a")},
        tried={(7, each) for each in tried} | {(8, "b")},
        only=only,
        again=again,
    )
    assert told == ((expected, "") if isinstance(expected, tuple) else ((), expected))
