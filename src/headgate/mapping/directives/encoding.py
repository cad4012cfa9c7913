"""`@json` and `@liquid`: texts made of values, and values read from texts (kit-behaviour 7.3)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

from headgate.mapping.errors import MappingError
from headgate.mapping.javascript import stringify, truthy
from headgate.mapping.limits import check_text
from headgate.mapping.values import UNDEFINED
from headgate.mapping.writing import NOTHING, Piece, Use, as_json

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Value
    from headgate.mapping.writing import Part


def emit_json(part: Part, argument: Json, use: Use) -> Piece:
    """`@json`: encode as JavaScript does; decode texts that are JSON, and leave others alone."""
    if not isinstance(argument, dict):
        return part.fail('@json requires an object with a "value" key')
    for key in ("mode", "value"):
        if not truthy(argument.get(key)):
            return part.fail(f'@json requires a "{key}" key')
    mode = argument["mode"]
    if part.program.mode == "strict" and isinstance(mode, str):
        mode = mode.lower()
    value = part.value(argument["value"], use if mode == "decode" else Use.ARGUMENT)
    part.program.texts += 1
    if mode == "encode":
        return part.call(_encoded, value, undefined=value.undefined)
    if mode == "decode":
        return part.call(_decoded, value, undefined=value.undefined, holes=value.holes)
    return NOTHING


def _encoded(value: Value) -> Value:
    if value is UNDEFINED:
        return value
    text = stringify(as_json(value)).decode()
    check_text("@json", len(text))
    return text


def _decoded(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    try:
        decoded: Value = json.loads(value, parse_constant=_no_json, parse_int=_integer)
    except ValueError:
        return value
    return decoded


def _no_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


_LONGEST_INTEGER = 400  # digits; more than a double's largest, and int() refuses still longer ones


def emit_liquid(part: Part, argument: Json, use: Use) -> Piece:  # noqa: ARG001
    """`@liquid`: a template that is read once; one with a fault fails where it would be used."""
    if not isinstance(argument, str):
        return part.fail("liquid template value must be a string")
    part.program.texts += 1
    from headgate.mapping.liquidjs import compile as compile_liquid

    try:
        render = compile_liquid(argument)
    except MappingError as error:
        return part.fail(str(error))
    name = part.program.constant(render)
    return Piece(part.assign(f"{name}(event)"), undefined=False)
