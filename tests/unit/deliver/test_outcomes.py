from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.deliver.outcomes import BROKEN, outcome_of, perform_batch, said
from headgate.deliver.owed import Delivery
from headgate.deliver.retry_policy import Ended, Outcome
from headgate.kit import Discard, Disconnect, Response, Retry
from headgate.mapping import MappingError
from tests.simulation.setting import ready
from tests.unit.deliver.lanes import JOINED, Ward, event

if TYPE_CHECKING:
    from headgate.kit.results import ItemResult


class Unsaid(Exception):
    """An author's error that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            Retry("busy", status=503, after=7.0),
            Outcome(Ended.RETRY, "busy", 503, 7.0),
        ),
        (Retry("no answer", kind="dns"), Outcome(Ended.RETRY, "no answer", kind="dns")),
        (Discard("bad", status=400), Outcome(Ended.DISCARD, "bad", 400)),
        (Discard("no email"), Outcome(Ended.DISCARD, "discarded: no email")),
        (Disconnect("refused", status=401), Outcome(Ended.DISCONNECT, "refused", 401)),
    ],
)
def test_what_an_author_raises_says_what_follows(error: Exception, outcome: Outcome) -> None:
    assert outcome_of(error) == (outcome, None)


def test_a_mapping_that_an_event_leads_astray_is_the_events_fault() -> None:
    outcome, broken = outcome_of(MappingError("/data it is no number"))
    assert (outcome.ended, broken) == (Ended.DISCARD, None)
    assert outcome.reason.startswith("mapping_error: ")


def test_a_fault_of_code_is_told_by_its_kind_alone_and_comes_along() -> None:
    error = KeyError("secret")
    assert outcome_of(error) == (Outcome(Ended.DISCARD, f"{BROKEN}: KeyError"), error)


def test_an_error_that_cannot_say_what_it_is_breaks_nothing() -> None:
    assert said(Unsaid()) == "Unsaid"
    assert outcome_of(Unsaid())[0].reason == f"{BROKEN}: Unsaid"


# batches


class Scripted:
    """A destination that gives what a test says, or raises it."""

    def __init__(self, given: Any) -> None:
        self.given = given

    async def perform_batch(self, *_: object) -> tuple[ItemResult, ...]:
        if isinstance(self.given, Exception):
            raise self.given
        result: tuple[ItemResult, ...] = self.given
        return result


async def performed(given: Any, count: int = 2) -> tuple[list[tuple[Outcome, bool]], Any]:
    lane = Ward().lane
    deliveries = [Delivery(lane, event(position), "most") for position in range(count)]
    connected: Any = Scripted(given)
    prepared = ready(JOINED)._replace(connected=connected)
    result = await perform_batch(deliveries, prepared, None)  # type: ignore[arg-type]
    return list(result.outcomes), result.broken


async def test_each_item_has_its_own_outcome() -> None:
    outcomes, broken = await performed((Response(200), Retry("later", status=503)))
    assert broken is None
    assert outcomes == [
        (Outcome(Ended.DELIVERED, "", 200), True),
        (Outcome(Ended.RETRY, "later", 503), True),
    ]


async def test_what_did_not_fit_was_not_sent() -> None:
    outcomes, _ = await performed((Discard("no email"), Discard("bad", status=400)))
    assert [was_sent for _, was_sent in outcomes] == [False, True]


async def test_what_is_raised_for_all_is_the_outcome_of_each() -> None:
    error = KeyError("secret")
    outcomes, broken = await performed(error, 3)
    assert outcomes == [(Outcome(Ended.DISCARD, f"{BROKEN}: KeyError"), True)] * 3
    assert broken is error
