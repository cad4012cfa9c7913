from __future__ import annotations

from typing import Any

import pytest

from headgate import trigger
from headgate.trigger import TriggerError
from headgate.trigger.compatible.parser import LONGEST
from tests.unit.trigger.samples import EVENT


def wants(text: str, event: Any = EVENT) -> bool:
    return trigger.compile(text, "compatible").matches(event)


@pytest.mark.parametrize(
    "text",
    [
        'type = "track"',
        'type="track"',
        'event = "Order Completed" and properties.total = 27.5',
        "properties.total > 20",
        "properties.total != 5",
        'properties.three != 5 or properties.three = "3"',
        'properties.missing != "pro"',
        'contains(event, "Order") and !contains(event, "Refund")',
        'match(event, "Order*") and match(event, "*Completed") and !match(event, "*x")',
        "userId != null and name = null",
        "properties.vip = true and properties.gift = false",
        "properties.missing = null and properties.coupon = null and properties.empty != null",
        r'properties.product\ 1 = "Mug"',
        r"properties.tags\.length = 3",
        r'properties.plan\.0 = "p"',
        "properties.address != null",
        'context.page.path = "/checkout"',
        "properties.three contains 3 and !contains(properties.three, 0)",
        '(type = "page" or type = "track") and event != null',
    ],
)
def test_an_event_is_wanted(text: str) -> None:
    assert wants(text)


@pytest.mark.parametrize(
    "text",
    [
        'properties.total = "27.5"',
        "properties.three = 3",
        "properties.three > 2",
        "properties.vip = 1",
        'properties.missing < "x"',
        "type < 5",
        '!contains(properties.missing, "x")',
        '!match(properties.total, "x*")',
        "properties.three != 3",
        'match(event, "*der*")',
        "properties.total in 5",
        "properties.three contains 0",
        "properties.three contains false",
        r"properties.missing\.deeper != null",
    ],
)
def test_an_event_is_not_wanted(text: str) -> None:
    assert not wants(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('type = "track" and anonymousId = "other"', True),
        ("type = 'track'", False),
        ("type = \"'track'\"", False),
        ('event = null and type = "track"', False),
        ("event != null", True),
        ('!(type = "track")', True),
        ('!type = "track"', True),
        ('type = "track" or event = "x" and userId = "x"', False),
        ('event = "x" and userId = "x" or type = "track"', True),
        ('type = "page" or (contains(event, "Order") and userId = "x")', False),
        ('and type = "track" type = "track" or', True),
        ('match(event, "xOrder Completed")', True),
        ("type = track", True),
        ("userId = u-1", True),
        ("type != an and event != nul", True),
        ("(type != nu)", True),
        ("(type = a) or (userId != n)", True),
        ('type = "track" and event != a"', True),
    ],
)
def test_quirks_decide_as_they_do_at_segment(text: str, wanted: bool) -> None:  # noqa: FBT001
    assert wants(text) is wanted


def test_a_walk_ends_at_a_value_that_is_false_and_gives_it() -> None:
    assert wants(r"properties.gift\.deeper = false")
    assert wants(r"properties.zero\.deeper = 0")
    assert wants(r'properties.empty\.deeper = ""')


def test_what_every_object_has_in_javascript_exists() -> None:
    assert wants("properties.toString != null and properties.address.constructor != null")
    assert not wants('properties.toString = "x"')
    assert wants("properties.toString = 5", {"properties": {"toString": 5}})


def test_lengths_and_places_count_utf_16_units() -> None:
    event = {"properties": {"a": "é😀", "large": 2**53 + 1}}
    assert wants(r"properties.a\.length = 3", event)
    assert wants(r'match(properties.a\.0, "xé")', event)
    assert wants('match(properties.a, "😀")', event)  # its first half is cut off
    assert wants("properties.large = 9007199254740992", event)


def test_an_empty_group_keeps_a_trigger_from_matching_when_it_is_reached() -> None:
    assert not wants('type = "track" and ()')
    assert not wants('() or type = "track"')
    assert wants('type = "track" or ()')
    assert not wants(r"properties.\. != null")


@pytest.mark.parametrize("event", [None, "text", 5, [], True])
def test_what_is_no_event_has_no_members(event: object) -> None:
    assert not wants('type = "track"', event)
    assert wants('type != "track"', event) is (event is not None)


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("", 0, "Segment finds no condition here"),
        ("foo", 0, "Segment finds no condition here"),
        ("()", 0, "Segment finds no condition here"),
        ("type", 4, "`type` needs a value"),
        ('type!="track"', 4, "Segment needs a space after `!=`"),
        ('type = "track', 7, 'this string has no closing "'),
        ('((type = "track"))', 1, "Segment takes the first `)`"),
        ('type = "a" and ! contains(event, "x")', 15, "`!` must stand directly before"),
        ("properties.value>5", 0, "`value` needs a space after it"),
        ("properties.a = 5.", 15, "a number has one decimal point"),
        ("properties.a = 1.2.3", 15, "a number has one decimal point"),
        ("type = b;", 7, "`b` needs a space after it"),
        ("type = ;", 7, "';' means nothing here"),
        ("type = \r", 7, "'\\r' means nothing here"),
        ("type = x\\", 8, "a backslash needs a character after it"),
        ("contains(event", 14, "contains() is missing a 2nd argument"),
        ("😀", 0, "means nothing here"),
    ],
)
def test_an_invalid_subscription_is_refused_with_a_place(
    text: str, position: int, problem: str
) -> None:
    with pytest.raises(TriggerError) as caught:
        trigger.compile(text, "compatible")
    assert problem in str(caught.value)
    assert 0 <= caught.value.position <= len(text)
    if position:
        assert caught.value.position >= position


def test_a_text_is_limited_in_bytes() -> None:
    start, end = 'type = "', '"'
    longest = f"{start}{'a' * (LONGEST - len(start) - len(end))}{end}"
    assert not wants(longest)
    for too_long in (f"{longest} ", longest.replace("a", "é"), "(" * 1_000_000):
        with pytest.raises(TriggerError, match="at most 65536 bytes long in compatible mode"):
            trigger.compile(too_long, "compatible")


def test_any_value_can_be_tested_for() -> None:
    assert wants('properties.a = "it\'s"', {"properties": {"a": "it's"}})
    assert wants('properties.a = "{}\\n"', {"properties": {"a": "{}\\n"}})
    assert wants('properties.a = "a\nb"', {"properties": {"a": "a\nb"}})
    assert wants(f"properties.a < 1{'0' * 400}", {"properties": {"a": 10**30}})
