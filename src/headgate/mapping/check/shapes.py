"""What is wrong with a stored mapping, found before any event comes (kit-behaviour 7.2).

The sentences are those that Segment's users know. In compatible mode Segment's check is repeated,
which looks at no element of a list; in strict mode everything is looked at that can run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from headgate.mapping.javascript import length, stringify
from headgate.mapping.values import a_kind, is_directive_like, kind, others, with_article

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Mode

Faults: TypeAlias = list[str]
Where: TypeAlias = tuple[str, ...]
Rule: TypeAlias = "Callable[[Check, Json, Where], Faults]"
"""(the check, a value, its path in the mapping) -> what is wrong with it and all inside it."""

Shape: TypeAlias = "Callable[[Json, Where], Faults]"
"""The same, without a look inside."""


def fault(where: Where, message: str) -> Faults:
    return [f"/{'/'.join(where)} {message}."]


class Check(NamedTuple):
    """The rules in force: `directives` has one for the argument of each directive."""

    mode: Mode
    directives: dict[str, Rule]

    def value(self, stored: Json, where: Where) -> Faults:
        """Look at any part of a mapping."""
        if is_directive_like(stored):
            return self.directive(stored, where)
        if isinstance(stored, dict):
            return self.members(stored, where)
        if isinstance(stored, list) and self.mode == "strict":
            return self.elements(stored, where)
        return []

    def members(self, stored: dict[str, Json], where: Where) -> Faults:
        """Every member, with the faults of all."""
        return [
            each for key, member in stored.items() for each in self.value(member, (*where, key))
        ]

    def elements(self, stored: list[Json], where: Where) -> Faults:
        """Every element, with the faults of all."""
        return [
            each
            for index, item in enumerate(stored)
            for each in self.value(item, (*where, str(index)))
        ]

    def directive(self, stored: Json, where: Where) -> Faults:
        """The one `@` key, nothing beside it but notes, and its argument."""
        assert isinstance(stored, dict)  # noqa: S101 - for the type checker
        names = [key for key in stored if key.startswith("@")]
        if len(names) > 1 or others(stored):
            count = len(names) if len(names) > 1 else len(stored)
            return fault(where, f"should only have one @-prefixed key but it has {count} keys")
        rule = self.directives.get(names[0])
        if rule is None:
            return fault(where, f"has an invalid directive: {names[0]}")
        return rule(self, stored[names[0]], (*where, names[0]))


def anything(check: Check, stored: Json, where: Where) -> Faults:
    """Any JSON; at Segment, only a directive itself is looked at here."""
    if is_directive_like(stored) or check.mode == "strict":
        return check.value(stored, where)
    return []


def text_or_directive(check: Check, stored: Json, where: Where) -> Faults:
    return text_like(stored, where) or check.value(stored, where)


def object_or_directive(check: Check, stored: Json, where: Where) -> Faults:
    return object_like(stored, where) or check.value(stored, where)


def text_like(stored: Json, where: Where) -> Faults:
    if isinstance(stored, str) or is_directive_like(stored):
        return []
    return fault(where, f"should be a string or a mapping directive but it is {a_kind(stored)}")


def object_like(stored: Json, where: Where) -> Faults:
    if isinstance(stored, dict):
        return []
    return fault(where, f"should be a object or a mapping directive but it is {a_kind(stored)}")


def list_like(stored: Json, where: Where) -> Faults:
    if isinstance(stored, list):
        return []
    return fault(where, f"should be an array but it is {with_article(kind(stored))}")


def any_kind(_: Json, __: Where) -> Faults:
    return []


def of_kind(name: str) -> Shape:
    """A plain value of this kind: no directive stands for it."""

    def shape(stored: Json, where: Where) -> Faults:
        if kind(stored) == name and not is_directive_like(stored):
            return []
        return fault(where, f"should be {with_article(name)} but it is {a_kind(stored)}")

    return shape


def text_of(shortest: int, longest: int) -> Shape:
    """A text of so many UTF-16 units."""

    def shape(stored: Json, where: Where) -> Faults:
        if not isinstance(stored, str):
            return of_kind("string")(stored, where)
        if length(stored) < shortest:
            return fault(where, f"should be a string of length {shortest} or greater")
        if length(stored) > longest:
            return fault(where, f"should be a string of length {longest} or less")
        return []

    return shape


def one_of(*words: str) -> Shape:
    """One of these words, in either case."""

    def shape(stored: Json, where: Where) -> Faults:
        if not isinstance(stored, str):
            return of_kind("string")(stored, where)
        if stored.lower() in words:
            return []
        given = stringify(stored).decode()
        return fault(where, f"should be one of {', '.join(words)} but it is {given}")

    return shape


class Member(NamedTuple):
    """A member of a directive's argument; `is_strict` ones are looked at in strict mode only."""

    shape: Shape
    is_required: bool = False
    is_strict: bool = False


def object_of(**rules: Member) -> Rule:
    """An object whose members have these shapes, once all that they hold has no faults."""

    def rule(check: Check, stored: Json, where: Where) -> Faults:
        if not isinstance(stored, dict) or is_directive_like(stored):
            return of_kind("object")(stored, where)
        if found := check.members(stored, where):
            return found
        return [
            each
            for name, member in rules.items()
            if not member.is_strict or check.mode == "strict"
            for each in _member(stored, where, name, member)
        ]

    return rule


def _member(stored: dict[str, Json], where: Where, name: str, member: Member) -> Faults:
    if name in stored:
        return member.shape(stored[name], (*where, name))
    if member.is_required:
        return fault(where, f'should have field "{name}" but it doesn\'t')
    return []


def required(shape: Shape) -> Member:
    return Member(shape, is_required=True)


def optional(shape: Shape) -> Member:
    return Member(shape)


def strictly(member: Member) -> Member:
    """What only strict mode asks for."""
    return member._replace(is_strict=True)
