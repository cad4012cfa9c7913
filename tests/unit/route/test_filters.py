"""Destination filters: what they drop and what they take out (domain section 11)."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from headgate.route.filters import preview
from headgate.trigger import TriggerError
from tests.unit.route.events import (
    ORDER,
    allow_properties,
    decided,
    drop_properties,
    filter_,
    router,
)
from tests.unit.store.snapshots import SUBSCRIPTION


def rule(*filters: Any, event: Any = ORDER) -> str:
    return decided(event, filters=list(filters)).rule


def sent(*filters: Any, event: Any = ORDER) -> Any:
    """The event as the subscriptions see it."""
    decision = decided(event, filters=list(filters))
    assert decision.wanted == ("sub_1",)
    return event if decision.event is None else decision.event


def test_a_filter_drops_what_its_condition_holds_for() -> None:
    orders = filter_("No orders", 'event = "Order Completed"')
    assert rule(orders) == "filter: No orders"
    assert rule(orders, event={**ORDER, "event": "Other"}) == ""


def test_a_filter_that_is_off_does_nothing_and_need_not_even_compile() -> None:
    assert rule(filter_(if_="nonsense (", enabled=False)) == ""


def test_only_send_is_the_drop_of_everything_else() -> None:
    only = filter_("Only orders", '!(event = "Order Completed")')
    assert rule(only) == ""
    assert rule(only, event={**ORDER, "event": "Other"}) == "filter: Only orders"
    assert rule(only, event={"type": "track"}) == "filter: Only orders"


@pytest.mark.parametrize(
    ("condition", "properties"),
    [
        ("properties.total < 5", {"total": "12"}),
        ("properties.total < 5", {}),
        ("properties.total", {"total": "yes"}),
        ("contains(properties.total, 'x')", {"total": 7}),
        ("lowercase(properties.total) = 'x'", {"total": [1]}),
        ("!(properties.total >= 5)", {"total": None}),
    ],
)
@pytest.mark.parametrize("action", [{"type": "DROP"}, drop_properties(properties=["card"])])
def test_what_a_condition_cannot_tell_is_dropped_visibly(
    condition: str, properties: Any, action: Any
) -> None:
    event = {**ORDER, "properties": properties}
    unsure = filter_("Cheap", condition, action)
    assert rule(unsure, event=event) == "filter_error"
    assert router(filters=[unsure]).undecided(event) == "Cheap"
    assert rule(filter_("First"), unsure, event=event) == "filter_error"
    told = filter_("Cheap", f'event = "Other" and {condition}', action)
    assert rule(told, event=event) == "", "another part of it decides"


def test_null_is_not_true() -> None:
    assert rule(filter_("Flagged", "properties.internal")) == ""
    assert rule(filter_("Flagged", "!(properties.internal = true)")) == "filter: Flagged"


def test_dropped_properties_are_gone_and_all_else_is_shared() -> None:
    whole = copy.deepcopy(ORDER)
    seen = sent(
        filter_(
            "Cards",
            "all",
            drop_properties(properties=["card"], context=["ip"], **{"context.traits": ["email"]}),
        )
    )
    assert seen == {
        **ORDER,
        "properties": {"total": 12, "products": ORDER["properties"]["products"]},
        "context": {"traits": {}},
    }
    assert whole == ORDER
    assert seen["properties"]["products"] is ORDER["properties"]["products"]
    assert seen["integrations"] is ORDER["integrations"]


def test_allowed_properties_are_all_that_is_left_where_they_are() -> None:
    seen = sent(filter_("Few", "all", allow_properties(properties=["total", "more"])))
    assert seen == {**ORDER, "properties": {"total": 12}}
    assert sent(filter_("Few", "all", allow_properties(traits=["x"]))) == ORDER


def test_fields_reach_into_every_object_of_a_list() -> None:
    seen = sent(filter_("Costs", "all", drop_properties(**{"properties.products": ["cost"]})))
    assert seen["properties"]["products"] == [{"sku": "a"}, {"sku": "b"}, "loose"]
    deep = {**ORDER, "properties": {"carts": [{"items": [{"a": 1, "b": 2}]}, {"items": {"a": 3}}]}}
    fields = {"properties.carts.items": ["a"]}
    seen = sent(filter_("Deep", "all", drop_properties(**fields)), event=deep)
    assert seen["properties"] == {"carts": [{"items": [{"b": 2}]}, {"items": {}}]}


def test_a_backslash_makes_a_dot_part_of_a_key() -> None:
    event = {**ORDER, "properties": {"a.b": {"c": 1, "d": 2}, "a": {"b": {"c": 1}}}}
    seen = sent(filter_("Dots", "all", drop_properties(**{r"properties.a\.b": ["c"]})), event=event)
    assert seen["properties"] == {"a.b": {"d": 2}, "a": {"b": {"c": 1}}}


def test_the_empty_path_is_the_event_itself_which_keeps_what_the_server_writes() -> None:
    seen = sent(filter_("Nobody", "all", drop_properties(**{"": ["userId", "type", "messageId"]})))
    assert seen == {key: value for key, value in ORDER.items() if key != "userId"}
    seen = sent(filter_("Ids", "all", allow_properties(**{"": ["userId"]})))
    assert seen == {key: ORDER[key] for key in ("type", "messageId", "userId", "timestamp")}


@pytest.mark.parametrize("shape", [None, 7, "text", [], [[{"card": 1}]], ["card"]])
def test_an_event_of_another_shape_passes_property_filters(shape: Any) -> None:
    event = {**ORDER, "properties": shape}
    fields = {"properties": ["card"], "properties.products": ["cost"], "properties.a.b.c": ["d"]}
    for action in (drop_properties(**fields), allow_properties(**fields)):
        assert sent(filter_("Cards", "all", action), event=event) == event


def test_conditions_see_the_event_before_any_filter_changes_it() -> None:
    cards = filter_("Cards", "all", drop_properties(properties=["total"]))
    large = filter_("Large", "properties.total > 10")
    assert rule(cards, large) == "filter: Large"
    assert rule(large, cards) == "filter: Large"


def test_triggers_see_the_event_after_the_filters() -> None:
    by_card = msgspec.structs.replace(SUBSCRIPTION, trigger="properties.card != null")
    cards = filter_("Cards", "all", drop_properties(properties=["card"]))
    decision = decided(ORDER, filters=[cards], subscriptions=(by_card,))
    assert decision.rule == "no_matching_subscription"
    assert decided(ORDER, subscriptions=(by_card,)).wanted == ("sub_1",)


def test_samples_come_before_drops_and_dropped_before_allowed_properties() -> None:
    nothing = filter_("Sample", "all", {"type": "SAMPLE", "percent": 0})
    drop = filter_("Drop", "all")
    assert rule(drop, nothing) == "filter: Sample"
    allow = filter_("Allow", "all", allow_properties(properties=["card", "total"]))
    no_card = filter_("Cards", "all", drop_properties(properties=["card"]))
    for filters in ((allow, no_card), (no_card, allow)):
        assert sent(*filters)["properties"] == {"total": 12}
    both = filter_(
        "Both", "all", allow_properties(properties=["total"]), drop_properties(properties=["card"])
    )
    assert sent(both)["properties"] == {"total": 12}


def test_types_that_no_subscription_takes_are_told_before_filters() -> None:
    page = {**ORDER, "type": "page"}
    refusals: dict[str, Any] = {"filters": [filter_("All")], "consent": ["ads"]}
    said = {"integrations": {"All": False}, "context": {"consent": {}}}
    assert decided({**page, **said}, **refusals).rule == "no_matching_subscription"
    assert decided({**page, **said}).rule == "no_matching_subscription"
    assert decided({**ORDER, **said}, **refusals).rule == "consent"
    named = msgspec.structs.replace(SUBSCRIPTION, trigger='event = "Other"')
    assert decided(page, filters=[filter_("All")], subscriptions=(named,)).rule == "filter: All"


def test_a_retry_takes_out_what_a_decision_takes_out_and_drops_nothing() -> None:
    cards = filter_("Cards", "all", drop_properties(properties=["card"]))
    drop = filter_("Drop", "all", {"type": "DROP"}, {"type": "SAMPLE", "percent": 0})
    shaped = router(filters=[cards, drop]).shape(ORDER)
    assert "card" not in shaped["properties"]
    unsure = filter_("Cheap", "properties.total < 'x'", drop_properties(properties=["card"]))
    assert "card" not in router(filters=[unsure]).shape(ORDER)["properties"], "rather less"
    other = filter_("Other", 'event = "Other"', drop_properties(properties=["card"]))
    assert router(filters=[other]).shape(ORDER) is ORDER


def test_a_condition_that_cannot_be_read_refuses_the_connection() -> None:
    with pytest.raises(TriggerError):
        router(filters=[filter_(if_='userId = oops"')])
    with pytest.raises(msgspec.ValidationError):
        router(filters=[filter_("Odd", "all", {"type": "HASH"})])
    with pytest.raises(msgspec.ValidationError):
        router(filters=["all"])


def test_a_preview_is_segments() -> None:
    given = {"if": "all", "actions": [drop_properties(properties=["card", "products"])]}
    payload = copy.deepcopy(ORDER)
    assert preview(given, payload) == {
        "inputPayload": ORDER,
        "result": {**ORDER, "properties": {"total": 12}},
    }
    assert preview({"if": "all", "actions": [{"type": "DROP"}]}, payload)["result"] is None
    assert preview({"if": 'type = "page"', "actions": [{"type": "DROP"}]}, payload) == {
        "inputPayload": ORDER,
        "result": ORDER,
    }
    with pytest.raises(TriggerError):
        preview({"if": "oops", "actions": []}, payload)
