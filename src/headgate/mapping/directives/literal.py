"""`@literal`: its argument, in which nested directives still run (kit-behaviour 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.mapping.compile import Compilation
    from headgate.mapping.values import Json, Resolve


def compile_literal(compilation: Compilation, argument: Json, where: tuple[str, ...]) -> Resolve:
    return compilation.value(argument, where)
