"""Mappings become Python source: nothing a customer writes may be read as code."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate import mapping
from headgate.mapping import Json
from headgate.mapping.compiler import source

SLY = [
    "'",
    '"',
    "'''",
    "\\",
    "\\'",
    "\n",
    "\r",
    "\u2028",
    "\0",
    "\ud800",
    "{x}",
    "'+__import__('os').system('x')+'",
    "event",
    "UNDEFINED",
    "#",
]


@pytest.mark.parametrize("sly", SLY)
def test_what_a_customer_wrote_is_a_constant(sly: str) -> None:
    stored: Json = {
        sly: {"@path": sly},
        "literal": sly,
        "template": {"@template": f"{sly}{{{{{sly}}}}}"},
        "replaced": {"@replace": {"pattern": sly[:10], "replacement": sly[:10], "value": sly}},
        "list": {"@arrayPath": [sly, {sly: {"@path": sly}}]},
        "merged": {"@merge": {"direction": "left", "objects": [{sly: sly}]}},
        "flat": {"@flatten": {"separator": sly, "value": {sly: {sly: 1}}}},
    }
    tree = ast.parse(source(stored))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert "__import__" not in names
    assert source(stored).isascii()
    result = mapping.compile(stored)({})
    assert isinstance(result, dict)
    assert (result["literal"], result["flat"]) == (sly, {f"{sly}{sly}{sly}": 1})


texts = st.text(max_size=8) | st.sampled_from(SLY)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_plain_values_come_out_as_they_went_in(value: Json) -> None:
    stored: Json = {"@literal": {"out": value}}
    if "@" not in str(value):
        result = mapping.compile({"a": {"@if": {"exists": 1, "then": stored}}})({})
        assert result == {"a": {"out": value}}


def test_what_two_places_share_is_read_once() -> None:
    stored: Json = {"a": {"@path": "$.p.q.a"}, "b": {"@path": "$.p.q.b"}}
    assert source(stored).count("'q'") == source({"a": {"@path": "$.p.q.a"}}).count("'q'")


def test_what_is_read_in_one_branch_is_not_taken_for_read_in_another() -> None:
    stored: Json = {
        "a": {
            "@if": {"exists": {"@path": "x"}, "then": {"@path": "p.q"}, "else": {"@path": "p.r"}}
        },
        "b": {"@path": "p.q"},
    }
    assert mapping.compile(stored)({"p": {"q": 1, "r": 2}}) == {"a": 2, "b": 1}
