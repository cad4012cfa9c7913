"""Random trees of the strict language, and a plain interpreter to compare the compiler with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from headgate.trigger.strict.functions import ERROR, FUNCTIONS
from headgate.trigger.strict.kinds import kind_of
from headgate.trigger.strict.syntax import (
    All,
    And,
    Call,
    Comparison,
    Condition,
    Constant,
    Field,
    Items,
    Not,
    Operand,
    Or,
    Truth,
)
from headgate.trigger.strict.values import ORDERS

TEXTS = ["track", "a", "A b", "", "5", "it's", 'say "x"', "true", "é😀", "*", "a*", "\\n"]
NUMBERS = [0, 1, -5, 3, 2.5, 1.0, 10**20, 1e-7]

scalars = st.sampled_from([*TEXTS, *NUMBERS, True, False, None])
texts = st.builds(Constant, st.sampled_from(TEXTS))
constants = st.builds(Constant, scalars)
items = st.builds(Items, st.lists(scalars, max_size=4).map(tuple))
fields = st.builds(
    Field,
    st.sampled_from(
        [
            ("type",),
            ("event",),
            ("userId",),
            ("properties",),
            ("properties", "a"),
            ("properties", "b"),
            ("properties", "a", "b"),
            ("properties", "a.b c", "é"),
            ("properties", "a", "b", "c", "d", "e", "f"),
            ("traits", "0"),
            ("context", "page", "path"),
        ]
    ),
)


def calls(inner: st.SearchStrategy[Operand]) -> st.SearchStrategy[Operand]:
    texty = fields | texts
    one = ["length", "lowercase", "uppercase", "snakecase", "titlecase", "kebabcase"]
    any_kind = st.builds(
        lambda name, argument: Call(name, (argument,)),
        st.sampled_from([*one, "typeof", "bool", "string", "number"]),
        fields | inner.filter(lambda operand: isinstance(operand, Field)),
    )
    nested = st.builds(
        lambda outer, name, argument: Call(outer, (Call(name, (argument,)),)),
        st.sampled_from(one),
        st.sampled_from(one[1:]),
        texty,
    )
    return any_kind | nested


tests_of_texts = st.builds(
    lambda name, text, other: Call(name, (text, other)),
    st.sampled_from(["contains", "match"]),
    fields,
    texts.filter(lambda text: not str(text.value).endswith("\\")) | fields,
)
values: st.SearchStrategy[Operand] = fields | constants | items | calls(fields) | tests_of_texts
ordered = fields | st.builds(lambda argument: Call("length", (argument,)), fields)
comparisons = st.one_of(
    st.builds(Comparison, values, st.sampled_from(["=", "!="]), values),
    st.builds(Comparison, constants, st.sampled_from(["=", "!="]), constants | fields),
    st.builds(
        Comparison,
        ordered,
        st.sampled_from([*ORDERS]),
        ordered | st.builds(Constant, st.sampled_from(NUMBERS)),
    ),
    st.builds(Comparison, texts, st.sampled_from([*ORDERS]), fields),
    st.builds(Comparison, constants | fields, st.just("in"), items | fields),
)
truths = st.builds(Truth, fields | tests_of_texts | st.just(Constant(value=True)))
leaves: st.SearchStrategy[Condition] = st.just(All()) | truths | comparisons
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)

json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "d", "page", "path", "0"]), inner)
    ),
    max_leaves=8,
)
events: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["type", "event", "userId", "properties", "properties", "traits", "context"]),
    json_values,
    max_size=6,
)


def holds(condition: Condition, event: dict[str, Any]) -> bool | None:
    """What a condition is: true, false, or None where it cannot be told."""
    match condition:
        case All():
            return True
        case Not(inner):
            found = holds(inner, event)
            return None if found is None else not found
        case And(parts):
            found_parts = [part_of_group(part, event) for part in parts]
            return False if False in found_parts else None if None in found_parts else True
        case Or(parts):
            found_parts = [part_of_group(part, event) for part in parts]
            return True if True in found_parts else None if None in found_parts else False
        case Truth(operand):
            value = value_of(operand, event)
            return value if isinstance(value, bool) else None
        case Comparison(left, operator, right):
            return compared(value_of(left, event), operator, value_of(right, event))


def part_of_group(condition: Condition, event: dict[str, Any]) -> bool | None:
    """`and` and `or` take null for false."""
    is_null = isinstance(condition, Truth) and value_of(condition.operand, event) is None
    return False if is_null else holds(condition, event)


def compared(left: Any, operator: str, right: Any) -> bool | None:
    if left is ERROR or right is ERROR:
        return None
    if operator in ("=", "!="):
        return same(left, right) is (operator == "=")
    if operator == "in":
        if isinstance(left, list | dict) or not isinstance(right, list | None):
            return None
        return any(same(left, item) for item in right or [])
    if kind_of(left) != kind_of(right) or kind_of(left) not in ("number", "string"):
        return None
    return bool(ORDERS[operator](left, right))


def same(left: Any, right: Any) -> bool:
    if kind_of(left) != kind_of(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def value_of(operand: Operand, event: dict[str, Any]) -> Any:
    match operand:
        case Constant(value):
            return value
        case Items(found):
            return list(found)
        case Call(name, arguments):
            return FUNCTIONS[name].run(*(value_of(argument, event) for argument in arguments))
        case Field(keys):
            found_value: Any = event
            for key in keys:
                found_value = found_value.get(key) if isinstance(found_value, dict) else None
            return found_value
