from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.deliver.retry_policy import (
    FEWEST_TRIES,
    SCHEDULE,
    WINDOW_MS,
    Ended,
    Next,
    Outcome,
    what_next,
)
from headgate.kit.errors import DeliveryError, Disconnect, Retry, TransportError, TransportKind
from headgate.kit.http import outcomes
from headgate.kit.http.request import Request, Response

NOW = 1_790_000_000_000
MINUTE, HOUR = 60, 3600

DELIVERED = {200, 201, 202, 203, 204, 205, 206, 207, 208, 226}
RETRIED = {408, 421, 423, 424, 425, 444, 499, 500, *range(502, 512), *range(520, 531), 598, 599}
REFUSED = {401, 402, 407, 410, 440, 498}
"""The connection is at fault: until it can be paused, its events wait a minute and more."""
DEAD = {
    *(300, 301, 302, 303, 304, 305, 306, 307, 308),
    *(400, 403, 404, 405, 406, 411, 412, 413, 414, 415, 417, 418, 422, 426, 428, 431, 451),
    501,
}


def middle() -> float:
    return 0.5


def answered(status: int) -> Outcome:
    """What the kit makes of an answer, as the engine hands it on."""
    request = Request(method="POST", url="https://receiver.test/")
    failure = outcomes.failure(request, Response(status), lambda: 0.0)
    if failure is None:
        return Outcome(Ended.DELIVERED, "", status)
    return Outcome(ended(failure), str(failure), status)


def ended(failure: DeliveryError) -> Ended:
    if isinstance(failure, Retry):
        return Ended.RETRY
    return Ended.DISCONNECT if isinstance(failure, Disconnect) else Ended.DISCARD


def no_answer(kind: TransportKind) -> Outcome:
    failure = outcomes.no_answer(
        Request(method="POST", url="https://receiver.test/"), TransportError("no", kind=kind)
    )
    return Outcome(Ended.RETRY, str(failure), kind=failure.kind)


def after(
    outcome: Outcome, tries: int = 0, *, age_ms: int = 0, draw: float = 0.5
) -> tuple[Next, float]:
    """What follows, and the seconds until then."""
    step = what_next(outcome, tries, NOW - age_ms, NOW, lambda: draw)
    return step, (step.due_at - NOW) / 1000


@pytest.mark.parametrize("status", sorted(DELIVERED))
def test_a_success_is_delivered(status: int) -> None:
    assert after(answered(status), 3)[0] == Next("delivered", "", 4, status=status)


@pytest.mark.parametrize("status", sorted(DEAD))
def test_an_answer_that_blames_the_event_makes_a_dead_letter(status: int) -> None:
    assert after(answered(status))[0] == Next("dead_lettered", f"http_{status}", 1, status=status)


@pytest.mark.parametrize("status", sorted(RETRIED))
def test_a_passing_trouble_is_tried_again_in_two_seconds_or_less(status: int) -> None:
    step, seconds = after(answered(status))
    assert (step.step, step.reason, step.tries) == ("parked", f"http_{status}", 1)
    assert seconds == 1.5


@pytest.mark.parametrize("status", sorted(REFUSED))
def test_a_refused_connection_is_asked_again_after_a_minute_at_the_earliest(status: int) -> None:
    """Half of them were sent again after thirty seconds."""
    for draw in (0.0, 0.5, 0.999):
        step, seconds = after(answered(status), draw=draw)
        assert (step.step, step.tries) == ("parked", 1)
        assert MINUTE <= seconds <= 1.5 * MINUTE


def test_a_refusal_that_an_author_found_in_a_body_waits_as_long() -> None:
    step, seconds = after(Outcome(Ended.DISCONNECT, "the token was revoked"))
    assert step.step == "parked"
    assert seconds >= MINUTE


def test_no_status_is_left_out_of_the_table() -> None:
    """Every status of reliability section 5 is in exactly one group, or has a test of its own."""
    own = {409, 429}
    groups = [DELIVERED, RETRIED, REFUSED, DEAD, own]
    assert sum(map(len, groups)) == len(set().union(*groups))
    named = {*range(300, 309), 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412}
    named |= {413, 414, 415, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 440, 444, 451}
    named |= {498, 499, 500, 501, *range(502, 512), *range(520, 531), 598, 599}
    assert named <= set().union(*groups)


def test_a_conflict_is_tried_again_three_times() -> None:
    steps = [after(answered(409), tries)[0].step for tries in range(4)]
    assert steps == ["parked", "parked", "parked", "dead_lettered"]


