from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings

from headgate import trigger
from headgate.trigger.strict import parse, write
from tests.unit.trigger.trees import conditions, events, holds

if TYPE_CHECKING:
    from headgate.trigger.strict.syntax import Condition


@settings(deadline=None)
@given(conditions)
def test_what_is_written_is_read_as_the_same_tree(condition: Condition) -> None:
    text = write(condition)
    assert parse(text) == condition
    assert write(parse(text)) == text


@settings(deadline=None, max_examples=300)
@given(conditions, events)
def test_a_trigger_matches_where_its_condition_surely_holds(
    condition: Condition, event: dict[str, Any]
) -> None:
    assert trigger.compile(write(condition)).matches(event) is (holds(condition, event) is True)


@settings(deadline=None, max_examples=300)
@given(conditions, events)
def test_a_negated_trigger_matches_where_the_condition_surely_does_not_hold(
    condition: Condition, event: dict[str, Any]
) -> None:
    negated = trigger.compile(f"!({write(condition)})")
    assert negated.matches(event) is (holds(condition, event) is False)


@settings(deadline=None)
@given(conditions, events)
def test_an_explanation_agrees_with_the_match(condition: Condition, event: dict[str, Any]) -> None:
    compiled = trigger.compile(write(condition))
    explanation = compiled.explain(event)
    assert explanation.matches is compiled.matches(event)
    for clause in explanation.clauses:
        assert clause.text == compiled.text[clause.start : clause.end]
        as_wanted = clause.state == ("false" if clause.negated else "true")
        assert as_wanted is explanation.matches
