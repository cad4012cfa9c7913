"""The one table that decides what follows an attempt (reliability section 5)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.kit.errors import TransportKind
    from headgate.policy import DeliveryPolicy

_HOUR_MS: Final = 3_600_000


class Ended(Enum):
    """How an attempt ended, as the kit says it."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DISCARD = "discard"
    DISCONNECT = "disconnect"


class Blame(Enum):
    """Whom a result blames: this is all that a gate needs to know of it."""

    SUCCESS = "success"
    FAILURE = "failure"
    """The destination is in trouble."""
    OVERLOADED = "overloaded"
    """It is in trouble because it has too much to do."""
    TIMEOUT = "timeout"
    UNREACHABLE_NAME = "unreachable_name"
    """Its name or its certificate is at fault."""
    NEUTRAL = "neutral"
    """The event is at fault: the destination answered that it does not want it."""
    UNASKED = "unasked"
    """The event or its mapping is at fault, and the destination was not asked."""
    SLOW_DOWN = "slow_down"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    MOVED = "moved"
    GONE = "gone"
    PAYMENT = "payment"
    PROXY = "proxy"
    BLOCKED = "blocked"
    """Our own guard refused the address."""


class Again(Enum):
    """How often a delivery is tried again."""

    NEVER = "never"
    IN_WINDOW = "in_window"
    CONFLICT = "conflict"
    PROTOCOL = "protocol"
    UNLESS_ALONE = "unless_alone"
    """Until other events succeed where this one does not: then it is at fault itself."""


class Rule(NamedTuple):
    """One row: whom an answer blames, and what becomes of the delivery.

    `is_free` uses up no try; `waits` names the setting with the least wait in seconds.
    """

    blame: Blame
    again: Again = Again.IN_WINDOW
    is_free: bool = False
    waits: str = ""


class Outcome(NamedTuple):
    """One attempt's end: `status` of the answer if there was one, `after` seconds asked for."""

    ended: Ended
    reason: str = ""
    status: int | None = None
    after: float | None = None
    kind: TransportKind | None = None


class Case(NamedTuple):
    """What is known of a delivery when one of its attempts has ended.

    `tries` counts the attempts before this one, `first_at` is when it was first tried and
    `due_at` when it was to be tried now (milliseconds since 1970; 0 for its first attempt).
    `others_succeed`: since its first attempt another event of the connection was delivered.
    """

    tries: int
    first_at: int
    due_at: int = 0
    is_probe: bool = False
    others_succeed: bool = False


class Next(NamedTuple):
    """What follows. `due_at` (ms) is set when the delivery is parked; `tries` is the new count.

    `first_at` (ms) is the delivery's age from now on: it moves by what it waited for us.
    """

    step: str
    reason: str
    tries: int
    due_at: int = 0
    status: int | None = None
    first_at: int = 0


_DONE: Final = Rule(Blame.SUCCESS)
_FAULTY: Final = Rule(Blame.NEUTRAL, Again.NEVER)
_UNFIT: Final = Rule(Blame.UNASKED, Again.NEVER)
_PASSING: Final = Rule(Blame.FAILURE)
_IMPROPER: Final = Rule(Blame.FAILURE, Again.PROTOCOL)
_REFUSED: Final = Rule(Blame.REFUSED, is_free=True, waits="refused_wait_seconds")
_MOVED: Final = Rule(Blame.MOVED, Again.NEVER)

_STATUSES: Final = {
    401: _REFUSED,
    402: _REFUSED._replace(blame=Blame.PAYMENT),
    403: _REFUSED._replace(blame=Blame.FORBIDDEN, again=Again.UNLESS_ALONE),
    404: Rule(Blame.MISSING, Again.NEVER),
    407: _REFUSED._replace(blame=Blame.PROXY),
    409: Rule(Blame.NEUTRAL, Again.CONFLICT),
    410: _REFUSED._replace(blame=Blame.GONE),
    429: Rule(Blame.SLOW_DOWN, is_free=True),
    440: _REFUSED,
    498: _REFUSED,
    501: _FAULTY,
    503: Rule(Blame.OVERLOADED),
    **dict.fromkeys((408, 421, 423, 424, 425, 444, 499), _PASSING),
}
_HUNDREDS: Final = {3: _MOVED, 4: _FAULTY, 5: _PASSING}
"""Every other status; what is in none of these is no proper answer."""
_KINDS: Final = {
    "timeout": Rule(Blame.TIMEOUT),
    "dns": Rule(Blame.UNREACHABLE_NAME),
    "tls": Rule(Blame.UNREACHABLE_NAME),
    "protocol": _IMPROPER,
    "blocked": Rule(Blame.BLOCKED, Again.UNLESS_ALONE, is_free=True, waits="blocked_wait_seconds"),
}
_JUDGED: Final = {
    Ended.DELIVERED: _DONE,
    Ended.RETRY: _PASSING,
    Ended.DISCARD: _FAULTY,
    Ended.DISCONNECT: _REFUSED,
}
"""What an author made of a success, or of no answer."""