def test_being_told_to_slow_down_uses_up_no_attempt() -> None:
    for tries in (0, 4, 40):
        step, _ = after(answered(429), tries, age_ms=2 * WINDOW_MS if tries < 5 else 0)
        assert (step.step, step.tries) == ("parked", tries)


def test_a_retry_after_is_obeyed_up_to_an_hour() -> None:
    waits = [after(answered(429)._replace(after=asked))[1] for asked in (0.0, 30.0, 9e9)]
    assert waits == [1.5, 30, HOUR]


def test_a_retry_after_never_shortens_the_schedule() -> None:
    assert after(answered(503)._replace(after=1.0), 5)[1] == 600 * 0.75


@pytest.mark.parametrize("kind", ["dns", "connect", "tls", "timeout", "reset", "too_large"])
def test_no_answer_is_tried_again(kind: TransportKind) -> None:
    step, seconds = after(no_answer(kind), 30)
    assert (step.step, step.reason, step.tries) == ("parked", f"transport_{kind}", 31)
    assert seconds == 9 * HOUR


def test_an_answer_that_is_no_http_is_tried_ten_times() -> None:
    steps = [after(no_answer("protocol"), tries)[0].step for tries in (0, 8, 9)]
    assert steps == ["parked", "parked", "dead_lettered"]
    odd = [after(Outcome(Ended.RETRY, "", 103), tries)[0].step for tries in (0, 8, 9)]
    assert odd == ["parked", "parked", "dead_lettered"]


def test_an_address_that_our_guard_refuses_is_no_attempt_and_no_storm() -> None:
    step, seconds = after(no_answer("blocked"), 2, age_ms=2 * WINDOW_MS)
    assert (step.step, step.tries) == ("parked", 2)
    assert seconds >= 10 * MINUTE


def test_the_last_wait_repeats_until_the_window_ends() -> None:
    waits = [after(answered(503), tries)[1] / 0.75 for tries in range(len(SCHEDULE) + 3)]
    assert waits == [*SCHEDULE, *[12 * HOUR] * 3]


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 40))
def test_each_wait_is_half_to_all_of_its_step(draw: float, tries: int) -> None:
    step = SCHEDULE[min(tries, len(SCHEDULE) - 1)]
    _, seconds = after(answered(503), tries, draw=draw)
    assert step * 0.5 - 0.001 <= seconds <= step


@pytest.mark.parametrize(
    ("age_ms", "tries", "step"),
    [
        (WINDOW_MS + 1, FEWEST_TRIES - 1, "dead_lettered"),
        (WINDOW_MS, FEWEST_TRIES - 1, "parked"),
        (WINDOW_MS + 1, FEWEST_TRIES - 2, "parked"),
        (100 * WINDOW_MS, 0, "parked"),
        (0, 1000, "parked"),
    ],
)
def test_giving_up_needs_both_age_and_tries(age_ms: int, tries: int, step: str) -> None:
    assert after(answered(503), tries, age_ms=age_ms)[0].step == step


def test_a_delivery_that_was_given_up_says_what_the_last_trouble_was() -> None:
    step, _ = after(answered(503), 20, age_ms=WINDOW_MS + 1)
    assert step == Next("dead_lettered", "retries_exhausted_http_503", 21, status=503)


def test_by_the_schedule_alone_giving_up_takes_more_than_two_days() -> None:
    """The schedule must fill the window with enough tries, and not with too many."""
    age, tries = 0.0, 0
    while True:
        step, seconds = after(answered(503), tries, age_ms=int(age * 1000))
        if step.step != "parked":
            break
        age, tries = age + seconds, step.tries
    assert 72 * HOUR < age < 84 * HOUR
    assert 14 <= tries <= 20


def test_what_an_author_discards_is_a_dead_letter_and_not_tried_again() -> None:
    outcome = Outcome(Ended.DISCARD, "discarded: the contact Ann has no email")
    assert after(outcome)[0] == Next("dead_lettered", "discarded", 1)
    mapping = Outcome(Ended.DISCARD, "mapping_error: $.traits.email is no text")
    assert after(mapping)[0].reason == "mapping_error"


def test_what_an_author_makes_of_a_success_counts() -> None:
    """Many APIs answer 200 and say in the body that it is none."""
    assert after(Outcome(Ended.RETRY, "busy", 200))[0].step == "parked"
    assert after(Outcome(Ended.DISCARD, "discarded: no such list", 200))[0].step == "dead_lettered"


def test_a_reason_has_few_values_whatever_an_author_says() -> None:
    """A reason for each contact would have made a tally for each."""
    reasons = {after(Outcome(Ended.RETRY, f"contact {n} is busy"))[0].reason for n in range(100)}
    assert reasons == {"retry"}
