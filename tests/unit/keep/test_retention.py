from __future__ import annotations

import pytest

from headgate.keep.retention import (
    DAY_MS,
    JUMP_MS,
    Policy,
    alarms,
    decide_floor,
    nearness,
)
from tests.unit.keep.kept import DAY, HOUR, manifest, sealed

NOW = 100 * DAY
WEEK = Policy()


def test_nothing_is_old_in_an_empty_log() -> None:
    assert decide_floor(manifest(), NOW, WEEK) == (0, 0)


def test_the_floor_is_the_end_of_the_newest_segment_that_is_too_old() -> None:
    log = manifest(
        sealed(10, NOW - 9 * DAY),
        sealed(20, NOW - 7 * DAY - 1),
        sealed(30, NOW - 7 * DAY),
        sealed(40, NOW - HOUR),
    )
    assert decide_floor(log, NOW, WEEK).position == 30
    assert decide_floor(log, NOW + 1, WEEK).position == 40
    assert decide_floor(log, NOW, Policy(age_ms=10 * DAY)).position == 0


def test_a_young_segment_protects_everything_behind_it() -> None:
    log = manifest(sealed(10, NOW - HOUR), sealed(20, NOW - 9 * DAY), sealed(30, NOW))
    assert decide_floor(log, NOW, WEEK).position == 0


def test_over_its_bytes_the_log_loses_its_oldest_segments() -> None:
    log = manifest(*(sealed(10 * n, NOW, length=100) for n in range(1, 6)))
    assert decide_floor(log, NOW, Policy(max_bytes=500)).position == 0
    assert decide_floor(log, NOW, Policy(max_bytes=499)).position == 20
    assert decide_floor(log, NOW, Policy(max_bytes=200)).position == 40
    assert decide_floor(log, NOW, Policy(max_bytes=0)).position == 60


def test_what_was_dropped_already_counts_no_bytes_and_moves_no_floor() -> None:
    log = manifest(
        sealed(10, NOW - 9 * DAY, kept=False), sealed(20, NOW, length=100), sealed(30, NOW)
    )
    assert decide_floor(log, NOW, Policy(max_bytes=200)).position == 0


def test_after_a_clock_that_ran_ahead_age_is_counted_by_receivedat() -> None:
    """appended_at never decreases: it stays in the future that the clock once told."""
    ahead = NOW + 30 * DAY
    log = manifest(
        sealed(10, ahead, received=NOW - 8 * DAY),
        sealed(20, ahead, received=NOW - 6 * DAY),
        sealed(30, ahead, received=NOW - HOUR),
    )
    floor = decide_floor(log, NOW, WEEK)
    assert floor.position == 20
    assert floor.jump_ms == 30 * DAY


def test_events_received_while_the_clock_ran_ahead_are_kept_longer_not_shorter() -> None:
    ahead = NOW + 30 * DAY
    log = manifest(sealed(10, ahead, received=ahead), sealed(20, ahead, received=NOW - HOUR))
    assert decide_floor(log, NOW, WEEK).position == 0


@pytest.mark.parametrize(("back", "jumps"), [(JUMP_MS, False), (JUMP_MS + 1, True)])
def test_a_clock_counts_as_jumped_from_one_minute_on(back: int, jumps: bool) -> None:  # noqa: FBT001
    log = manifest(sealed(10, NOW))
    assert bool(decide_floor(log, NOW - back, WEEK).jump_ms) is jumps


def test_an_idle_log_is_no_jumped_clock() -> None:
    log = manifest(sealed(10, NOW - 5 * DAY), sealed(20, NOW - 3 * DAY))
    assert decide_floor(log, NOW, WEEK) == (0, 0)


def test_a_lane_is_as_near_to_the_floor_as_its_oldest_unread_segment_is_old() -> None:
    log = manifest(sealed(10, NOW - 6 * DAY), sealed(20, NOW - 3 * DAY), sealed(30, NOW - HOUR))
    policy = Policy(age_ms=12 * DAY)
    assert nearness(log, 10, NOW, policy) == 0.5
    assert nearness(log, 19, NOW, policy) == 0.5
    assert nearness(log, 20, NOW, policy) == 0.25
    assert nearness(log, 40, NOW, policy) == 0.0


def test_a_lane_may_be_near_to_the_floor_by_bytes() -> None:
    log = manifest(*(sealed(10 * n, NOW - HOUR, length=100) for n in range(1, 6)))
    policy = Policy(max_bytes=500)
    assert [nearness(log, 10 * n, NOW, policy) for n in range(2, 6)] == [0.8, 0.6, 0.4, 0.2]


@pytest.mark.parametrize(
    ("age", "level"),
    [(4.9, None), (5, 0.5), (7.9, 0.5), (8, 0.8), (9.4, 0.8), (9.5, 0.95), (12, 0.95)],
)
def test_a_lane_alarms_at_50_80_and_95_percent(age: float, level: float | None) -> None:
    log = manifest(sealed(10, NOW - int(age * DAY)), sealed(20, NOW))
    raised = alarms(log, {"behind": 0, "in time": 20}, NOW, Policy(age_ms=10 * DAY))
    assert [(alarm.lane, alarm.level) for alarm in raised] == (
        [] if level is None else [("behind", level)]
    )


def test_the_defaults_are_seven_days() -> None:
    assert (WEEK.age_ms, WEEK.window_ms, DAY_MS) == (7 * DAY, 7 * DAY, DAY)
