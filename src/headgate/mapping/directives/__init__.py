"""The directives of the mapping language: one function each, which compiles its argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from headgate.mapping.directives.choice import compile_if
from headgate.mapping.directives.literal import compile_literal
from headgate.mapping.directives.path import compile_path
from headgate.mapping.directives.template import compile_template
from headgate.mapping.values import Json, Resolve

if TYPE_CHECKING:
    from headgate.mapping.compile import Compilation

CompileDirective: TypeAlias = "Callable[[Compilation, Json, tuple[str, ...]], Resolve]"
"""(compilation, argument, path of the directive) -> its closure."""

DIRECTIVES: Final[dict[str, CompileDirective]] = {
    "@if": compile_if,
    "@literal": compile_literal,
    "@path": compile_path,
    "@template": compile_template,
}

PLANNED: Final = frozenset(
    {
        "@arrayPath",
        "@case",
        "@excludeWhenNull",
        "@flatten",
        "@json",
        "@liquid",
        "@merge",
        "@replace",
        "@transform",
    }
)
"""Known to Segment's users, and refused by name until they exist."""
