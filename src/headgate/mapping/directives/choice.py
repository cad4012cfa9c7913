"""`@if`: one value when something exists, else another (kit-behaviour 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping.javascript import truthy
from headgate.mapping.values import UNDEFINED, a_kind

if TYPE_CHECKING:
    from headgate.mapping.compile import Compilation
    from headgate.mapping.values import Json, Resolve, Value


def compile_if(compilation: Compilation, argument: Json, where: tuple[str, ...]) -> Resolve:
    """Compile `{exists, then, else}`; a falsy literal as `else` counts as none, as at Segment."""
    if not isinstance(argument, dict):
        return compilation.problem(where, f"should be an object but it is {a_kind(argument)}.")
    if any(key.startswith("@") for key in argument):
        return compilation.problem(where, "should be an object but it is a directive.")
    if "blank" in argument:
        return compilation.unavailable((*where, "blank"), "there is exists")
    if not truthy(argument.get("exists")):
        return compilation.problem(where, 'requires an "exists" key or a "blank" key.')
    parts = {key: compilation.value(part, (*where, key)) for key, part in argument.items()}
    otherwise = parts["else"] if truthy(argument.get("else")) else _nothing
    if argument["exists"] == argument.get("then"):
        return _first_of(parts["exists"], otherwise)
    return _if(parts["exists"], parts.get("then", _nothing), otherwise)


def _if(exists: Resolve, then: Resolve, otherwise: Resolve) -> Resolve:
    def resolve(event: Json) -> Value:
        value = exists(event)
        return otherwise(event) if value is UNDEFINED or value is None else then(event)

    return resolve


def _first_of(first: Resolve, otherwise: Resolve) -> Resolve:
    """The form that `path(…) | path(…)` is stored in: what exists is also the result."""

    def resolve(event: Json) -> Value:
        value = first(event)
        return otherwise(event) if value is UNDEFINED or value is None else value

    return resolve


def _nothing(_: Json) -> Value:
    return UNDEFINED
