"""What pydantic finds wrong, as sentences that a customer can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.mapping.javascript import string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_PREDICATES = {
    "missing": "is required",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object",
    "is_instance_of": "must be an object",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "must have the form {pattern}",
    "string_too_short": "must have {min_length} or more characters",
    "string_too_long": "must have {max_length} or fewer characters",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
}


TOO_MANY_DIGITS = "A number has too many digits to be written as text: shorten it, or send text."


class Described(NamedTuple):
    """What a sentence needs to know of a field."""

    label: str
    secret: bool


def sentences(error: ValidationError, fields: Mapping[str, Described]) -> tuple[str, ...]:
    """Give one sentence for each fault, such as "URL (url) is required".

    `fields` are by stored name. No sentence holds the value of a secret.
    """
    return tuple(
        _sentence(fault, fields.get(str(fault["loc"][0])) if fault["loc"] else None)
        for fault in error.errors(include_url=False, include_input=False)
    )


def as_texts(values: dict[str, object], error: ValidationError) -> dict[str, object]:
    """Put text where text was asked for and a number or boolean came, as JavaScript writes it."""
    for fault in error.errors(include_url=False):
        if fault["type"] == "string_type" and isinstance(fault["input"], (bool, int, float)):
            values = _replaced(values, fault["loc"], string(fault["input"]))
    return values


def is_of_digits(error: ValueError) -> bool:
    """Tell Python's refusal to write a whole number of thousands of digits."""
    return type(error) is ValueError and "integer string conversion" in str(error)


def _sentence(fault: ErrorDetails, field: Described | None) -> str:
    place = "/".join(map(str, fault["loc"]))
    if field is None:
        return f"{place or 'The whole'} {_predicate(fault)}."
    return f"{field.label} ({place}) {_predicate(fault, field)}."


def _predicate(fault: ErrorDetails, field: Described | None = None) -> str:
    if known := _PREDICATES.get(fault["type"]):
        return known.format(**fault.get("ctx", {}))
    # Other messages may quote the value, such as those of an author's own validator.
    return "is not valid" if field and field.secret else f"is not valid: {fault['msg']}"


def _replaced(values: Any, place: tuple[int | str, ...], text: str) -> Any:
    """Copy the way down to one place and set it; the event's own objects stay as they are.

    Places may hold names of union members, which are no steps: a scalar is there already, and a
    container without such a step is left alone.
    """
    if not isinstance(values, (dict, list)):
        return text
    step, rest = place[0], place[1:]
    if isinstance(values, dict) != isinstance(step, str) or (
        isinstance(values, dict) and step not in values
    ):
        return values
    copy: Any = values.copy()
    copy[step] = _replaced(copy[step], rest, text)
    return copy
