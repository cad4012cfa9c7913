from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.deliver.retry_policy import Blame, Case, Ended, Outcome, blame, what_next
from headgate.policy import DeliveryPolicy
from tests.unit.deliver.deciding import NOW, POLICY, after, answered, no_answer

if TYPE_CHECKING:
    from headgate.kit.errors import TransportKind

SCHEDULE, FEWEST = POLICY.retry_schedule, POLICY.fewest_tries
MINUTE, HOUR = 60, 3600
WINDOW_MS = 72 * HOUR * 1000

PASSING = {408, 421, 423, 424, 425, 444, 499, 500, *range(502, 512), *range(520, 531), 598, 599}
ROWS: dict[Blame, tuple[str, set[int]]] = {
    Blame.SUCCESS: ("delivered", {200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 299}),
    Blame.MOVED: ("dead_lettered", {*range(300, 309)}),
    Blame.NEUTRAL: (
        "dead_lettered",
        {400, 405, 406, 411, 412, 413, 414, 415, 417, 418, 422, 426, 428, 431, 451, 460, 501},
    ),
    Blame.MISSING: ("dead_lettered", {404}),
    Blame.REFUSED: ("parked", {401, 440, 498}),
    Blame.FORBIDDEN: ("parked", {403}),
    Blame.PAYMENT: ("parked", {402}),
    Blame.PROXY: ("parked", {407}),
    Blame.GONE: ("parked", {410}),
    Blame.SLOW_DOWN: ("parked", {429}),
    Blame.OVERLOADED: ("parked", {503}),
    Blame.FAILURE: ("parked", PASSING - {503}),
}
"""What each status blames, and what becomes of a delivery that meets it at its first attempt."""
BY_STATUS = [
    (status, step, blamed) for blamed, (step, group) in ROWS.items() for status in sorted(group)
]
REFUSED = sorted({401, 402, 403, 407, 410, 440, 498})

UPSTREAM_STATUSES = {
    "ok": [200, 202, 203, 205, 207, 208, 226, 299],
    "retry": [
        *(100, 101, 102, 421, 423, 425, 499, 502, 505, 506, 507, 510, 520, 521, 523, 525, 526),
        *(530, 598, 599),
    ],
    "dlq": [
        *(300, 302, 303, 305, 307, 308, 400, 404, 406, 411, 412, 418, 428, 431, 451, 460, 501),
    ],
    "wait": [402, 403, 410, 440, 498],
}
"""Answers that faulty destinations were seen to give, and what they must lead to; those that wait
for somebody to mend the connection are parked, and its gate pauses it."""
ACTIONS = {"ok": "delivered", "retry": "parked", "dlq": "dead_lettered", "wait": "parked"}


@pytest.mark.parametrize(("status", "step", "blamed"), BY_STATUS)
def test_each_status_has_its_row(status: int, step: str, blamed: Blame) -> None:
    found = after(answered(status))[0]
    assert found.step == step
    assert found.reason == ("" if step == "delivered" else f"http_{status}")
    assert found.status == status
    assert blame(answered(status)) is blamed


def test_no_status_is_left_out_of_the_table() -> None:
    """Every status of reliability section 5 is in exactly one group, or has a test of its own."""
    groups = [group for _, group in ROWS.values()] + [{409}]
    assert sum(map(len, groups)) == len(set().union(*groups))
    named = {*range(300, 309), 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412}
    named |= {413, 414, 415, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 440, 444, 451}
    named |= {498, 499, 500, 501, *range(502, 512), *range(520, 531), 598, 599}
    assert named <= set().union(*groups)


@pytest.mark.parametrize(
    ("status", "action"),
    [(status, action) for action, group in UPSTREAM_STATUSES.items() for status in group],
)
def test_what_faulty_destinations_answer(status: int, action: str) -> None:
    if status < 200:  # an interim status and then nothing is a time-out
        assert after(no_answer("timeout"))[0].step == ACTIONS[action]
        return
    assert after(answered(status))[0].step == ACTIONS[action]


@pytest.mark.parametrize("status", [-1, 99, 103, 199, 600, 999, 2000])
def test_a_status_that_cannot_be_is_no_proper_answer(status: int) -> None:
    outcome = Outcome(Ended.RETRY, "", status)
    assert blame(outcome) is Blame.FAILURE
    steps = [after(outcome, tries)[0].step for tries in (0, 8, 9)]
    assert steps == ["parked", "parked", "dead_lettered"]


