"""`@path`: the value at one place of the event (kit-behaviour 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping import access
from headgate.mapping.directives.text import compile_text_argument

if TYPE_CHECKING:
    from headgate.mapping.compile import Compilation
    from headgate.mapping.values import Json, Resolve


def compile_path(compilation: Compilation, argument: Json, where: tuple[str, ...]) -> Resolve:
    return compile_text_argument(compilation, argument, where, _at)


def _at(path: str) -> Resolve:
    return access.getter(access.steps(access.without_root(path)))