def rule(outcome: Outcome) -> Rule:
    """The row for an outcome: by its status where there was an answer that is no success."""
    status = outcome.status
    if outcome.ended is Ended.DELIVERED:
        return _DONE
    if outcome.kind is not None:
        return _KINDS.get(outcome.kind, _PASSING)
    if status is None and outcome.ended is Ended.DISCARD:
        return _UNFIT
    if status is None or 200 <= status < 300:  # noqa: PLR2004 - an author judged the answer's body
        return _JUDGED[outcome.ended]
    return _STATUSES.get(status) or _HUNDREDS.get(status // 100, _IMPROPER)


def blame(outcome: Outcome) -> Blame:
    """Whom an attempt's end blames."""
    return rule(outcome).blame


def what_next(
    outcome: Outcome, case: Case, now: int, random: Callable[[], float], policy: DeliveryPolicy
) -> Next:
    """Decide what follows an attempt that ended at `now` (ms since 1970); `random` gives [0, 1).

    A probe's failure, being told to slow down, a refusal of credentials and our own guard's use
    up no try. What a delivery waited beyond its `due_at` does not age it.
    """
    if outcome.ended is Ended.DELIVERED:
        return Next("delivered", "", case.tries + 1, 0, outcome.status, case.first_at)
    row, name = rule(outcome), _name(outcome)
    first_at = case.first_at + (max(0, now - case.due_at) if case.due_at else 0)
    is_parked_free = row.is_free or (case.is_probe and row.again is not Again.NEVER)
    tries = case.tries if is_parked_free else case.tries + 1
    if not _may_pass(row, case, tries, policy):
        return Next("dead_lettered", name, tries, 0, outcome.status, first_at)
    if _is_exhausted(now - first_at, tries, policy):
        reason = f"retries_exhausted_{name}"
        return Next("dead_lettered", reason, tries, 0, outcome.status, first_at)
    due_at = now + int(_wait(row, outcome.after, case.tries, random(), policy) * 1000)
    return Next("parked", name, tries, due_at, outcome.status, first_at)


def _may_pass(row: Rule, case: Case, tries: int, policy: DeliveryPolicy) -> bool:
    """Whether another attempt could end differently; `tries` counts this one if it counts."""
    if row.again is Again.NEVER:
        return False
    if row.again is Again.CONFLICT:
        return tries <= policy.conflict_retries
    if row.again is Again.PROTOCOL:
        return tries < policy.protocol_tries
    if row.again is Again.UNLESS_ALONE:
        is_again = case.due_at > 0 or row.blame is Blame.BLOCKED
        return not (case.others_succeed and is_again)
    return True


def _is_exhausted(age: int, tries: int, policy: DeliveryPolicy) -> bool:
    """Giving up needs both the age and the tries, so that a clock jump expires nothing."""
    return age > policy.retry_window_hours * _HOUR_MS and tries >= policy.fewest_tries


def _wait(
    row: Rule, after: float | None, tries: int, drawn: float, policy: DeliveryPolicy
) -> float:
    """Seconds: equal jitter on the schedule, never less than what was asked for."""
    schedule = policy.retry_schedule
    wait = schedule[min(tries, len(schedule) - 1)] * (0.5 + drawn / 2)
    if row.waits:
        wait = max(wait, getattr(policy, row.waits) * (1 + drawn / 2))
    return max(wait, min(after or 0.0, policy.retry_after_most_seconds))


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
