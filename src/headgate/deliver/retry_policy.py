"""The one table that decides what follows an attempt (reliability section 5)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.kit.errors import TransportKind

MINUTE, HOUR = 60, 3600
SCHEDULE: Final = (
    2, 10, 30, MINUTE, 3 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR,
    12 * HOUR,
)  # fmt: skip
"""Seconds before each next attempt; the last step repeats until the window ends."""
WINDOW_MS: Final = 72 * HOUR * 1000
FEWEST_TRIES: Final = 5
"""Giving up needs both the age and this many tries, so that a clock jump expires nothing."""
LONGEST_WAIT: Final = HOUR
CONFLICT_RETRIES: Final = 3
PROTOCOL_TRIES: Final = 10
REFUSED_WAIT: Final = MINUTE
BLOCKED_WAIT: Final = 10 * MINUTE

_RETRIED: Final = frozenset({408, 421, 423, 424, 425, 429, 444, 499})
_REFUSED: Final = frozenset({401, 402, 407, 410, 440, 498})
"""The connection is at fault, not the event: it waits for somebody to mend the settings."""


class Ended(Enum):
    """How an attempt ended, as the kit says it."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DISCARD = "discard"
    DISCONNECT = "disconnect"


class Outcome(NamedTuple):
    """One attempt's end: `status` of the answer if there was one, `after` seconds asked for."""

    ended: Ended
    reason: str = ""
    status: int | None = None
    after: float | None = None
    kind: TransportKind | None = None


class Next(NamedTuple):
    """What follows. `due_at` (ms) is set when the delivery is parked; `tries` is the new count."""

    step: str
    reason: str
    tries: int
    due_at: int = 0
    status: int | None = None


def what_next(
    outcome: Outcome, tries: int, first_at: int, now: int, random: Callable[[], float]
) -> Next:
    """Decide by status where there was an answer, else by what the kit raised.

    `tries` counts the attempts before this one; `first_at` and `now` are milliseconds since
    1970; `random` gives [0, 1).
    """
    if outcome.ended is Ended.DELIVERED:
        return Next("delivered", "", tries + 1, status=outcome.status)
    counted = tries if _is_free(outcome) else tries + 1
    if not _may_pass(outcome, counted):
        return Next("dead_lettered", _name(outcome), counted, status=outcome.status)
    if now - first_at > WINDOW_MS and counted >= FEWEST_TRIES:
        reason = f"retries_exhausted_{_name(outcome)}"
        return Next("dead_lettered", reason, counted, status=outcome.status)
    due_at = now + int(_wait(outcome, tries, random) * 1000)
    return Next("parked", _name(outcome), counted, due_at, outcome.status)


def _is_free(outcome: Outcome) -> bool:
    """Being told to slow down, or refused by our own guard, uses up no attempt."""
    return outcome.status == 429 or outcome.kind == "blocked"  # noqa: PLR2004 - the status itself


def _is_refused(outcome: Outcome) -> bool:
    return outcome.status in _REFUSED or (
        outcome.status is None and outcome.ended is Ended.DISCONNECT
    )


def _may_pass(outcome: Outcome, tries: int) -> bool:
    """Whether another attempt could end differently."""
    status = outcome.status
    if outcome.kind == "protocol" or (status is not None and status < 200):  # noqa: PLR2004 - 1xx
        return tries < PROTOCOL_TRIES
    if status is None:
        return outcome.ended is not Ended.DISCARD
    if status == 409:  # noqa: PLR2004 - the status itself
        return tries <= CONFLICT_RETRIES
    if status in _RETRIED or status in _REFUSED:
        return True
    if 200 <= status < 300:  # noqa: PLR2004 - an author judged the answer's body
        return outcome.ended is not Ended.DISCARD
    return status >= 500 and status != 501  # noqa: PLR2004 - the statuses themselves


def _wait(outcome: Outcome, tries: int, random: Callable[[], float]) -> float:
    """Seconds: equal jitter on the schedule, never less than what was asked for."""
    drawn = random()
    wait = SCHEDULE[min(tries, len(SCHEDULE) - 1)] * (0.5 + drawn / 2)
    if _is_refused(outcome):
        wait = max(wait, REFUSED_WAIT * (1 + drawn / 2))
    if outcome.kind == "blocked":
        wait = max(wait, BLOCKED_WAIT * (1 + drawn / 2))
    return max(wait, min(outcome.after or 0.0, LONGEST_WAIT))


def _name(outcome: Outcome) -> str:
    """A reason of few different values, so that it can be counted.

    What an author says of a failure may name the event; what we say of a discard begins with its
    kind.
    """
    if outcome.status is not None:
        return f"http_{outcome.status}"
    if outcome.kind is not None:
        return f"transport_{outcome.kind}"
    if outcome.ended is Ended.DISCARD:
        return outcome.reason.partition(":")[0][:80] or outcome.ended.value
    return str(outcome.ended.value)
