from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from headgate.deliver.headroom import LATE_SECONDS, Headroom

if TYPE_CHECKING:
    from headgate.deliver.lane import Lane


def lane(*, gate: int = 1, is_live: bool = True, is_behind: bool = False) -> Lane:
    """As much of a lane as is looked at."""
    return cast(
        "Lane",
        SimpleNamespace(
            row=SimpleNamespace(gate=gate),
            is_live=is_live,
            is_caught_up=not is_behind,
            ready=(),
            batches=SimpleNamespace(is_ready=False),
        ),
    )


def behind(headroom: Headroom, gate: int = 1) -> Lane:
    live = lane(gate=gate, is_behind=True)
    headroom.looked(live)
    return live


def served(headroom: Headroom, live: Lane, replay: Lane, requests: int) -> int:
    """Of so many requests, those that the replay may make; the others are live ones."""
    count = 0
    for _ in range(requests):
        if headroom.allows(replay):
            headroom.sent(replay)
            count += 1
        else:
            headroom.sent(live)
    return count


REPLAY = lane(is_live=False)


def test_a_replay_has_all_that_live_events_leave() -> None:
    headroom = Headroom(0.05)
    headroom.looked(lane())
    assert served(headroom, lane(), REPLAY, 1000) == 1000


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_while_live_events_wait_a_replay_has_its_share(share: float) -> None:
    headroom = Headroom(share)
    assert served(headroom, behind(headroom), REPLAY, 10_000) == pytest.approx(
        10_000 * share, abs=2
    )


def test_a_share_of_one_lets_replays_alone() -> None:
    headroom = Headroom(1.0)
    live = behind(headroom)
    headroom.sent(live)
    assert served(headroom, live, REPLAY, 100) >= 60


def test_live_events_that_wait_elsewhere_do_not_matter() -> None:
    headroom = Headroom(0.05)
    behind(headroom, gate=2)
    assert headroom.allows(REPLAY)


def test_what_was_earned_is_not_saved_without_end() -> None:
    """After a day without a replay the next one must not go first for an hour."""
    headroom = Headroom(0.05)
    live = behind(headroom)
    for _ in range(20_000):
        headroom.sent(live)
    assert served(headroom, live, REPLAY, 200) <= 64 + 10


def test_a_live_lane_that_has_caught_up_is_waited_for_no_more() -> None:
    headroom = Headroom(0.05)
    behind(headroom)
    before = headroom.allows(REPLAY)
    headroom.looked(lane())
    assert (before, headroom.allows(REPLAY)) == (False, True)


def test_a_live_lane_that_has_ended_is_waited_for_no_more() -> None:
    headroom = Headroom(0.05)
    headroom.forget(behind(headroom))
    assert headroom.allows(REPLAY)


def test_in_a_process_that_is_late_with_everything_replays_give_way_to_all_live_events() -> None:
    headroom = Headroom(0.05)
    live = behind(headroom, gate=2)
    for _ in range(100):
        headroom.was_late(LATE_SECONDS * 2)
    assert served(headroom, live, REPLAY, 1000) == pytest.approx(50, abs=2)
    for _ in range(100):
        headroom.was_late(0.0)
    assert headroom.allows(REPLAY)


def test_one_late_timer_is_no_lateness() -> None:
    headroom = Headroom(0.05)
    behind(headroom, gate=2)
    headroom.was_late(LATE_SECONDS * 5)
    assert headroom.allows(REPLAY)