def test_an_answer_that_is_no_http_is_tried_ten_times() -> None:
    steps = [after(no_answer("protocol"), tries)[0].step for tries in (0, 8, 9)]
    assert steps == ["parked", "parked", "dead_lettered"]


@pytest.mark.parametrize("status", sorted(PASSING))
def test_a_passing_trouble_is_tried_again_in_two_seconds_or_less(status: int) -> None:
    step, seconds = after(answered(status))
    assert (step.step, step.tries, seconds) == ("parked", 1, 1.5)


@pytest.mark.parametrize("status", REFUSED)
def test_a_refused_connection_is_asked_again_after_a_minute_and_no_try_is_used(
    status: int,
) -> None:
    for draw in (0.0, 0.5, 0.999):
        step, seconds = after(answered(status), 3, draw=draw, is_again=False)
        assert (step.step, step.tries) == ("parked", 3)
        assert MINUTE <= seconds <= 1.5 * MINUTE


def test_a_refusal_that_an_author_found_in_a_body_counts_alike() -> None:
    for status in (None, 200):
        outcome = Outcome(Ended.DISCONNECT, "the token was revoked", status)
        step, seconds = after(outcome)
        assert (step.step, step.tries, blame(outcome)) == ("parked", 0, Blame.REFUSED)
        assert seconds >= MINUTE


@pytest.mark.parametrize("is_again", [False, True])
@pytest.mark.parametrize("others_succeed", [False, True])
def test_a_lone_403_among_successes_is_the_events_own(
    *, is_again: bool, others_succeed: bool
) -> None:
    step, _ = after(answered(403), is_again=is_again, others_succeed=others_succeed)
    assert step.step == ("dead_lettered" if is_again and others_succeed else "parked")
    assert step.tries == 0


@pytest.mark.parametrize("status", [401, 440, 498, 402, 407, 410])
def test_refused_credentials_are_never_the_events_own(status: int) -> None:
    assert after(answered(status), is_again=True, others_succeed=True)[0].step == "parked"


def test_a_conflict_is_tried_again_three_times() -> None:
    steps = [after(answered(409), tries)[0].step for tries in range(4)]
    assert steps == ["parked", "parked", "parked", "dead_lettered"]
    assert blame(answered(409)) is Blame.NEUTRAL


def test_being_told_to_slow_down_uses_up_no_attempt() -> None:
    for tries in (0, 4, 40):
        step, _ = after(answered(429), tries, age_ms=2 * WINDOW_MS if tries < 5 else 0)
        assert (step.step, step.tries) == ("parked", tries)


@pytest.mark.parametrize(
    ("kind", "blamed"),
    [
        ("dns", Blame.UNREACHABLE_NAME),
        ("tls", Blame.UNREACHABLE_NAME),
        ("connect", Blame.FAILURE),
        ("reset", Blame.FAILURE),
        ("too_large", Blame.FAILURE),
        ("timeout", Blame.TIMEOUT),
    ],
)
def test_no_answer_is_tried_again(kind: TransportKind, blamed: Blame) -> None:
    step, seconds = after(no_answer(kind), 30)
    assert (step.step, step.reason, step.tries) == ("parked", f"transport_{kind}", 31)
    assert seconds == 9 * HOUR
    assert blame(no_answer(kind)) is blamed


def test_an_address_that_our_guard_refuses_is_no_attempt_and_no_storm() -> None:
    step, seconds = after(no_answer("blocked"), 2, age_ms=2 * WINDOW_MS)
    assert (step.step, step.tries) == ("parked", 2)
    assert seconds >= 10 * MINUTE
    assert blame(no_answer("blocked")) is Blame.BLOCKED


def test_an_address_that_only_one_event_names_is_that_events_own_fault() -> None:
    step, _ = after(no_answer("blocked"), others_succeed=True)
    assert (step.step, step.reason) == ("dead_lettered", "transport_blocked")


@pytest.mark.parametrize("kind", ["timeout", "connect", "dns", "protocol"])
def test_a_probe_that_fails_uses_up_no_try(kind: TransportKind) -> None:
    step, _ = after(no_answer(kind), 4, age_ms=2 * WINDOW_MS, is_probe=True)
    assert (step.step, step.tries) == ("parked", 4)


def test_a_probe_that_blames_its_event_ends_it_all_the_same() -> None:
    assert after(answered(400), is_probe=True)[0].step == "dead_lettered"


