"""Compiling a stored mapping into closures, once, so that each event only runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from headgate.mapping import access
from headgate.mapping.directives import DIRECTIVES, PLANNED
from headgate.mapping.errors import MappingError
from headgate.mapping.values import UNDEFINED, a_kind

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Mapper, Resolve, Value

DEEPEST = 100
"""Levels of a mapping; deeper ones are refused before they exhaust the stack."""

_METADATA = "_metadata"
_ROOT_DIRECTIVE = "__segment_internal_directive"


def compile(mapping: Json) -> Mapper:  # noqa: A001 - `mapping.compile` reads like `re.compile`
    """Compile a stored mapping.

    The mapper takes an event and gives the value of each field; undefined fields are left out.
    What it gives may share objects with the event and with the mapping: read it, never change it.
    Raises `MappingError` with every fault of the mapping; the mapper raises it only where a
    computed path or template turns out to be no string.
    """
    compilation = Compilation()
    resolve = compilation.root(mapping)
    if compilation.problems:
        raise MappingError(*compilation.problems)
    return cast("Mapper", resolve)


def is_whole_event(mapping: Json) -> bool:
    """Tell whether a mapping is the event itself, `{"@path": "$."}`, so its JSON can be shared."""
    if not isinstance(mapping, dict) or not mapping.keys() <= {"@path", _METADATA}:
        return False
    path = mapping.get("@path")
    return isinstance(path, str) and not access.steps(access.without_root(path))


class Fixed(msgspec.Struct, frozen=True):
    """A piece that is the same for every event."""

    value: Json

    def __call__(self, _: Json) -> Value:
        return self.value


class Compilation:
    """One run of the compiler, which collects problems instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def root(self, mapping: Json) -> Resolve:
        if not isinstance(mapping, dict):
            return self.problem((), f"should be an object but it is {a_kind(mapping)}.")
        if _ROOT_DIRECTIVE in mapping:
            return self.unavailable((_ROOT_DIRECTIVE,), "a mapping is an object of fields")
        resolve = self.value(mapping, ())
        return _defined(resolve) if is_directive(mapping) else resolve

    def problem(self, where: tuple[str, ...], message: str) -> Resolve:
        """Note a fault at a path of the mapping; the piece given back is never run."""
        self.problems.append(f"/{'/'.join(where)} {message}")
        return Fixed(None)

    def unavailable(self, where: tuple[str, ...], instead: str) -> Resolve:
        """Note a part of the language that does not exist yet, and what there is instead."""
        self.problems.append(f"/{'/'.join(where)}: not available yet; {instead}.")
        return Fixed(None)

    def value(self, stored: Json, where: tuple[str, ...], *, in_list: bool = False) -> Resolve:
        """Compile any part of a mapping.

        Inside lists, where Segment never looked before it ran a mapping, an object that mixes
        directives with other keys is plain data.
        """
        if len(where) > DEEPEST:
            return self.problem(where[:3], f"is nested deeper than {DEEPEST} levels.")
        if isinstance(stored, list):
            return self._list(stored, where)
        if not isinstance(stored, dict):
            return Fixed(stored)
        if is_directive(stored) and (not in_list or not _others(stored)):
            return self._directive(stored, where, in_list=in_list)
        return self._object(stored, where, in_list=in_list)

    def _directive(
        self, stored: dict[str, Json], where: tuple[str, ...], *, in_list: bool
    ) -> Resolve:
        names = [key for key in stored if key.startswith("@")]
        if not in_list and (len(names) > 1 or _others(stored)):
            count = len(stored) if _others(stored) else len(names)
            message = f"should only have one @-prefixed key but it has {count} keys."
            return self.problem(where, message)
        name = names[0]
        if directive := DIRECTIVES.get(name):
            return directive(self, stored[name], (*where, name))
        if name in PLANNED:
            return self.unavailable((*where, name), f"there are {', '.join(sorted(DIRECTIVES))}")
        return self.problem(where, f"has an invalid directive: {name}.")

    def _object(self, stored: dict[str, Json], where: tuple[str, ...], *, in_list: bool) -> Resolve:
        members = {
            key: self.value(member, (*where, key), in_list=in_list)
            for key, member in stored.items()
        }
        fixed = {k: m.value if isinstance(m, Fixed) else None for k, m in members.items()}
        moving = tuple((k, m) for k, m in members.items() if not isinstance(m, Fixed))
        return _members(fixed, moving) if moving else Fixed(fixed)

    def _list(self, stored: list[Json], where: tuple[str, ...]) -> Resolve:
        items = [
            self.value(item, (*where, str(index)), in_list=True)
            for index, item in enumerate(stored)
        ]
        if all(isinstance(item, Fixed) for item in items):
            return Fixed(stored)
        return _items(tuple(items))


def is_directive(stored: Json) -> bool:
    """Tell whether a stored value is meant as a directive: an object with an `@` key."""
    return isinstance(stored, dict) and any(key.startswith("@") for key in stored)


def _others(stored: dict[str, Json]) -> bool:
    return any(not key.startswith("@") and key != _METADATA for key in stored)


def _members(fixed: dict[str, Json], moving: tuple[tuple[str, Resolve], ...]) -> Resolve:
    """`fixed` has every key, so that a copy of it keeps the order of the mapping."""

    def resolve(event: Json) -> Value:
        result = fixed.copy()
        for key, member in moving:
            value = member(event)
            if value is UNDEFINED:
                del result[key]
            else:
                result[key] = value
        return result

    return resolve


def _items(items: tuple[Resolve, ...]) -> Resolve:
    def resolve(event: Json) -> Value:
        values = [item(event) for item in items]
        # An undefined element keeps its place, as null, which is how JSON would write it.
        return [None if value is UNDEFINED else value for value in values]

    return resolve


def _defined(resolve: Resolve) -> Resolve:
    def whole(event: Json) -> Value:
        value = resolve(event)
        return None if value is UNDEFINED else value

    return whole
