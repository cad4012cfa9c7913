from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate import trigger
from tests.unit.trigger.samples import EVENT


def wants(text: str) -> bool:
    return trigger.compile(text).matches(EVENT)


@pytest.mark.parametrize(
    "text",
    [
        "all",
        'type = "track"',
        "type = 'track'",
        'type="track"',
        'type != "identify"',
        'event = "Order Completed"',
        "userId != null",
        "name = null",
        'properties.plan = "pro"',
        "properties.total = 27.5",
        "properties.count = 3",
        "properties.count = 3.0",
        "properties.count = +3",
        "properties.count != -3",
        "properties.vip = true",
        "properties.gift = false",
        "properties.coupon = null",
        "properties.empty != null",
        "properties.zero != null",
        "properties.zero = 0",
        "properties.missing = null",
        "properties.missing.deeper = null",
        "traits.anything = null",
        'traits.plan != "pro"',
        'context.page.path = "/checkout"',
        'context.traits.email = "ada@example.com"',
        'properties.address.city = "Köln"',
        r'properties.address.zip\.code = "50667"',
        r'properties.product\ 1 = "Mug"',
        'properties.tags != "a"',
        "properties.tags.length = null",
        "'b' in properties.tags",
        "1 in properties.tags",
        "!(true in properties.tags)",
        '!("x" in properties.missing)',
        'type in ["page", "track"]',
        "!(type in [])",
        'type = "track" and properties.vip',
        "!properties.gift",
        "!contains(event, 'Refund')",
        "!!all",
        "null = null",
        "5 != true",
        '"x" != null',
        "5 < 6 and 5 = 5.0",
        "true",
        '"track" = type',
        "properties.total > properties.count",
        "3 <= properties.count",
        '"a" < properties.plan',
        'properties.tags = ["a", "b", 1]',
        "properties.address = properties.address",
        'received_at >= "2026-05-01"',
        'user_id = "u-1" and anonymousId = "a-1" and message_id = "m-1"',
        "integrations.All = true",
        "context != null and length(properties.tags) = 3",
        'lowercase(event) = "order completed"',
        'match(lowercase(event), "order *")',
        'contains(event, "Order") = true',
    ],
)
def test_an_event_is_wanted(text: str) -> None:
    assert wants(text)


@pytest.mark.parametrize(
    "text",
    [
        "!(all)",
        'type = "identify"',
        'type = "Track"',
        'type != "track"',
        "type = null",
        'name = "null"',
        'properties.plan = "PRO"',
        "properties.missing != null",
        'properties.missing = ""',
        "true in properties.tags",
        '["a"] = properties.tags',
        "properties.vip and properties.missing",
        'contains(name, "x")',
        "false",
        "null",
        '"x" = null',
        "1 = true",
        "properties.plan",
        'receivedAt < "2026-05-01"',
    ],
)
def test_an_event_is_not_wanted(text: str) -> None:
    assert not wants(text)


@pytest.mark.parametrize(
    "text",
    [
        'properties.count = "3"',
        "properties.three = 3",
        "properties.vip = 1",
        "properties.one = true",
        "properties.zero = false",
        'properties.vip = "true"',
        "properties.empty = null",
        'properties.coupon = "null"',
        'properties.tags = "a"',
        'properties.address = "Köln"',
    ],
)
def test_values_of_different_kinds_are_never_equal(text: str) -> None:
    assert not wants(text)
    assert wants(text.replace("=", "!="))


@pytest.mark.parametrize(
    "text",
    [
        "properties.plan > 5",
        'properties.total < "5"',
        "properties.missing < 5",
        "properties.vip >= properties.total",
        'contains(properties.tags, "a")',
        'contains(properties.total, "2")',
        'match(properties.total, "*")',
        "length(properties.address) = 2",
        "lowercase(properties.total) = null",
        "number(properties.plan) = 5",
        "properties.address in [1]",
        '"a" in properties.plan',
        "properties.missing",
        'properties.plan and type = "track"',
    ],
)
def test_what_cannot_be_told_is_not_sent_and_neither_is_its_opposite(text: str) -> None:
    assert not wants(text)
    if " and " not in text and text != "properties.missing":
        assert not wants(text.replace(" = ", " != "))
    assert not wants(f"!({text})")
    assert not wants(f"{text} and type = 'track'")
    assert wants(f"{text} or type = 'track'")


def test_null_is_false_as_a_part_of_and_and_or_but_nothing_that_can_be_negated() -> None:
    assert wants("!(properties.missing or properties.gift)")
    assert not wants("!properties.missing")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("all or !(all) and !(all)", True),
        ("!(all) and !(all) or all", True),
        ("(all or !(all)) and !(all)", False),
        ("!(all) or all and all", True),
        ("all and !(all) or !(all)", False),
        ("all and all and !(all)", False),
        ("!(all) or !(all) or all", True),
        ("!((all))", False),
        ("!(!(all))", True),
        ("! ( all )", False),
        ("(((all)))", True),
    ],
)
def test_and_binds_tighter_than_or(text: str, wanted: bool) -> None:  # noqa: FBT001 - expectation
    assert wants(text) is wanted


def test_connectives_may_touch_strings_and_parentheses() -> None:
    assert wants('(type="track")and(event="Order Completed")')
    assert wants('type = "track"and\n\tevent\r\n= "Order Completed"')


def test_hundreds_of_conditions_are_no_deeper_than_a_few() -> None:
    trigger_ = trigger.compile(" or ".join(["!(all)"] * 500 + ["all"]))
    assert trigger_.matches(EVENT)
    assert trigger.compile(" and ".join(["all"] * 600)).matches(EVENT)


def test_a_trigger_keeps_its_text_and_mode() -> None:
    compiled = trigger.compile('type = "track"')
    assert (compiled.text, compiled.mode) == ('type = "track"', "strict")


atoms = st.sampled_from([("all", True), ("!(all)", False), ('type = "page"', False)])


def joined(inner: st.SearchStrategy[tuple[str, bool]]) -> st.SearchStrategy[tuple[str, bool]]:
    """Any condition over smaller ones, each in parentheses, with what Python makes of it."""
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda p: (f"({p[0][0]}) and ({p[1][0]})", p[0][1] and p[1][1])),
        pairs.map(lambda p: (f"({p[0][0]}) or ({p[1][0]})", p[0][1] or p[1][1])),
        inner.map(lambda one: (f"!({one[0]})", not one[1])),
    )


@given(st.recursive(atoms, joined, max_leaves=20))
def test_conditions_mean_what_python_means(condition: tuple[str, bool]) -> None:
    text, expected = condition
    assert wants(text) is expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
events = st.dictionaries(
    st.sampled_from(["type", "event", "properties", "traits"]), json_values, max_size=4
)


@given(events, st.sampled_from(['"a"', "5", "true", "null", "1.5"]))
def test_no_event_makes_a_trigger_fail(event: dict[str, object], value: str) -> None:
    for subject in ("type", "properties.a", "traits.a.b.c"):
        equal = trigger.compile(f"{subject} = {value}").matches(event)
        assert trigger.compile(f"{subject} != {value}").matches(event) is not equal
