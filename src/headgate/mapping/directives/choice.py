"""`@if` and `@literal`: values that are chosen rather than read (kit-behaviour 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping.javascript import string, truthy
from headgate.mapping.values import UNDEFINED, same_json
from headgate.mapping.writing import NOTHING, Piece, Use

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Value
    from headgate.mapping.writing import Part


def emit_literal(part: Part, argument: Json, use: Use) -> Piece:
    """`@literal`: its argument, in which nested directives still run."""
    return part.value(argument, use)


def emit_if(part: Part, argument: Json, use: Use) -> Piece:
    """`@if`: one value where something exists (or is not blank), else another."""
    if not isinstance(argument, dict):
        return part.fail('@if requires an object with an "exists" key')
    if not truthy(argument.get("exists")) and not truthy(argument.get("blank")):
        return part.fail('@if requires an "exists" key or a "blank" key')
    if "exists" in argument:
        tested = part.value(argument["exists"], Use.ARGUMENT)
        name = part.named(tested)
        lacks = f"{name} is None or {name} is UNDEFINED"
    else:
        tested = part.value(argument["blank"], Use.ARGUMENT)
        lacks = f"{part.program.define(_is_blank)}({tested.code})"
    return _chosen(part, argument, use, tested, lacks)


def _chosen(
    part: Part,
    argument: dict[str, Json],
    use: Use,
    tested: Piece,
    lacks: str,
) -> Piece:
    name = part.program.name("either")
    with part.block(f"if {lacks}:"):
        otherwise = _else(part, argument, use)
        part.line(f"{name} = {otherwise.code}")
    with part.block("else:"):
        then = _then(part, argument, use, tested)
        part.line(f"{name} = {then.code}")
    undefined = otherwise.undefined or then.undefined
    return Piece(name, undefined, otherwise.holes or then.holes)


def _then(part: Part, argument: dict[str, Json], use: Use, tested: Piece) -> Piece:
    if "then" not in argument:
        return NOTHING
    if same_json(argument["then"], argument.get("exists", UNDEFINED)) and not tested.holes:
        return tested._replace(undefined=False)
    return _branch(part, argument["then"], use)


def _else(part: Part, argument: dict[str, Json], use: Use) -> Piece:
    """A falsy literal counts as no `else` at Segment."""
    if "else" not in argument:
        return NOTHING
    if part.program.mode == "compatible" and not truthy(argument["else"]):
        return NOTHING
    return _branch(part, argument["else"], use)


def _branch(part: Part, stored: Json, use: Use) -> Piece:
    """Write a branch in place, or as a function of its own where blocks are deep already."""
    if not part.is_deep:
        return part.value(stored, use)
    function = part.another()
    piece = function.value(stored, use)
    function.finish(piece.code)
    return piece._replace(code=part.assign(f"{function.name}(event)"), is_fixed=False)


def _is_blank(value: Value) -> bool:
    """Tell what equals "" loosely in JavaScript, null and undefined among it."""
    if value is None or value is UNDEFINED or value == "":
        return True
    if isinstance(value, (bool, int, float)):
        return value == 0
    return isinstance(value, list) and string(value) == ""
