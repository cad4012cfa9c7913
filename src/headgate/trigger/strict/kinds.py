"""The kinds of values, and which of them an operand can have as far as its text tells."""

from __future__ import annotations

from typing import Final, TypeAlias

Kinds: TypeAlias = frozenset[str]


def kinds(names: str) -> Kinds:
    return frozenset(names.split())


ANY: Final = kinds("string number list bool null object")
SCALAR: Final = kinds("string number bool null")
ORDERED: Final = kinds("string number")

_SHOWN = {
    "string": "a text",
    "number": "a number",
    "list": "a list",
    "bool": "true or false",
    "null": "null",
    "object": "an object",
}


def shown(some: Kinds) -> str:
    """Name kinds as error messages do: `a text or null`."""
    names = [text for kind, text in _SHOWN.items() if kind in some]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def kind_of(value: object) -> str:
    """The kind of a JSON value."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "list"
    return "object"
