"""What a page keeps from its plugins is what we would keep from a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.collect.cdn.routing import filter_rules, plan, schema_rules
from headgate.route import SourceRules
from headgate.route.filters import Filters
from headgate.store.snapshot import Schema
from headgate.trigger import TriggerError
from tests.harness.page import Page, page
from tests.unit.route.events import ORDER, allow_properties, drop_properties, filter_
from tests.unit.store.snapshots import source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME = "Acme Pixel"

VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, 3, -2.5, "", "a", "Ab", "3", "true", [], {}]
)
OBJECTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from("abc"), VALUES | st.just({"a": "A"}), max_size=3
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page"]), "messageId": st.just("m")},
    optional={
        "event": st.sampled_from(["A", "B", "a*"]),
        "userId": st.just("u"),
        "properties": OBJECTS | st.fixed_dictionaries({"a": st.lists(OBJECTS, max_size=2)}),
        "traits": OBJECTS,
    },
)
CONDITIONS = st.recursive(
    st.sampled_from(
        [
            "all",
            'type = "track"',
            'event != "A"',
            "properties.a = null",
            "null != properties.b",
            "properties.a = 3",
            "properties.a = true",
            "properties.a",
            "!properties.a",
            "properties.a < 3",
            "3 > properties.b",
            "properties.b >= -2.5",
            'contains(event, "A")',
            'match(properties.a, "a*")',
            'match(lowercase(properties.a), "a?")',
            'lowercase(properties.a) = "ab"',
            'lowercase(properties.a) != "ab"',
            "lowercase(properties.a) = null",
            'properties.a in ["a", 3, null]',
            'type in ["page", "track"]',
            'properties.a.a = "A"',
            "true",
            "false",
            "null",
        ]
    ),
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("!({})".format, inner)
    ),
    max_leaves=4,
)
FIELDS = st.dictionaries(
    st.sampled_from(["", "properties", "properties.a", "traits"]),
    st.lists(st.sampled_from(["a", "b", "userId"]), max_size=2),
    min_size=1,
    max_size=2,
)
ACTIONS = st.one_of(
    st.just({"type": "DROP"}),
    st.builds(lambda percent: {"type": "SAMPLE", "percent": percent}, st.sampled_from([0, 1])),
    st.builds(lambda fields: {"type": "DROP_PROPERTIES", "fields": fields}, FIELDS),
    st.builds(lambda fields: {"type": "ALLOW_PROPERTIES", "fields": fields}, FIELDS),
)


@pytest.fixture(scope="module")
def browser(needs: Callable[[str, str], Path]) -> Iterator[Page]:
    with page(needs("node", "install Node.js 20 or newer")) as opened:
        yield opened


@pytest.mark.node
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS, CONDITIONS, st.lists(ACTIONS, min_size=1, max_size=2))
def test_a_plugin_gets_what_a_destination_would_get(
    browser: Page, event: Any, condition: str, actions: Any
) -> None:
    filters = [filter_("One", condition, *actions)]
    judged = Filters(filters).judge(event)
    got = browser.plugin_gets(event, filter_rules(NAME, filters), NAME)
    assert got == (None if judged.rule else judged.event)


@pytest.mark.node
@settings(max_examples=60, deadline=None)
@given(EVENTS, st.lists(ACTIONS, min_size=1, max_size=2), st.lists(ACTIONS, min_size=1, max_size=2))
def test_several_filters_act_in_their_order_in_pages_too(
    browser: Page, event: Any, first: Any, second: Any
) -> None:
    filters = [filter_("X", 'type = "track"', *first), filter_("Y", "all", *second)]
    judged = Filters(filters).judge(event)
    got = browser.plugin_gets(event, filter_rules(NAME, filters), NAME)
    assert got == (None if judged.rule else judged.event)


@pytest.mark.node
@settings(max_examples=60, deadline=None)
@given(EVENTS, st.lists(st.sampled_from("ab"), max_size=2))
def test_a_schema_keeps_from_plugins_what_it_keeps_from_destinations(
    browser: Page, event: Any, traits: list[str]
) -> None:
    schema = Schema(blocked_calls=("page",), omitted_traits={"identify": tuple(traits)})
    judged = SourceRules(source(schema=schema)).judge(event)
    got = browser.plugin_gets(event, schema_rules(NAME, schema), NAME)
    assert got == (None if judged.rule else judged.event)


@pytest.mark.node
def test_rules_are_for_one_plugin_and_those_of_others_leave_it_alone(browser: Page) -> None:
    cards = filter_("Cards", "all", drop_properties(properties=["card"]))
    rules = [*filter_rules(NAME, [cards]), *filter_rules("Other", [filter_("All")])]
    assert "card" not in browser.plugin_gets(ORDER, rules, NAME)["properties"]
    assert browser.plugin_gets(ORDER, rules, "Other") is None
    assert browser.plugin_gets(ORDER, rules, "Third") == ORDER


@pytest.mark.node
def test_a_sample_by_path_is_one_by_chance_in_pages(browser: Page) -> None:
    """Given a path, the library keeps everything."""
    half = filter_("Half", "all", {"type": "SAMPLE", "percent": 0.5, "path": "userId"})
    rules = filter_rules(NAME, [half])
    kept = sum(browser.plugin_gets(ORDER, rules, NAME) is not None for _ in range(200))
    assert 50 < kept < 150
    (rule,) = rules
    rule["transformers"][0][0]["config"]["sample"]["path"] = "userId"
    told = [browser.plugin_gets({**ORDER, "userId": f"u-{n}"}, rules, NAME) for n in range(200)]
    assert None not in told


@pytest.mark.parametrize(
    "condition",
    [
        "length(properties.a) > 3",
        'typeof(properties.a) = "list"',
        "properties.a = properties.b",
        'properties.a < "b"',
        'lowercase(properties.a) < "b"',
        r"properties.a\.b = 1",
        "uppercase(event) = 'A'",
        "contains(event, userId)",
        "1 = 1",
    ],
)
def test_what_pages_cannot_evaluate_is_refused(condition: str) -> None:
    with pytest.raises(TriggerError, match="pages"):
        filter_rules(NAME, [filter_("X", condition)])
    assert filter_rules(NAME, [filter_("X", condition, enabled=False)]) == []


def test_a_condition_that_can_always_be_told_is_one_rule() -> None:
    (rule,) = filter_rules(NAME, [filter_("X", 'event = "A"')])
    assert rule == {
        "scope": "destinations",
        "target_type": "workspace::project::destination::config",
        "destinationName": NAME,
        "matchers": [{"type": "fql", "ir": '["=","event",{"value":"A"}]'}],
        "transformers": [[{"type": "drop"}]],
    }
    allow = filter_("Y", "all", allow_properties(**{"": ["userId"]}))
    (rule,) = filter_rules(NAME, [allow])
    assert rule["transformers"][0][0]["config"]["allow"][""] == [
        "messageId",
        "projectId",
        "receivedAt",
        "timestamp",
        "type",
        "userId",
    ]


def test_the_plan_has_what_is_blocked_and_the_toggles_of_plugins_only() -> None:
    schema = Schema(
        blocked_events=("Blocked",),
        integrations={
            "Order": {"Acme": False, "Webhook": False},
            "Cloud only": {"Webhook": False},
            "On": {"Acme": True},
        },
    )
    default = {"enabled": True, "integrations": {}}
    assert plan(schema, [(NAME, frozenset({NAME, "Acme"}))])["track"] == {
        "__default": default,
        "Order": {"enabled": True, "integrations": {NAME: False}},
        "Blocked": {"enabled": False, "integrations": {}},
    }
    assert plan(None, [])["track"] == {"__default": default}
