from __future__ import annotations

import copy
from typing import Any

from hypothesis import given

from headgate.store.snapshot import Schema
from tests.unit.route.events import CONSENTS, EVENTS, FILTERS, ORDER, SCHEMAS, router


@given(EVENTS, EVENTS, SCHEMAS, FILTERS, CONSENTS)
def test_a_decision_is_a_function_of_event_and_rules_and_leaves_the_event_alone(
    event: Any, other: Any, schema: Schema | None, filters: Any, consent: Any
) -> None:
    whole = copy.deepcopy(event)
    used, fresh = (router(schema, filters=filters, consent=consent) for _ in range(2))
    first = used.decide(event)
    used.decide(other)
    shaped = used.shape(other)
    assert used.decide(event) == first, "what came between changes nothing"
    assert fresh.decide(copy.deepcopy(event)) == first, "nor does who decides"
    assert used.decide(event) == first
    assert event == whole
    assert used.shape(event) == fresh.shape(copy.deepcopy(event))
    assert shaped == fresh.shape(other)
    assert used.replayed(event) == {**whole, "integrations": {"All": False, "Webhook": True}}
    assert event == whole


@given(EVENTS, SCHEMAS, FILTERS)
def test_a_retry_sends_nothing_that_the_decision_took_out(
    event: Any, schema: Schema | None, filters: Any
) -> None:
    """What is decided to be sent and what is sent again are one and the same."""
    judge = router(schema, filters=filters)
    decision = judge.decide(event)
    if decision.wanted:
        assert judge.shape(event) == (event if decision.event is None else decision.event)


def test_an_event_that_no_rule_touches_is_not_copied() -> None:
    schema = Schema(blocked_events=("Other",), omitted_traits={"identify": ("ssn",)})
    judge = router(schema, consent=["ads"])
    assert judge.decide(ORDER).event is None
    assert judge.shape(ORDER) is ORDER
