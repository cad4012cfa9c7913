"""Running the if/then rules that `conditional` derives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from headgate.kit.validation import sentences
from headgate.kit.validation.coercion import coerced
from headgate.kit.validation.keywords import among, same
from headgate.mapping import UNDEFINED

if TYPE_CHECKING:
    from headgate.kit.validation.keywords import Test
    from headgate.kit.validation.problems import Problems
    from headgate.kit.validation.schema import Schema
    from headgate.kit.validation.sentences import Place
    from headgate.mapping import Mode

Demand: TypeAlias = "Callable[[Any, Place, Problems], bool]"
"""Value, place, problems -> whether all that is demanded is there; what is missing is noted."""


def implication(rule: Schema, mode: Mode) -> Demand:
    """Compile one rule. Segment says of a broken one that it is broken, and only then why not."""
    holds = test(rule["if"])
    demand = _demand(rule["then"])

    def check(value: Any, place: Place, problems: Problems) -> bool:
        met = not holds(value) or demand(value, place, problems)
        if not met and mode == "compatible":
            problems.add(place, None, sentences.UNMET)
        return met

    return check


def test(schema: Schema) -> Test:
    """Compile the `if` of a rule."""
    tests = [_TESTS[keyword](of) for keyword, of in schema.items()]
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _required(keys: list[str]) -> Test:
    return lambda value: type(value) is not dict or all(key in value for key in keys)


def _properties(properties: dict[str, Schema]) -> Test:
    tests = {key: _member(key, schema) for key, schema in properties.items()}

    def holds(value: Any) -> bool:
        if type(value) is not dict:
            return True
        return all(test(value) for key, test in tests.items() if key in value)

    return holds


def _member(key: str, schema: Schema) -> Test:
    if schema == {"type": "null"}:
        return lambda value: _is_taken_for_null(value, key)
    holds = test(schema)
    return lambda value: holds(value[key])


def _is_taken_for_null(value: dict[str, Any], key: str) -> bool:
    """Tell whether a member is null to Segment, which writes null where 0, "" or false stood."""
    member = value[key]
    if type(member) is list and len(member) == 1:
        member = member[0]
    if member is not None and coerced(member, ("null",), finite=False) is UNDEFINED:
        return False
    value[key] = None
    return True


def _negation(schema: Schema) -> Test:
    holds = test(schema)
    return lambda value: not holds(value)


def _any(schemas: list[Schema]) -> Test:
    tests = [test(schema) for schema in schemas]
    return lambda value: any(holds(value) for holds in tests)


def _all(schemas: list[Schema]) -> Test:
    tests = [test(schema) for schema in schemas]
    return lambda value: all(holds(value) for holds in tests)


_TESTS: dict[str, Callable[[Any], Test]] = {
    "type": lambda _: lambda value: type(value) is dict,
    "required": _required,
    "properties": _properties,
    "const": lambda constant: lambda value: same(value, constant),
    "enum": among,
    "not": _negation,
    "anyOf": _any,
    "allOf": _all,
}


def _demand(schema: Schema) -> Demand:
    """Compile the `then` of a rule: keys, keys of a member, or keys of every item of a member."""
    required = schema.get("required", [])
    title = schema.get("title")
    members = {key: _demand(inner) for key, inner in schema.get("properties", {}).items()}
    items = _demand(schema["items"]) if "items" in schema else None

    def check(value: Any, place: Place, problems: Problems) -> bool:
        if type(value) is list and items is not None:
            found = [items(item, (place, index), problems) for index, item in enumerate(value)]
            return all(found)
        if type(value) is not dict:
            return True
        absent = [key for key in required if key not in value]
        for key in absent:
            problems.add(place, title, sentences.missing(key))
        found = [
            inner(value[key], (place, key), problems)
            for key, inner in members.items()
            if key in value
        ]
        return all(found) and not absent

    return check
