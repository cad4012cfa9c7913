"""Expressions, and those that stand for a value by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import msgspec

from headgate.mapping.javascript import truthy

if TYPE_CHECKING:
    from headgate.mapping.values import Json

Mapped: TypeAlias = (
    "Expression | str | int | float | bool | Sequence[Mapped] | Mapping[str, Mapped] | None"
)
"""JSON in which any value may be an expression."""


class Expression(msgspec.Struct, frozen=True):
    """A value that is taken from an event."""

    def directive(self) -> dict[str, Json]:
        """Give the stored form, e.g. `{"@path": "$.userId"}`."""
        raise NotImplementedError

    def __or__(self, fallback: Mapped) -> Expression:
        """Read `a | b` as "a or else b": b where a is missing or null."""
        return FirstOf((*self._options(), *_options(fallback)))

    def _options(self) -> tuple[Mapped, ...]:
        return (self,)


def stored(value: Mapped) -> Json:
    """Translate a value that holds expressions into the JSON that is stored."""
    if isinstance(value, Expression):
        return value.directive()
    if isinstance(value, Mapping):
        return {key: stored(member) for key, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [stored(item) for item in value]
    return value


class Call(Expression, frozen=True):
    """An expression that is written as a call: required arguments by place, others by name."""

    function: ClassVar[str]

    def __repr__(self) -> str:
        names, defaults = self.__struct_fields__, self.__struct_defaults__
        required = len(names) - len(defaults)
        written = [repr(getattr(self, name)) for name in names[:required]]
        for name, default in zip(names[required:], defaults, strict=True):
            if (value := getattr(self, name)) != default:
                written.append(f"{name}={value!r}")
        return f"{self.function}({', '.join(written)})"


class Path(Call, frozen=True):
    """The value at a place of the event: `path("$.traits.email")`."""

    function: ClassVar = "path"
    place: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@path": stored(self.place)}


class Template(Call, frozen=True):
    """A text in which each `{{place}}` is filled from the event: `template("{{event}}!")`.

    Unlike in `path`, a place here has no `$.` before it.
    """

    function: ClassVar = "template"
    text: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@template": stored(self.text)}


class Literal(Call, frozen=True):
    """The same value for every event; only needed where a plain value cannot stand."""

    function: ClassVar = "literal"
    value: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@literal": stored(self.value)}


class Liquid(Call, frozen=True):
    """A Liquid template: `liquid("{{ properties.total | times: 100 }}")`."""

    function: ClassVar = "liquid"
    text: str

    def directive(self) -> dict[str, Json]:
        return {"@liquid": self.text}


class WithoutNulls(Call, frozen=True):
    """A value without its nulls: nothing for null, objects without null members."""

    function: ClassVar = "without_nulls"
    value: Mapped

    def directive(self) -> dict[str, Json]:
        return {"@excludeWhenNull": stored(self.value)}


class Directive(Call, frozen=True):
    """A directive as it is stored, where no other expression says the same."""

    function: ClassVar = "directive"
    json: dict[str, Json]

    def directive(self) -> dict[str, Json]:
        return self.json


class FirstOf(Expression, frozen=True):
    """Two or more options, stored as `@if` nested in `else`, which grows by one level for each."""

    options: tuple[Mapped, ...]

    def __repr__(self) -> str:
        return " | ".join(map(repr, self.options))

    def directive(self) -> dict[str, Json]:
        first, *others = self.options
        taken = stored(first)
        rest = FirstOf(tuple(others)).directive() if len(others) > 1 else stored(others[0])
        return {"@if": {"exists": taken, "then": taken, "else": rest}}

    def _options(self) -> tuple[Mapped, ...]:
        return self.options


def _options(fallback: Mapped) -> tuple[Mapped, ...]:
    """Wrap false, 0 and "", which `@if` could take for no `else` at all."""
    if isinstance(fallback, Expression):
        return fallback._options()  # noqa: SLF001 - of the same class
    return (fallback if truthy(fallback) else Literal(fallback),)


path, template, literal, liquid = Path, Template, Literal, Liquid
without_nulls, directive = WithoutNulls, Directive
