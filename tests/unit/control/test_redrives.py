"""Which dead letters a redrive means, counted before it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.commands import Desk, Target, target_of
from headgate.control.errors import Refused
from headgate.control.redrives import MOST_MESSAGES, Redriven, args_of, count
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import (
    REPLAY_LANES,
    DeadLetter,
    LaneRow,
    Tick,
)
from headgate.ledger.queries import LetterFilter
from headgate.store.database import open_store
from tests.unit.control.pretend import EXAMPLE
from tests.unit.control.recorded import NOW, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headgate.folder import DataFolder

REPLAYED, ENDED, OTHER = REPLAY_LANES + 1, REPLAY_LANES + 2, 7


@pytest.fixture
def target(folder: DataFolder, apply: Callable[..., object]) -> Iterator[Target]:
    apply(EXAMPLE)
    with open_store(folder) as store:
        yield target_of(Desk(store, MemoryLedger(), NOW, 90), "hook")


@pytest.fixture
def ledger(target: Target) -> MemoryLedger:
    """Events 1 to 6 of the live lane with two letters each, and one letter in other lanes.

    One more letter was sent again already.
    """
    made = MemoryLedger()
    mine = target.connection.subscriptions[0].id
    rows = [
        LaneRow(1, 1, "ws", 1, 1),
        LaneRow(REPLAYED, 1, "ws", 1, 1, "replay", "rpl_1"),
        LaneRow(ENDED, 1, "ws", 1, 1, "replay", "rpl_2", "ended"),
        LaneRow(OTHER, OTHER, "ws", OTHER, 1),
    ]
    letters = [
        letter(1, at, subscription, f"http_{400 + at}", 400 + at)
        for at in range(1, 7)
        for subscription in (mine, "sub_gone")
    ]
    letters += [letter(lane, 3, mine, "validation", None) for lane in (REPLAYED, ENDED, OTHER)]
    letters.append(letter(1, 9, mine, "http_500", 500))
    made.commit(Tick(lanes=rows, dead=letters))
    last = max(each.id for each in made.letters(LetterFilter(frozenset({1}))))
    made.commit(Tick(redriven=[(last, NOW)]))
    return made


def letter(lane: int, at: int, subscription: str, reason: str, status: int | None) -> DeadLetter:
    return DeadLetter(lane, 0, at, subscription, f"m{at}", 1, b"", reason, status, 1, NOW + at)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (12, 6)),
        ({"reason": "http_402"}, (2, 1)),
        ({"reason": "validation"}, (1, 1)),
        ({"status": 404}, (2, 1)),
        ({"subscription": "Everything"}, (6, 6)),
        ({"since": NOW + 5}, (4, 2)),
        ({"until": NOW + 2}, (2, 1)),
        ({"message_ids": ["m1", "m3", "nobody"]}, (4, 2)),
        ({"status": 404, "reason": "http_402"}, (0, 0)),
    ],
)
def test_a_redrive_means_letters_that_meet_everything(
    ledger: MemoryLedger, target: Target, asked: dict[str, Any], expected: tuple[int, int]
) -> None:
    args = args_of(Redriven("hook", **asked), target)
    found = count(ledger, target, args)
    assert (found.deliveries, found.events) == expected


def test_what_a_replay_has_delivered_is_not_sent_again(
    ledger: MemoryLedger, target: Target
) -> None:
    mine = target.connection.subscriptions[0].id
    tried(ledger, 4, mine, "delivered", lane=ENDED)
    tried(ledger, 5, mine, "discard", lane=ENDED)
    found = count(ledger, target, args_of(Redriven("hook"), target))
    assert (found.deliveries, found.events) == (11, 6)


def test_a_subscription_is_named_or_told_by_its_id(target: Target) -> None:
    (mine,) = target.connection.subscriptions
    for given in ("Everything", mine.id):
        assert args_of(Redriven("hook", subscription=given), target)["subscription"] == mine.id
    with pytest.raises(Refused, match="hook has no subscription All; there is Everything"):
        args_of(Redriven("hook", subscription="All"), target)


def test_all_arguments_are_there_and_null_where_they_select_nothing(target: Target) -> None:
    assert args_of(Redriven("hook", rate=2), target) == {
        "reason": None,
        "status": None,
        "subscription": None,
        "since": None,
        "until": None,
        "message_ids": None,
        "rate": 2,
    }


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"rate": 0.0}, "a rate of 0 cannot be kept"),
        ({"message_ids": ["m"] * (MOST_MESSAGES + 1)}, "1001 messages are more than one command"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    target: Target, asked: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Refused, match=problem):
        args_of(Redriven("hook", **asked), target)
