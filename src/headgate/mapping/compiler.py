"""Compiling a stored mapping into a Python function, once, so that each event only runs it."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from headgate.mapping.check import faults
from headgate.mapping.directives import DIRECTIVES
from headgate.mapping.errors import MappingError
from headgate.mapping.limits import bounded, fault_of_size
from headgate.mapping.root import rewritten
from headgate.mapping.values import kind
from headgate.mapping.writing import Part, Program, Use, as_json

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Mapper, Mode
    from headgate.mapping.writing import Piece


def compile(mapping: Json, mode: Mode = "strict") -> Mapper:  # noqa: A001 - as in `re.compile`
    """Compile a stored mapping: see `headgate.mapping.compile`."""
    if fault := fault_of_size(mapping):
        raise MappingError(f"/ {fault}: split it into several mappings, or shorten it.")
    mapping = rewritten(mapping, mode)
    if problems := faults(mapping, mode):
        raise MappingError(*problems)
    return cast("Mapper", _loaded(*_written(mapping, mode)))


def source(mapping: Json, mode: Mode = "strict") -> str:
    """Show the Python that `compile` makes of a mapping which has no faults."""
    return _written(rewritten(mapping, mode), mode)[0].source()


def _written(mapping: Json, mode: Mode) -> tuple[Program, str]:
    """The program, and the name of its main function."""
    program = Program(mode)
    body = Part(program, DIRECTIVES)
    body.line(f"if type(event) is not dict: event = {program.define(_object)}(event)")
    with body.block("try:"):
        body.line(f"return {_result(body, body.value(mapping, Use.RESULT))}")
    with body.block("except RecursionError:"):
        body.fail("/ goes deeper into this event than is possible: map less of it.")
    body.finish("None")
    return program, body.name


def _result(body: Part, piece: Piece) -> str:
    """What is left to do at the end, which for most mappings is nothing."""
    code = piece.code
    if piece.undefined or piece.holes:
        code = f"{body.program.define(as_json)}({code})" if piece.holes else _null_for(code)
    if body.program.may_grow:
        code = f"{body.program.define(bounded)}({code})"
    return code


def _null_for(code: str) -> str:
    return f"None if {code} is UNDEFINED else {code}"


def _loaded(program: Program, main: str) -> object:
    namespace: dict[str, Any] = dict(program.constants)
    code = program.source()
    # The source holds no text of a customer but as a quoted literal: see `source.py`.
    exec(builtins.compile(code, "<mapping>", "exec"), namespace)  # noqa: S102
    return namespace[main]


def _object(event: object) -> dict[str, Json]:
    """Take other mappings for objects, and refuse what is none."""
    if not isinstance(event, Mapping):
        raise MappingError(f"data must be an object, got {kind(event)}")
    return dict(event)