def test_what_a_delivery_waited_for_us_does_not_age_it() -> None:
    first_at, due_at = NOW - WINDOW_MS - 5000, NOW - 10_000
    case = Case(20, first_at, due_at)
    step = what_next(answered(503), case, NOW, lambda: 0.5, POLICY)
    assert (step.step, step.first_at) == ("parked", first_at + 10_000)
    late = Case(20, first_at, NOW - 4000)
    assert what_next(answered(503), late, NOW, lambda: 0.5, POLICY).step == "dead_lettered"


def test_a_clock_that_went_back_makes_nothing_older() -> None:
    case = Case(20, NOW - 1000, NOW + HOUR * 1000)
    step = what_next(answered(503), case, NOW, lambda: 0.5, POLICY)
    assert (step.step, step.first_at) == ("parked", NOW - 1000)


def test_the_last_wait_repeats_until_the_window_ends() -> None:
    waits = [after(answered(503), tries)[1] / 0.75 for tries in range(len(SCHEDULE) + 3)]
    assert waits == [*SCHEDULE, *[12 * HOUR] * 3]


def test_the_schedule_is_the_documented_one() -> None:
    hours = [HOUR * n for n in (1, 2, 4, 8, 12)]
    assert list(SCHEDULE) == [2, 10, 30, 60, 180, 600, 1800, *hours]


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 40))
def test_each_wait_is_half_to_all_of_its_step(draw: float, tries: int) -> None:
    step = SCHEDULE[min(tries, len(SCHEDULE) - 1)]
    _, seconds = after(answered(503), tries, draw=draw)
    assert step * 0.5 - 0.001 <= seconds <= step


@pytest.mark.parametrize(
    ("age_ms", "tries", "step"),
    [
        (WINDOW_MS + 1, FEWEST - 1, "dead_lettered"),
        (WINDOW_MS, FEWEST - 1, "parked"),
        (WINDOW_MS + 1, FEWEST - 2, "parked"),
        (100 * WINDOW_MS, 0, "parked"),
        (0, 1000, "parked"),
    ],
)
def test_giving_up_needs_both_age_and_tries(age_ms: int, tries: int, step: str) -> None:
    assert after(answered(503), tries, age_ms=age_ms)[0].step == step


def test_a_delivery_that_was_given_up_says_what_the_last_trouble_was() -> None:
    step, _ = after(answered(503), 20, age_ms=WINDOW_MS + 1)
    assert step.reason == "retries_exhausted_http_503"
    assert (step.step, step.tries, step.status) == ("dead_lettered", 21, 503)


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


def test_each_number_is_the_policys() -> None:
    policy = DeliveryPolicy(
        retry_schedule=(7,),
        retry_window_hours=1,
        fewest_tries=1,
        conflict_retries=0,
        protocol_tries=1,
        refused_wait_seconds=100,
        blocked_wait_seconds=200,
        retry_after_most_seconds=50,
    )
    assert after(answered(503), 3, draw=0.0, policy=policy)[1] == 3.5
    assert after(answered(503), 1, age_ms=HOUR * 1000 + 1, policy=policy)[0].step != "parked"
    assert after(answered(409), policy=policy)[0].step == "dead_lettered"
    assert after(no_answer("protocol"), policy=policy)[0].step == "dead_lettered"
    assert after(answered(401), draw=0.0, policy=policy)[1] == 100
    assert after(no_answer("blocked"), draw=0.0, policy=policy)[1] == 200
    assert after(answered(429)._replace(after=99.0), policy=policy)[1] == 50


def test_what_an_author_discards_is_a_dead_letter_and_not_tried_again() -> None:
    outcome = Outcome(Ended.DISCARD, "discarded: the contact Ann has no email")
    step, _ = after(outcome)
    assert (step.step, step.reason, step.tries) == ("dead_lettered", "discarded", 1)
    assert blame(outcome) is Blame.UNASKED
    mapping = Outcome(Ended.DISCARD, "mapping_error: $.traits.email is no text")
    assert after(mapping)[0].reason == "mapping_error"


def test_what_an_author_makes_of_a_success_counts() -> None:
    """Many APIs answer 200 and say in the body that it is none."""
    busy, gone = Outcome(Ended.RETRY, "busy", 200), Outcome(Ended.DISCARD, "no such list", 200)
    assert (after(busy)[0].step, blame(busy)) == ("parked", Blame.FAILURE)
    assert (after(gone)[0].step, blame(gone)) == ("dead_lettered", Blame.NEUTRAL)


def test_a_reason_has_few_values_whatever_an_author_says() -> None:
    """A reason for each contact would have made a tally for each."""
    reasons = {after(Outcome(Ended.RETRY, f"contact {n} is busy"))[0].reason for n in range(100)}
    assert reasons == {"retry"}
