"""Every number of delivery, once: each is a setting with its bounds and its meaning."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_settings import NoDecode

DAY = 86_400


def listed(value: Any) -> Any:
    """`a, b` as well as a list: an environment variable has only the first."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Share = Annotated[float, Field(gt=0, le=1)]
Few = Annotated[int, Field(ge=1, le=100)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Many = Annotated[int, Field(ge=1, le=10_000_000)]
Slots = Annotated[int, Field(ge=1, le=64)]
Deadline = Annotated[float, Field(ge=0.1, le=60)]
Wait = Annotated[float, Field(ge=1, le=DAY)]
Open = Annotated[float, Field(gt=0, le=DAY)]
Span = Annotated[float, Field(ge=0, le=DAY)]
Window = Annotated[int, Field(ge=1, le=DAY)]
Schedule = Annotated[
    tuple[float, ...], NoDecode, BeforeValidator(listed), Field(min_length=1, max_length=64)
]
SCHEDULE = (2, 10, 30, 60, 180, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200)


def _number(default: Any, meaning: str) -> Any:
    return Field(default=default, description=meaning)


class DeliveryPolicy(BaseModel):
    """How deliveries are tried, slowed, given up and stopped; times are in the unit they name."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    # one request

    connect_seconds: Deadline = _number(
        5, "Deadline of a request until its connection stands: look-up, dial and TLS."
    )
    request_seconds: Deadline = _number(
        10, "Deadline of a whole request, if its destination declares no other."
    )

    # one delivery's attempts

    retry_schedule: Schedule = _number(
        SCHEDULE,
        "Seconds before each next attempt, comma-separated; each wait is drawn between half of"
        " its step and all of it, and the last step repeats.",
    )
    retry_window_hours: Annotated[float, Field(ge=1, le=168)] = _number(
        72, "A delivery that is older is given up, once it has had `fewest_tries` attempts."
    )
    fewest_tries: Few = _number(5, "Attempts that every delivery gets, however old it is.")
    conflict_retries: Annotated[int, Field(ge=0, le=100)] = _number(
        3, "Attempts that follow a first one that was answered 409."
    )
    protocol_tries: Few = _number(10, "Attempts of a delivery whose answers are no proper HTTP.")
    refused_wait_seconds: Wait = _number(
        60, "Least wait of a delivery whose credentials were refused."
    )
    blocked_wait_seconds: Wait = _number(
        600, "Least wait of a delivery whose address our own guard refused."
    )
    retry_after_most_seconds: Wait = _number(
        3600, "The longest `Retry-After` that is obeyed; a longer one counts as this."
    )

    # the breaker of a connection

    breaker_share: Share = _number(0.5, "Share of failures at which a connection's breaker opens.")
    breaker_least: Count = _number(20, "Fewest results from which `breaker_share` is judged.")
    breaker_window_seconds: Window = _number(30, "How far back `breaker_share` looks.")
    breaker_in_a_row: Count = _number(10, "Failures in a row that open the breaker.")
    breaker_timeouts_in_a_row: Count = _number(5, "Time-outs in a row that open the breaker.")
    breaker_open_seconds: Open = _number(
        5, "How long the breaker stays open at first; each failed probe doubles it."
    )
    breaker_open_most_seconds: Open = _number(300, "How long the breaker stays open at most.")
    breaker_successes: Few = _number(3, "Probes in a row that must succeed to close the breaker.")

    # how much of a connection may be under way

    slots: Slots = _number(64, "Requests that one connection may have under way at most.")
    slots_start: Slots = _number(4, "Requests that a new connection may have under way.")
    slots_factor: Annotated[float, Field(gt=0, lt=1)] = _number(
        0.7, "What is left of a connection's slots after a 429, a 503 or a time-out."
    )
    slots_slowdown: Annotated[float, Field(ge=1, le=100)] = _number(
        2, "Slots grow while answers take at most this many times the best 10th percentile."
    )
    slots_quick_seconds: Span = _number(
        0.05, "Answers within this time never keep slots from growing."
    )

    # how fast a connection may go

    rate_seconds: Annotated[int, Field(ge=1, le=60)] = _number(
        10, "How far back is counted what got through before a 429."
    )
    rate_share: Annotated[float, Field(gt=0, lt=1)] = _number(
        0.8, "A 429 makes this share of what got through a connection's rate."
    )
    rate_near: Annotated[float, Field(ge=0, lt=1)] = _number(
        0.05,
        "Up to this share of 429s a learned rate is near the limit: it loses half of"
        " `rate_growth`, and waits four times as long before it grows.",
    )
    rate_growth: Share = _number(0.05, "Share by which a learned rate grows again.")
    rate_growth_seconds: Wait = _number(30, "How often a learned rate grows.")
    retry_share: Annotated[float, Field(ge=0, le=1)] = _number(
        0.2, "Share of retries among a connection's requests while new events wait."
    )
    retry_least: Annotated[float, Field(ge=0, le=10_000)] = _number(
        3, "Retries a second that a connection may make whatever their share."
    )
    fresh_for_each_retry: Few = _number(3, "New events for each retry when both wait.")

    # a whole process

    delivery_sockets: Annotated[int, Field(ge=1, le=65_536)] = _number(
        1_024, "Sockets of one deliver process at most."
    )
    replay_share: Share = _number(
        0.05, "Share of a connection's slots that replays get while live events wait."
    )
    unfinished_most: Many = _number(
        10_000,
        "Unfinished events of one lane, those that wait for an earlier one included, above which"
        " it claims no more.",
    )
    parked_most: Many = _number(
        100_000, "Parked deliveries of one lane, above which it claims no more."
    )

    # order and batches

    order_hold_seconds: Span = _number(
        30, "How long an event waits for an earlier one of its user before it passes."
    )
    order_waiting_most: Count = _number(
        1_000,
        "Events of one user that wait for earlier ones; beyond it the oldest goes at once.",
    )
    batch_seconds: Span = _number(1, "How long a batch waits to be filled.")

    # when a connection is paused

    refused_in_a_row: Count = _number(
        10, "A connection is paused after this many refusals of its credentials in a row."
    )
    refused_seconds: Span = _number(
        120, "It is paused when its credentials were refused for this long without a success."
    )
    missing_seconds: Span = _number(600, "It is paused when 404 was the only answer this long.")
    missing_least: Count = _number(10, "Fewest 404s from which `missing_seconds` is judged.")
    moved_in_a_row: Count = _number(50, "It is paused after this many redirects in a row.")
    blocked_in_a_row: Count = _number(
        10, "It is paused after our own guard refused its address this often in a row."
    )
    blocked_seconds: Span = _number(
        120, "It is paused when our own guard refused every address for this long."
    )
    unreachable_hours: Annotated[float, Field(gt=0, le=720)] = _number(
        24, "It is paused when its name or certificate was at fault for this long."
    )
    silent_days: Annotated[float, Field(gt=0, le=30)] = _number(
        5, "It is paused after this long with trouble and without a success."
    )
    rejecting_share: Share = _number(
        0.5, "It is paused when this share of its events became dead letters."
    )
    rejecting_least: Many = _number(200, "Fewest events from which `rejecting_share` is judged.")
    rejecting_seconds: Window = _number(600, "How far back `rejecting_share` looks.")
    dead_letter_alarm: Share = _number(
        0.01, "Share of dead letters at which a connection is reported."
    )
    crashes_in_hand: Few = _number(
        3, "Crashes with the same event in hand that make it a dead letter."
    )

    @field_validator("retry_schedule")
    @classmethod
    def _are_waits(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < wait <= 7 * DAY for wait in value):
            raise ValueError("retry_schedule must be seconds above 0 and at most 604800")
        return value
