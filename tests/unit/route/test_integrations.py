"""The integrations object: who an event says it is for (domain section 11)."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.route.integrations import unknown_names
from headgate.store.snapshot import Schema
from tests.unit.route.events import ORDER, decided

TOGGLED = Schema(integrations={"Order Completed": {"Webhook": False}})


def rule(integrations: Any, schema: Schema | None = None, **changes: Any) -> str:
    return decided({**ORDER, "integrations": integrations}, schema, **changes).rule


@pytest.mark.parametrize(
    "integrations",
    [
        {},
        {"All": True},
        {"All": False, "Webhook": True},
        {"All": False, "webhook": True},
        {"All": False, "Webhooks": True},
        {"All": False, "Webhook (Actions)": {"option": 1}},
        {"All": False, "Webhook": {}},
        {"Slack": False},
        {"Webhook": True},
        {"Segment.io": False},
    ],
)
def test_an_event_goes_where_its_integrations_do_not_forbid_it(integrations: Any) -> None:
    assert rule(integrations) == ""


@pytest.mark.parametrize(
    "integrations",
    [
        {"All": False},
        {"Webhook": False},
        {"webhook": False},
        {"Webhooks": False},
        {"All": True, "Webhook": False},
        {"All": False, "Slack": True},
        {"Webhook": True, "Webhooks": False},
    ],
)
def test_one_no_is_enough(integrations: Any) -> None:
    assert rule(integrations) == "integrations_object"


def test_names_are_letter_for_letter() -> None:
    assert rule({"WEBHOOK": False}) == ""
    assert rule({"All": False, "WebHook": True}) == "integrations_object"


def test_a_destination_is_named_for_all_its_connections() -> None:
    for number in (1, 2):
        assert rule({"Webhook": False}, id=f"con_{number}", slug=f"hook-{number}") != ""


@pytest.mark.parametrize("value", [None, 0, 1, "", "false", "true", [], [False]])
def test_what_is_neither_true_false_nor_an_object_says_nothing(value: Any) -> None:
    assert rule({"Webhook": value}) == ""
    assert rule({"All": value}) == ""
    assert rule({"All": False, "Webhook": value}) == "integrations_object"


@pytest.mark.parametrize("whole", [None, True, False, 0, 7, "", "All", [], ["All"], [{}], 1.5])
def test_an_integrations_value_of_any_shape_breaks_nothing(whole: Any) -> None:
    assert rule(whole) == ""
    assert rule(whole, TOGGLED) == "schema_integration"


def test_a_schema_toggle_speaks_where_the_event_does_not() -> None:
    assert rule({}, TOGGLED) == "schema_integration"
    assert rule({"All": True}, TOGGLED) == "schema_integration", "All names nobody"
    assert rule({"Webhook": True}, TOGGLED) == ""
    assert rule({"All": False, "webhook": {"option": 1}}, TOGGLED) == ""
    assert rule({"Webhook": False}, TOGGLED) == "integrations_object"
    assert rule({"All": False}, TOGGLED) == "integrations_object"


def test_a_toggle_is_for_its_event_and_its_destination() -> None:
    assert rule({}, Schema(integrations={"Other": {"Webhook": False}})) == ""
    assert rule({}, Schema(integrations={"Order Completed": {"Slack": False}})) == ""
    assert rule({}, Schema(integrations={"Order Completed": {"Webhook": True}})) == ""


def test_names_that_lead_nowhere_are_told() -> None:
    given = {"All": False, "Segment.io": True, "Warehouses": {}, "Webhook": True, "webHook": True}
    assert unknown_names(given, {"Webhook", "webhook"}) == ["webHook"]
    assert unknown_names("Webhook", {"Webhook"}) == []
