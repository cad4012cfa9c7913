from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate import trigger
from headgate.trigger import TriggerError, structure
from headgate.trigger.conditions import NAMED, PLAIN
from headgate.trigger.structure import Condition, Group

FORM: dict[str, Any] = {
    "type": "group",
    "operator": "and",
    "children": [
        {"type": "event-type", "operator": "=", "value": "track"},
        {
            "type": "group",
            "operator": "or",
            "children": [
                {"type": "event", "operator": "starts_with", "value": "Order"},
                {"type": "event", "operator": "not_contains", "value": "x"},
                {"type": "userId", "operator": "exists"},
                {"type": "event-trait", "name": "age", "operator": ">=", "value": 18},
                {"type": "event-property", "name": "vip", "operator": "is_true"},
                {"type": "event-context", "name": "ip", "operator": "number_equals", "value": 5},
            ],
        },
    ],
}
TEXT = (
    'type = "track" and (match(event, "Order*") or !contains(event, "x") or userId != null'
    " or traits.age >= 18 or properties.vip = true or context.ip = 5)"
)

names = st.sampled_from(["plan", "a.b", "product 1", "é", "a-b_c", "5", '"', "(x)"])
words = st.sampled_from(["track", "it's", "Order Completed", "5", "true", "(", "x*y", "é😀"])
numbers = st.sampled_from([0, 5, -5, 2.5, 1e-7, 1234567])
plain_values = {
    **dict.fromkeys(["contains", "starts_with", "ends_with"], words),
    **dict.fromkeys(["not_contains", "not_starts_with", "not_ends_with"], words),
    **dict.fromkeys(["=", "!="], words),
}
number_values = dict.fromkeys(["<", "<=", ">", ">=", "number_equals", "number_not_equals"], numbers)
bare = dict.fromkeys(["exists", "not_exists", "is_true", "is_false"], st.none())


def of(subjects: Any, operators: dict[str, Any], named: Any) -> st.SearchStrategy[Condition]:
    return st.sampled_from(sorted(operators)).flatmap(
        lambda operator: st.builds(
            Condition, st.sampled_from(subjects), st.just(operator), operators[operator], named
        )
    )


calls = {name: each for name, each in plain_values.items() if name not in ("=", "!=")}
conditions = st.one_of(
    of(list(NAMED), plain_values | number_values | bare, names),
    of(["event", "name", "userId"], plain_values, st.none()),
    of(["event-type"], {"=": words, "!=": words}, st.none()),
    of(["name", "userId"], {"exists": st.none(), "not_exists": st.none()}, st.none()),
)
flat = st.builds(
    Group, st.sampled_from(["and", "or"]), st.lists(conditions, min_size=2, max_size=4).map(tuple)
)
groups = st.one_of(
    st.builds(lambda only: Group("and", (only,)), conditions),
    flat,
    st.builds(
        Group,
        st.sampled_from(["and", "or"]),
        st.lists(conditions | flat, min_size=2, max_size=4).map(tuple),
    ),
)


@pytest.mark.parametrize("mode", ["strict", "compatible"])
def test_a_form_is_written_and_read_again(mode: Any) -> None:
    form = structure.from_json(FORM)
    assert structure.write(form, mode) == TEXT
    inner = form.children[1]
    assert isinstance(inner, Group)
    without_calls = Group("and", (form.children[0], Group("or", inner.children[2:])))
    assert structure.read(structure.write(without_calls, mode), mode) == without_calls
    assert structure.to_json(form) == FORM


def has_calls_in_groups(group: Group) -> bool:
    """A function ends a group at its own parenthesis, at Segment."""
    return any(
        child.operator in calls
        for inner in group.children
        if isinstance(inner, Group)
        for child in inner.children
        if isinstance(child, Condition)
    )


def is_writable(group: Group) -> bool:
    """Numbers with exponents have no text, and a name cannot start with a digit."""
    text = structure.write(group)
    return not has_calls_in_groups(group) and "e-" not in text and ".5" not in text


@given(groups.filter(is_writable))
def test_every_form_survives_its_compatible_text(group: Group) -> None:
    text = structure.write(group)
    assert structure.read(text) == group
    assert structure.write(structure.read(text)) == text
    trigger.compile(text, "compatible")


@given(groups)
def test_every_form_survives_its_strict_text(group: Group) -> None:
    text = structure.write(group, "strict")
    assert structure.read(text, "strict") == group
    assert structure.write(structure.read(text, "strict"), "strict") == text
    trigger.compile(text)


@given(groups)
def test_every_form_survives_its_json(group: Group) -> None:
    assert structure.from_json(structure.to_json(group)) == group


@pytest.mark.parametrize(
    "text",
    [
        "all",
        'lowercase(event) = "x"',
        "properties.vip",
        '!(type = "track")',
        'type in ["track"]',
        'match(event, "a?c*")',
        'match(event, "a*c")',
        'anonymousId = "x"',
        r'properties.a\.b = "x"',
        "properties = null",
        'properties.at >= "2026"',
        '"track" = type',
        'contains("x", event)',
    ],
)
def test_what_no_form_can_show_is_refused_in_strict_mode(text: str) -> None:
    trigger.compile(text)
    with pytest.raises(TriggerError, match="a form cannot show this condition: edit the text"):
        structure.read(text, "strict")


def test_wildcards_in_values_are_escaped_in_strict_mode() -> None:
    stars = Group("and", (Condition("event", "starts_with", "50%*"),))
    assert structure.write(stars) == 'match(event, "50%**")'
    assert structure.write(stars, "strict") == r'match(event, "50%\**")'
    assert structure.read(r'match(event, "50%\**")', "strict") == stars


def test_one_pair_of_parentheses_around_everything_is_left_out() -> None:
    either = Group("or", (Condition("event", "=", "a"), Condition("event", "=", "b")))
    assert structure.write(Group("and", (either,))) == 'event = "a" or event = "b"'


def test_what_has_no_text_is_refused() -> None:
    with pytest.raises(TriggerError, match="a group has an empty child"):
        structure.write(structure.read('type = "a" and ()'))
    for bad, mode in [
        (Group("and", ()), "strict"),
        (Group("and", (None,)), "strict"),
        (Group("and", (Condition("event", "=", "'\""),)), "strict"),
        (Group("and", (Condition("event", "zzz", "x"),)), "strict"),
        (Group("and", (Condition("event", "<", "x"),)), "strict"),
        (Group("and", (Condition("event-property", "=", "x", ""),)), "strict"),
    ]:
        with pytest.raises(TriggerError):
            structure.write(bad, mode)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"type": "group"},
        {"type": "group", "operator": "xor", "children": []},
        {"type": "group", "operator": "and", "children": [{"type": "x", "operator": "="}]},
        {"type": "group", "operator": "and", "children": [{"type": "event"}]},
        {"type": "group", "operator": "and", "children": 5},
        {"type": "event", "operator": "="},
    ],
)
def test_json_of_another_form_is_refused(tree: Any) -> None:
    with pytest.raises(TriggerError, match="this is no structure of a trigger"):
        structure.from_json(tree)


def test_the_fields_of_conditions_are_the_documented_ones() -> None:
    assert sorted([*PLAIN, *NAMED]) == sorted(
        ["event-type", "event", "name", "userId", "event-property", "event-trait", "event-context"]
    )
