"""When a connection is paused, and when it is not."""

from __future__ import annotations

import pytest

from headgate.deliver.gate import Gate
from headgate.deliver.retry_policy import Blame
from headgate.policy import DeliveryPolicy

HOUR, DAY = 3600.0, 86_400.0


def made() -> Gate:
    return Gate(DeliveryPolicy(), lambda: 0.5)


def told(gate: Gate, blame: Blame, *at: float) -> list[str]:
    """The reasons that such results gave, at these moments."""
    return [reason for now in at if (reason := gate.ended(blame, 0.1, now))]


@pytest.mark.parametrize(
    ("blame", "count", "reason"),
    [
        (Blame.REFUSED, 10, "auth_failed"),
        (Blame.FORBIDDEN, 10, "auth_failed"),
        (Blame.MOVED, 50, "redirected"),
        (Blame.BLOCKED, 10, "blocked_address"),
        (Blame.GONE, 1, "gone"),
        (Blame.PAYMENT, 1, "payment_required"),
        (Blame.PROXY, 1, "proxy_refused"),
    ],
)
def test_so_many_in_a_row_pause_it(blame: Blame, count: int, reason: str) -> None:
    gate = made()
    assert told(gate, blame, *[100.0] * (count - 1)) == []
    assert gate.paused == ""
    assert told(gate, blame, 100.0) == [reason]
    assert gate.paused == reason
    assert not gate.admits(1e9, is_retry=False, fresh_waits=False)
    assert gate.wakes_at(100.0) is None
    assert told(gate, blame, 100.0) == [], "it is told once"


@pytest.mark.parametrize(
    ("blame", "count"), [(Blame.REFUSED, 10), (Blame.MOVED, 50), (Blame.BLOCKED, 10)]
)
def test_a_success_between_ends_the_row(blame: Blame, count: int) -> None:
    gate = made()
    for _ in range(3):
        told(gate, blame, *[100.0] * (count - 1))
        gate.ended(Blame.SUCCESS, 0.1, 100.0)
    assert gate.paused == ""


@pytest.mark.parametrize(
    ("blame", "seconds", "count", "reason"),
    [
        (Blame.REFUSED, 120, 2, "auth_failed"),
        (Blame.BLOCKED, 120, 2, "blocked_address"),
        (Blame.MISSING, 600, 10, "not_found"),
        (Blame.UNREACHABLE_NAME, 24 * HOUR, 2, "unreachable"),
        (Blame.FAILURE, 5 * DAY, 2, "no_success"),
        (Blame.TIMEOUT, 5 * DAY, 2, "no_success"),
    ],
)
def test_nothing_else_for_so_long_pauses_it(
    blame: Blame, seconds: float, count: int, reason: str
) -> None:
    gate, first = made(), 1000.0
    told(gate, blame, *[first] * (count - 1))
    assert told(gate, blame, first + seconds - 1) == []
    assert told(gate, blame, first + seconds) == [reason]


@pytest.mark.parametrize(
    ("blame", "seconds"),
    [(Blame.REFUSED, 120), (Blame.MISSING, 600), (Blame.UNREACHABLE_NAME, 24 * HOUR)],
)
def test_a_success_between_begins_the_time_anew(blame: Blame, seconds: float) -> None:
    gate = made()
    told(gate, blame, *[1000.0] * 9)
    gate.ended(Blame.SUCCESS, 0.1, 1001.0)
    assert told(gate, blame, 1002.0, 1001.0 + seconds) == []


def test_few_events_that_are_not_found_are_no_address_that_is_gone() -> None:
    gate = made()
    assert told(gate, Blame.MISSING, *(1000.0 + n * 600 for n in range(9))) == []


def test_another_answer_shows_that_the_address_is_there() -> None:
    gate = made()
    told(gate, Blame.MISSING, *[1000.0] * 20)
    told(gate, Blame.NEUTRAL, 1300.0)
    assert told(gate, Blame.MISSING, *[1700.0] * 20) == []


def test_other_answers_do_not_show_that_credentials_are_accepted() -> None:
    gate = made()
    for _ in range(9):
        told(gate, Blame.REFUSED, 1000.0)
        told(gate, Blame.NEUTRAL, 1000.0)
    assert told(gate, Blame.REFUSED, 1000.0) == ["auth_failed"]


@pytest.mark.parametrize(
    ("blame", "reason"),
    [
        (Blame.BLOCKED, "blocked_address"),
        (Blame.MOVED, "redirected"),
        (Blame.MISSING, "not_found"),
    ],
)
def test_events_that_do_not_fit_end_no_run(blame: Blame, reason: str) -> None:
    gate = made()
    for now in range(1000, 1700):
        told(gate, Blame.UNASKED, now)
        told(gate, blame, now)
    assert gate.paused == reason


def test_time_outs_end_no_run() -> None:
    gate = made()
    told(gate, Blame.UNREACHABLE_NAME, 0.0)
    told(gate, Blame.TIMEOUT, 12 * HOUR)
    assert told(gate, Blame.UNREACHABLE_NAME, 24 * HOUR) == ["unreachable"]


def test_events_at_fault_are_no_trouble_of_the_destination() -> None:
    gate = made()
    for blame in (Blame.NEUTRAL, Blame.UNASKED, Blame.MOVED):
        assert told(gate, blame, *(n * DAY for n in range(10))) == []


def test_half_of_two_hundred_dead_letters_in_ten_minutes_pause_it() -> None:
    gate = made()
    reasons = []
    for each in range(100):
        assert gate.note_closed(100.0 + each) == ""
        reasons.append(gate.note_dead_letter(100.0 + each))
    assert reasons == [*[""] * 99, "rejecting"]
    assert gate.paused == "rejecting"


@pytest.mark.parametrize(("dead", "well"), [(198, 1), (99, 101)])
def test_fewer_dead_letters_do_not(dead: int, well: int) -> None:
    gate = made()
    for _ in range(well):
        gate.note_closed(100.0)
    assert {gate.note_dead_letter(100.0) for _ in range(dead)} == {""}


def test_dead_letters_of_long_ago_do_not_count() -> None:
    gate = made()
    for each in range(5000):
        assert gate.note_dead_letter(100.0 + each * 4) == "", "150 in ten minutes"


def test_resuming_forgets_what_was_and_begins_with_one() -> None:
    gate = made()
    told(gate, Blame.REFUSED, *[100.0] * 10)
    gate.resume(200.0)
    assert gate.is_open
    assert gate.slots.limit == 1
    assert gate.admits(200.0, is_retry=False, fresh_waits=True)
    assert told(gate, Blame.REFUSED, *[300.0] * 9) == []
    assert told(gate, Blame.REFUSED, 300.0) == ["auth_failed"]
