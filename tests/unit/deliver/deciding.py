"""What the kit makes of an answer, and what the policy makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.retry_policy import Case, Ended, Next, Outcome, what_next
from headgate.kit.errors import DeliveryError, Disconnect, Retry, TransportError, TransportKind
from headgate.kit.http import outcomes
from headgate.kit.http.request import Request, Response
from headgate.policy import DeliveryPolicy

if TYPE_CHECKING:
    from headgate.kit.http.request import Headers

POLICY = DeliveryPolicy()
NOW = 1_790_000_000_000


def answered(status: int, headers: Headers = (), now: float = 0.0) -> Outcome:
    """What the kit makes of an answer, as the engine hands it on."""
    request = Request(method="POST", url="https://receiver.test/")
    failure = outcomes.failure(request, Response(status, headers), lambda: now)
    if failure is None:
        return Outcome(Ended.DELIVERED, "", status)
    after = failure.after if isinstance(failure, Retry) else None
    return Outcome(ended(failure), str(failure), status, after)


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
    outcome: Outcome,
    tries: int = 0,
    *,
    age_ms: int = 0,
    draw: float = 0.5,
    policy: DeliveryPolicy = POLICY,
    **known: bool,
) -> tuple[Next, float]:
    """What follows, and the seconds until then; a delivery is tried again just when it is due."""
    is_again = known.pop("is_again", tries > 0)
    case = Case(tries, NOW - age_ms, NOW if is_again else 0, **known)
    step = what_next(outcome, case, NOW, lambda: draw, policy)
    return step, (step.due_at - NOW) / 1000
