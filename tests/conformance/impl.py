"""Headgate's three languages in compatible mode, as a scoring of the cases calls them.

Any program that scores an implementation can import this module by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from headgate import trigger
from headgate.kit import validation
from headgate.mapping import UNDEFINED
from headgate.mapping import compile as compile_mapping
from headgate.trigger import structure

if TYPE_CHECKING:
    from headgate.mapping import Json

__all__ = ["UNDEFINED", "ast", "fql", "transform", "validate"]


def transform(mapping: Json, payload: Any) -> Any:
    """Give what a mapping makes of an event, UNDEFINED for nothing. Raises `MappingError`."""
    return compile_mapping(mapping, "compatible")(payload)


def fql(query: str, event: dict[str, Any]) -> tuple[bool, bool]:
    """Tell whether a trigger can be read, and whether it matches."""
    try:
        compiled = trigger.compile(query, "compatible")
    except trigger.TriggerError:
        return False, False
    return True, compiled.matches(event)


def ast(query: str) -> dict[str, Any]:
    """Give the structure of a trigger as Segment's JSON. Raises `TriggerError`."""
    return structure.to_json(structure.read(query))


def validate(
    fields: dict[str, Any], payload: dict[str, Any], mode: Literal["single", "batch"]
) -> tuple[bool, Json, list[tuple[str, str]]]:
    """Tell whether a payload is valid, what it becomes, and pointer and text of each problem."""
    check = validation.compile(validation.read(fields), "compatible")
    result = check(payload, in_batch=mode == "batch")
    problems = [(problem.pointer, problem.message) for problem in result.problems]
    return not problems, result.payload, problems
