"""Fields as an action declares them in stored form, read and checked.

Only what matters at run time is kept; what a form needs beyond that (placeholders, categories,
`depends_on`, …) is left where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from headgate.mapping import UNDEFINED
from headgate.mapping.javascript.objects import indexes_first
from headgate.mapping.values import Value, kind

Type: TypeAlias = Literal[
    "string", "text", "number", "integer", "datetime", "boolean", "password", "object"
]
Format: TypeAlias = Literal[
    "date",
    "time",
    "date-time",
    "uri",
    "uri-reference",
    "uri-template",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "regex",
    "uuid",
    "password",
    "text",
]
Operator: TypeAlias = Literal["is", "is_not"]
Match: TypeAlias = Literal["any", "all"]
Choice: TypeAlias = str | int | float | bool

DEEPEST = 50
"""Levels of fields within fields; deeper ones are refused before they exhaust the stack."""


class DefinitionError(ValueError):
    """Fields that cannot be: one sentence for each fault, each with the place of the fault."""

    def __init__(self, *faults: str) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


class Condition(msgspec.Struct, frozen=True):
    """What another field must be; the value is UNDEFINED for "is empty"."""

    field: str
    operator: Operator
    value: Value


class Conditions(msgspec.Struct, frozen=True):
    """When a field is required: where any or all of these hold."""

    match: Match
    each: tuple[Condition, ...]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field as declared (kit-behaviour 5)."""

    label: str
    type: Type
    description: str | None = None
    required: Literal[True] | Conditions | None = None
    allow_null: bool = False
    multiple: bool = False
    properties: Mapping[str, Field] | None = None
    additional_properties: bool = False
    choices: tuple[Choice, ...] = ()
    format: Format | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    default: Value = UNDEFINED


Fields: TypeAlias = Mapping[str, Field]
"""Declared fields by their stored names."""


def read(fields: object) -> Fields:
    """Read declared fields from their stored form, in JavaScript's order.

    Raises `DefinitionError` with every fault, such as "/email/type should be one of …".
    """
    faults: list[str] = []
    declared = _fields(_Place(fields, "", faults), 1)
    if faults:
        raise DefinitionError(*faults)
    return declared


class _Place:
    """A value of the stored form, where it stands, and the faults found so far.

    What has a fault is read as if it were absent: the reading as a whole is then refused.
    """

    def __init__(self, value: Any, where: str, faults: list[str]) -> None:
        self.value = value
        self.where = where
        self.faults = faults

    def fault(self, message: str) -> None:
        self.faults.append(f"{self.where or '/'} {message}.")

    def at(self, key: str | int) -> _Place:
        """Go one step down; what is not there is null."""
        value = self.value[key] if isinstance(key, int) else self.value.get(key)
        step = str(key).replace("~", "~0").replace("/", "~1")
        return _Place(value, f"{self.where}/{step}", self.faults)

    def is_(self, wanted: Any, description: str, *, needed: bool = False) -> bool:
        """Tell whether the value is of a type, and note it if another, or none, is there."""
        if isinstance(self.value, wanted):
            return True
        if needed or self.value is not None:
            self.fault(f"should be {description} but it is {kind(self.value)}")
        return False

    def text(self, *, needed: bool = False) -> str | None:
        return self.value if self.is_(str, "a string", needed=needed) else None

    def flag(self) -> bool:
        return self.is_(bool, "true or false") and self.value

    def word(self, words: Any, *, needed: bool = False) -> Any:
        if self.value in get_args(words):
            return self.value
        if needed or self.value is not None:
            self.fault(f"should be one of {', '.join(get_args(words))}")
        return None

    def several(self, description: str) -> list[_Place]:
        """The items of a list of one or more."""
        if isinstance(self.value, list) and self.value:
            return [self.at(index) for index in range(len(self.value))]
        self.fault(f"should be a list of one or more {description}")
        return []


def _fields(place: _Place, level: int) -> dict[str, Field]:
    if not place.is_(dict, "an object of fields", needed=True):
        return {}
    if level > DEEPEST:
        place.fault(f"is nested deeper than {DEEPEST} levels: flatten the fields")
        return {}
    if "" in place.value:
        place.at("").fault("has no name: every field needs one")
    return {key: _field(place.at(key), level) for key in indexes_first(place.value)}


def _field(place: _Place, level: int) -> Field:
    if not place.is_(dict, "a field, an object,", needed=True):
        return _ABSENT
    type_: Type = place.at("type").word(Type, needed=True)
    return Field(
        label=place.at("label").text(needed=True) or "",
        type=type_,
        description=place.at("description").text(),
        required=_required(place.at("required")),
        allow_null=place.at("allowNull").flag(),
        multiple=place.at("multiple").flag(),
        properties=_properties(place.at("properties"), type_, level),
        additional_properties=place.at("additionalProperties").flag(),
        choices=_choices(place.at("choices")),
        format=place.at("format").word(Format),
        minimum=_bound(place.at("minimum"), type_),
        maximum=_bound(place.at("maximum"), type_),
        default=place.value.get("default", UNDEFINED),
    )


def _properties(place: _Place, type_: Type, level: int) -> dict[str, Field] | None:
    """Read sub-fields, which only objects have: Segment passes over those of others."""
    if type_ != "object" or place.value is None:
        return None
    return _fields(place, level + 1)


def _choices(place: _Place) -> tuple[Choice, ...]:
    if place.value is None:
        return ()
    return tuple(_choice(item) for item in place.several("choices"))


def _choice(place: _Place) -> Choice:
    if isinstance(place.value, str):
        return place.value
    if isinstance(place.value, dict) and isinstance(place.value.get("value"), Choice):
        choice: Choice = place.value["value"]
        return choice
    place.fault("should be a string, or an object with a label and a value")
    return ""


def _bound(place: _Place, type_: Type) -> int | float | None:
    """Read a bound; those of texts count characters."""
    value: int | float | None = place.value
    if value is None or (_is_number(value) and (type_ not in _TEXTS or _is_count(value))):
        return value
    place.fault(f"should be {'a whole number, 0 or more' if type_ in _TEXTS else 'a number'}")
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: float) -> bool:
    return value >= 0 and value == int(value)


def _required(place: _Place) -> Literal[True] | Conditions | None:
    if not place.is_((bool, dict), "true, false or conditions"):
        return None
    if isinstance(place.value, bool):
        return True if place.value else None
    match: Match = place.at("match").word(Match) or "all"
    conditions = place.at("conditions").several("conditions")
    return Conditions(match, tuple(_condition(each) for each in conditions))


def _condition(place: _Place) -> Condition:
    """Read a condition on another field; Segment's loader crashes on one on the sync mode."""
    if not place.is_(dict, "a condition, an object,", needed=True):
        return Condition("", "is", None)
    if place.value.get("type", "field") != "field":
        place.at("type").fault("should be field: only depends_on may ask for anything else")
        return Condition("", "is", None)
    operator: Operator = place.at("operator").word(Operator, needed=True)
    field = place.at("fieldKey").text(needed=True) or ""
    return Condition(field, operator, place.value.get("value", UNDEFINED))


_TEXTS: frozenset[Type] = frozenset({"string", "text", "password"})
_ABSENT = Field(label="", type="object")
