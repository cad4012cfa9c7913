from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from headgate import trigger
from headgate.trigger import structure
from tests.unit.trigger.test_structure import groups, is_writable
from tests.unit.trigger.trees import events

if TYPE_CHECKING:
    from headgate.trigger.structure import Group


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("type = 'track'", "Segment reads it as `type = \"'track'\"`"),
        (
            'type = "a" or type = "b" and event = "c"',
            'Segment reads it as `type = "a" and type = "b" and event = "c"`',
        ),
        ('type = "a" and anonymousId = "x"', 'Segment reads it as `type = "a"`'),
        ('!(type = "a")', 'Segment reads it as `type = "a"`'),
        ("event = null", 'Segment reads it as `event = "null"`'),
        ("userId = 5", 'Segment reads it as `userId = "5"`'),
        ('match(event, "a*b")', 'Segment reads it as `match(event, "**b")`'),
        ('((type = "a"))', "Segment cannot read it, so that it never matches there: Segment takes"),
        ("all", "Segment cannot read it"),
        ('type = "a" and ()', "strict mode cannot read it: expected a condition"),
        (
            '!contains(event, "x")',
            '`!contains(event, "x")`: where the field is missing, it is true in strict mode and',
        ),
        ("properties.a != 5", "`properties.a != 5`: where the field is no number, it is true in"),
    ],
)
def test_a_text_that_means_something_else_is_told(text: str, reason: str) -> None:
    assert trigger.differences(text)[0].startswith(reason)


@given(groups.filter(is_writable), events)
def test_where_no_difference_is_told_both_modes_decide_alike(
    group: Group, event: dict[str, Any]
) -> None:
    text = structure.write(group)
    for root in ("properties", "traits", "context"):  # Segment's walks end at false and give it
        event[root] = dict.fromkeys(["plan", "a"], event.get(root))
    if "a.b" not in text and not trigger.differences(text):
        strict, compatible = (trigger.compile(text, mode) for mode in ("strict", "compatible"))
        assert strict.matches(event) is compatible.matches(event)
