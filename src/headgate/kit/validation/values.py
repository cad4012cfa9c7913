"""The check of a value and of all below it: its type with conversions, then what else is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from headgate.kit.validation import sentences
from headgate.kit.validation.coercion import COERCIBLE, coerced, has_one_of
from headgate.kit.validation.implications import implication
from headgate.kit.validation.keywords import rules
from headgate.mapping import UNDEFINED

if TYPE_CHECKING:
    from headgate.kit.validation.keywords import Rule
    from headgate.kit.validation.problems import Problems
    from headgate.kit.validation.schema import Schema
    from headgate.kit.validation.sentences import Place
    from headgate.mapping import Mode

Step: TypeAlias = "Callable[[Any, Place, Problems], Any]"
"""Value, place, problems -> the value that takes its place; what is wrong is noted."""


def checker(schema: Schema, mode: Mode) -> Step:
    """Compile the check of one value; it works in Segment's order (kit-behaviour 6.2)."""
    late = schema["type"] == "object" and "properties" in schema
    typed = _as_it_is if late else _typed(schema, mode)
    steps = [*_steps(schema, mode), *([_object_or_problem(schema)] if late else [])]

    def check(value: Any, place: Place, problems: Problems) -> Any:
        inner, stays = typed(value, place, problems)
        for step in steps:
            inner = step(inner, place, problems)
        return inner if stays else value

    return check


def listed(types: str | list[str]) -> tuple[str, ...]:
    return (types,) if isinstance(types, str) else tuple(types)


_Typed: TypeAlias = "Callable[[Any, Place, Problems], tuple[Any, bool]]"
"""Value, place, problems -> the value to go on with, and whether it stays if nothing fails."""


def _as_it_is(value: Any, _place: Place, _problems: Problems) -> tuple[Any, bool]:
    return value, True


def _typed(schema: Schema, mode: Mode) -> _Typed:
    """Compile the type check with its conversions.

    At Segment a list of one item stands for the item where no list is allowed. With several
    types it then overlooks that the item has one of them already.
    """
    types = listed(schema["type"])
    has_type = has_one_of(types)
    unwraps = mode == "compatible" and not COERCIBLE.isdisjoint(types)
    looks_again = len(types) == 1

    def typed(value: Any, place: Place, problems: Problems) -> tuple[Any, bool]:
        if has_type(value):
            return value, True
        is_wrapped = unwraps and type(value) is list and len(value) == 1
        inner = value[0] if is_wrapped else value
        if is_wrapped and looks_again and has_type(inner):
            return inner, True
        converted = coerced(inner, types, finite=mode == "strict")
        if converted is not UNDEFINED:
            return converted, True
        problems.add(place, schema.get("title"), sentences.wrong_type(types, inner))
        return inner, not is_wrapped

    return typed


def _object_or_problem(schema: Schema) -> Step:
    def check(value: Any, place: Place, problems: Problems) -> Any:
        if type(value) is not dict:
            problems.add(place, schema.get("title"), sentences.wrong_type(("object",), value))
        return value

    return check


def _steps(schema: Schema, mode: Mode) -> Iterator[Step]:
    for rule in rules(schema, mode):
        yield _ruled(rule, schema.get("title"))
    if "items" in schema:
        yield _items(schema["items"], mode)
    implied = [_implied(rule, mode) for rule in schema.get("allOf", [])]
    if mode == "compatible":  # before conversions, so that a rule sees values as they came
        yield from implied
    if "properties" in schema:
        yield _members(schema, mode)
    if mode == "strict":
        yield from implied


def _ruled(rule: Rule, title: str | None) -> Step:
    def check(value: Any, place: Place, problems: Problems) -> Any:
        if not rule.holds(value):
            problems.add(place, title, rule.predicate(value))
        return value

    return check


def _items(schema: Schema, mode: Mode) -> Step:
    check_item = checker(schema, mode)

    def check(value: Any, place: Place, problems: Problems) -> Any:
        if type(value) is not list:
            return value
        return [check_item(item, (place, index), problems) for index, item in enumerate(value)]

    return check


def _implied(rule: Schema, mode: Mode) -> Step:
    demands = implication(rule, mode)

    def check(value: Any, place: Place, problems: Problems) -> Any:
        ruled = dict(value) if type(value) is dict else value  # a rule may write null into it
        demands(ruled, place, problems)
        return ruled

    return check


def _members(schema: Schema, mode: Mode) -> Step:
    """Compile the check of an object: required keys, unknown keys, then the known ones."""
    title = schema.get("title")
    required = schema.get("required", ())
    is_open = schema["additionalProperties"]
    checks = {key: checker(inner, mode) for key, inner in schema["properties"].items()}

    def check(value: Any, place: Place, problems: Problems) -> Any:
        if type(value) is not dict:
            return value
        for key in required:
            if key not in value:
                problems.add(place, title, sentences.missing(key))
        kept = {key: member for key, member in value.items() if is_open or key in checks}
        for key, check_member in checks.items():
            if key in kept:
                kept[key] = check_member(kept[key], (place, key), problems)
        return kept

    return check
