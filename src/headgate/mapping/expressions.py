"""Mapping expressions: directives as a destination's author writes them in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from headgate.mapping.javascript import truthy

if TYPE_CHECKING:
    from headgate.mapping.values import Json

Mapped: TypeAlias = (
    "Expression | str | int | float | bool | list[Mapped] | dict[str, Mapped] | None"
)
"""JSON in which any value may be an expression."""


class Expression(ABC):
    """A value that is taken from an event."""

    @abstractmethod
    def directive(self) -> dict[str, Json]:
        """Give the stored form, e.g. `{"@path": "$.userId"}`."""

    def __or__(self, fallback: Mapped) -> Expression:
        """Read `a | b` as "a or else b": b where a is missing or null."""
        return _FirstOf((*self._options(), fallback))

    def _options(self) -> tuple[Mapped, ...]:
        return (self,)


def path(place: str) -> Expression:
    """Take the value at a place of the event: `path("$.traits.email")`."""
    return _Path(place)


def template(text: str) -> Expression:
    """Fill each `{{place}}` of a text from the event: `template("{{event}} by {{userId}}")`.

    Unlike in `path`, a place here has no `$.` before it.
    """
    return _Template(text)


def literal(value: Mapped) -> Expression:
    """Take the same value for every event; only needed where a plain value cannot stand."""
    return _Literal(value)


def stored(value: Mapped) -> Json:
    """Translate a value that holds expressions into the JSON that is stored."""
    if isinstance(value, Expression):
        return value.directive()
    if isinstance(value, dict):
        return {key: stored(member) for key, member in value.items()}
    if isinstance(value, list):
        return [stored(item) for item in value]
    return value


@dataclass(frozen=True)
class _Path(Expression):
    place: str

    def directive(self) -> dict[str, Json]:
        return {"@path": self.place}


@dataclass(frozen=True)
class _Template(Expression):
    text: str

    def directive(self) -> dict[str, Json]:
        return {"@template": self.text}


@dataclass(frozen=True)
class _Literal(Expression):
    value: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@literal": stored(self.value)}


@dataclass(frozen=True)
class _FirstOf(Expression):
    """Two or more options, stored as `@if` nested in `else`, which grows by one level for each."""

    options: tuple[Mapped, ...]

    def directive(self) -> dict[str, Json]:
        first, *others = self.options
        taken = stored(first)
        rest = _FirstOf(tuple(others)).directive() if len(others) > 1 else _last(others[0])
        return {"@if": {"exists": taken, "then": taken, "else": rest}}

    def _options(self) -> tuple[Mapped, ...]:
        return self.options


def _last(option: Mapped) -> Json:
    """Wrap false, 0 and "", which `@if` would take for no `else` at all."""
    value = stored(option)
    return value if truthy(value) else {"@literal": value}
