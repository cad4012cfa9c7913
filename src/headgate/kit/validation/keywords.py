"""What the schema of one value asks beyond its type: bounds, lengths, formats, choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.kit.validation import sentences
from headgate.kit.validation.coercion import is_number
from headgate.kit.validation.formats import recogniser
from headgate.mapping.javascript import length
from headgate.mapping.values import kind

if TYPE_CHECKING:
    from headgate.kit.validation.schema import Schema
    from headgate.mapping import Mode

Test = Callable[[Any], bool]


class Rule(NamedTuple):
    """Whether a value passes (as one of another type always does), and what to say if not."""

    holds: Test
    predicate: Callable[[Any], str]


def rules(schema: Schema, mode: Mode) -> tuple[Rule, ...]:
    """Compile the rules of one schema, in the order in which Segment reports them."""
    return tuple(_rules(schema, mode))


def _rules(schema: Schema, mode: Mode) -> Iterator[Rule]:
    if "enum" in schema:
        yield _choice(schema["enum"])
    for keyword, rule in _BOUNDS.items():
        if keyword in schema:
            yield rule(schema[keyword])
    if test := recogniser(schema.get("format", "text"), mode):
        yield _format(schema["format"], test)


def among(choices: list[Any]) -> Test:
    """Compile the test for being equal to one of some JSON values."""
    texts = frozenset(choice for choice in choices if type(choice) is str)
    scalars = frozenset((kind(choice), choice) for choice in choices if not _has_members(choice))
    others = [choice for choice in choices if _has_members(choice)]

    def holds(value: Any) -> bool:
        if type(value) is str:
            return value in texts
        if _has_members(value):
            return any(same(value, other) for other in others)
        return (kind(value), value) in scalars

    return holds


def _has_members(value: Any) -> bool:
    return type(value) is dict or type(value) is list


def same(a: Any, b: Any) -> bool:
    """Tell JSON equality: 1 is 1.0 and not true, at any depth."""
    if type(a) is dict and type(b) is dict:
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if type(a) is list and type(b) is list:
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b) and (type(a) is bool) == (type(b) is bool)


def _choice(choices: list[Any]) -> Rule:
    predicate = sentences.unlisted(choices)
    return Rule(among(choices), lambda _: predicate)


def _maximum(limit: float) -> Rule:
    return Rule(
        lambda value: not is_number(value) or value <= limit,
        lambda _: sentences.too_large(limit),
    )


def _minimum(limit: float) -> Rule:
    return Rule(
        lambda value: not is_number(value) or value >= limit,
        lambda _: sentences.too_small(limit),
    )


def _max_length(limit: float) -> Rule:
    """The limit counts characters, but the sentence, as JavaScript does, units of UTF-16."""
    return Rule(
        lambda value: type(value) is not str or len(value) <= limit,
        lambda value: sentences.too_long(limit, length(value)),
    )


def _min_length(limit: float) -> Rule:
    return Rule(
        lambda value: type(value) is not str or len(value) >= limit,
        lambda value: sentences.too_short(limit, length(value)),
    )


def _format(name: str, test: Callable[[str], bool]) -> Rule:
    return Rule(
        lambda value: type(value) is not str or test(value),
        lambda _: sentences.misformatted(name),
    )


_BOUNDS: dict[str, Callable[[float], Rule]] = {
    "maximum": _maximum,
    "minimum": _minimum,
    "maxLength": _max_length,
    "minLength": _min_length,
}
