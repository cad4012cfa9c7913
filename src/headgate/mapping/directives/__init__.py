"""The directives of the mapping language: one function each, which writes it out as Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headgate.mapping.directives.changes import emit_case, emit_replace
from headgate.mapping.directives.choice import emit_if, emit_literal
from headgate.mapping.directives.encoding import emit_json, emit_liquid
from headgate.mapping.directives.lists import emit_array_path
from headgate.mapping.directives.objects import (
    emit_exclude_when_null,
    emit_flatten,
    emit_merge,
)
from headgate.mapping.directives.stages import emit_transform
from headgate.mapping.directives.texts import emit_path, emit_template

if TYPE_CHECKING:
    from headgate.mapping.writing import Emit

DIRECTIVES: Final[dict[str, Emit]] = {
    "@arrayPath": emit_array_path,
    "@case": emit_case,
    "@excludeWhenNull": emit_exclude_when_null,
    "@flatten": emit_flatten,
    "@if": emit_if,
    "@json": emit_json,
    "@liquid": emit_liquid,
    "@literal": emit_literal,
    "@merge": emit_merge,
    "@path": emit_path,
    "@replace": emit_replace,
    "@template": emit_template,
    "@transform": emit_transform,
}
