"""The short way for correct payloads: those that need no removal, no conversion, no sentence.

Most payloads are of this kind. What is not recognised here is only checked the long way, so this
may refuse a correct value, and never accepts another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.kit.validation.coercion import is_integer, is_number
from headgate.kit.validation.implications import implication
from headgate.kit.validation.keywords import rules
from headgate.kit.validation.problems import Problems
from headgate.kit.validation.values import listed

if TYPE_CHECKING:
    from headgate.kit.validation.keywords import Test
    from headgate.kit.validation.schema import Schema
    from headgate.mapping import Mode

_TYPES: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "object": frozenset({dict}),
}
_HAS: dict[str, Test] = {
    "string": lambda value: type(value) is str and value != "",
    "number": is_number,
    "integer": is_integer,
    "boolean": lambda value: type(value) is bool,
    "null": lambda value: value is None,
    "object": lambda value: type(value) is dict,
}
_NONE: frozenset[type] = frozenset()


def correct(schema: Schema, mode: Mode) -> Test:
    """Compile the test for an object without unknown keys."""
    properties = schema["properties"].items()
    types = {key: _types(of, mode) for key, of in properties}
    tests = {key: _test(of, mode) for key, of in properties}
    required = frozenset(schema.get("required", ()))
    follows = _rules(schema, mode)

    def is_correct(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for key, member in value.items():
            kind = type(member)
            if kind in types.get(key, _NONE):
                if kind is str and not member:
                    return False
            elif key not in tests or not tests[key](member):
                return False
        return required <= value.keys() and (follows is None or follows(value))

    return is_correct


def _rules(schema: Schema, mode: Mode) -> Test | None:
    """Compile the if/then rules; a value into which one writes null is not correct."""
    if "allOf" not in schema:
        return None
    implications = [implication(rule, mode) for rule in schema["allOf"]]

    def follows(value: dict[str, Any]) -> bool:
        copy = dict(value)
        return all(met(copy, None, Problems()) for met in implications) and copy == value

    return follows


def _types(schema: Schema, mode: Mode) -> frozenset[type]:
    """The types of which every value is correct, except the empty string."""
    if "properties" in schema or "items" in schema or rules(schema, mode):
        return _NONE
    return _NONE.union(*(_TYPES[name] for name in listed(schema["type"])))


def _test(schema: Schema, mode: Mode) -> Test:
    """Compile the test for any other value."""
    if "items" in schema:
        return _items(schema["items"], mode)
    if "properties" in schema:
        has = [correct(schema, mode)]
    else:
        has = [_HAS[name] for name in listed(schema["type"])]
    return _with_rules(has, [rule.holds for rule in rules(schema, mode)])


def _items(schema: Schema, mode: Mode) -> Test:
    types = _types(schema, mode)
    test = _test(schema, mode)

    def are_correct(value: Any) -> bool:
        if type(value) is not list:
            return False
        return all(type(item) in types or test(item) for item in value)

    return are_correct


def _with_rules(has: list[Test], holds: list[Test]) -> Test:
    """Ask for any of some types and all of some rules; one of each is what most values have."""
    if len(has) == len(holds) == 1:
        first, second = has[0], holds[0]
        return lambda value: first(value) and second(value)

    def is_correct(value: Any) -> bool:
        return any(test(value) for test in has) and all(test(value) for test in holds)

    return is_correct
