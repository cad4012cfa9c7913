"""`@transform`: a mapping of what another mapping gives (kit-behaviour 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping.check import faults
from headgate.mapping.errors import MappingError
from headgate.mapping.javascript import truthy
from headgate.mapping.limits import bounded
from headgate.mapping.root import rewritten
from headgate.mapping.values import UNDEFINED, kind
from headgate.mapping.writing import Use

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Mode, Value
    from headgate.mapping.writing import Part, Piece


def emit_transform(part: Part, argument: Json, use: Use) -> Piece:
    """`{apply, mapping}`: what `apply` gives is the event of `mapping`."""
    if not isinstance(argument, dict):
        return part.fail('@transform requires an object with an "apply" key and a "mapping" key')
    for key in ("mapping", "apply"):
        if not truthy(argument.get(key)):
            return part.fail(f'@transform requires a "{key}" key')
    apply = argument["apply"]
    if not isinstance(apply, dict):
        return part.fail('@transform "apply" key should be an object')
    try:
        apply = _checked(apply, part.program.mode)
    except MappingError as error:
        return part.fail(*error.messages)
    return _in_stages(part, apply, argument["mapping"], use)


def _checked(apply: Json, mode: Mode) -> Json:
    """Treat it as a mapping of its own, which inside lists nobody has checked yet."""
    apply = rewritten(apply, mode)
    if problems := faults(apply, mode):
        raise MappingError(*problems)
    return apply


def _in_stages(part: Part, apply: Json, mapping: Json, use: Use) -> Piece:
    part.program.is_growing = True
    first, second = part.another(), part.another(of_object=False)
    made = first.value(apply, Use.RESULT)
    first.finish(made.code)
    last = second.value(mapping, use)
    second.finish(last.code)
    event = "event" if part.of_object else f"{part.program.define(_event)}(event)"
    stage = part.assign(f"{part.program.define(bounded)}({first.name}({event}))")
    code = part.assign(f"{second.name}({stage})")
    return last._replace(code=code, holes=last.holes or made.holes, is_fixed=False)


def _event(value: Value) -> Value:
    """Check an element of a list that is to be an event."""
    if value is UNDEFINED:
        return {}
    if not isinstance(value, dict):
        raise MappingError(f"data must be an object, got {kind(value)}")
    return value
