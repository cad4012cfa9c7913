"""The argument that `@path` and `@template` share: a string, or a directive that gives one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from headgate.mapping.errors import MappingError
from headgate.mapping.values import a_kind, kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.mapping.compile import Compilation
    from headgate.mapping.values import Json, Resolve, Value


def compile_text_argument(
    compilation: Compilation,
    argument: Json,
    where: tuple[str, ...],
    compile_text: Callable[[str], Resolve],
) -> Resolve:
    """Compile now when the text is known, else when an event has said what the text is."""
    if isinstance(argument, str):
        return compile_text(argument)
    if not isinstance(argument, dict) or not any(key.startswith("@") for key in argument):
        message = f"should be a string or a mapping directive but it is {a_kind(argument)}."
        return compilation.problem(where, message)
    return _computed(compilation.value(argument, where), where[-1], lru_cache(256)(compile_text))


def _computed(text_of: Resolve, name: str, compile_text: Callable[[str], Resolve]) -> Resolve:
    def resolve(event: Json) -> Value:
        text = text_of(event)
        if not isinstance(text, str):
            raise MappingError(f"{name}: expected string, got {kind(text)}")
        return compile_text(text)(event)

    return resolve
