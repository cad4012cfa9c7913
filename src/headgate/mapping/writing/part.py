"""Writing the parts of a mapping that are no directives: plain values, objects and lists."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from headgate.mapping.values import is_directive
from headgate.mapping.writing.holes import without_undefined
from headgate.mapping.writing.program import Body, Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headgate.mapping.values import Json, Value
    from headgate.mapping.writing.program import Program


class Use(Enum):
    """What a piece is made for.

    A result goes out as it is, so undefined members are left out. An argument is read by a
    directive first, and some directives tell undefined from missing.
    """

    RESULT = "result"
    ARGUMENT = "argument"


Emit: TypeAlias = "Callable[[Part, Json, Use], Piece]"
"""Write a directive, given its argument."""


class Part(Body):
    """A function that makes a part of a mapping's result."""

    def __init__(
        self, program: Program, directives: Mapping[str, Emit], *, of_object: bool = True
    ) -> None:
        super().__init__(program, of_object=of_object)
        self._directives = directives

    def another(self, *, of_object: bool | None = None) -> Part:
        """Start another function; its parameter is this one's unless said otherwise."""
        of_object = self.of_object if of_object is None else of_object
        return Part(self.program, self._directives, of_object=of_object)

    def value(self, stored: Json, use: Use) -> Piece:
        """Write any part of a mapping."""
        if isinstance(stored, list):
            return self._list(stored, use)
        if not isinstance(stored, dict):
            return self.fixed(stored)
        if is_directive(stored):
            return self._directive(stored, use)
        return self._object(stored, use)

    def fixed(self, value: Value) -> Piece:
        return Piece(self.program.constant(value), undefined=False, is_fixed=True, value=value)

    def call(self, function: Callable[..., Value], *pieces: Piece | str, **kinds: bool) -> Piece:
        """Write a call; `kinds` are those of its result, as in `Piece`."""
        codes = [piece.code if isinstance(piece, Piece) else piece for piece in pieces]
        name = self.program.define(function)
        return Piece(self.assign(f"{name}({', '.join(codes)})"), **kinds)

    def settled(self, piece: Piece, use: Use) -> Piece:
        """Leave out undefined members of what a directive has put together, in a result."""
        if use is Use.ARGUMENT or not piece.holes:
            return piece
        return self.call(without_undefined, piece, undefined=piece.undefined, holes=True)

    def _directive(self, stored: dict[str, Json], use: Use) -> Piece:
        name = next(key for key in stored if key.startswith("@"))
        emit = self._directives.get(name)
        if emit is None:
            return self.fail(f"{name} is not a valid directive, got undefined")
        return emit(self, stored[name], use)

    def _object(self, stored: dict[str, Json], use: Use) -> Piece:
        members = {key: self.value(member, use) for key, member in stored.items()}
        if all(member.is_certain for member in members.values()):
            return self.fixed({key: member.value for key, member in members.items()})
        holes = any(m.holes or (m.undefined and use is Use.ARGUMENT) for m in members.values())
        return Piece(self._written(members, use), undefined=False, holes=holes)

    def _written(self, members: dict[str, Piece], use: Use) -> str:
        """One display of the members that are certain, then a line for each of the rest."""
        certain: list[str] = []
        left = list(members.items())
        while left and not (use is Use.RESULT and left[0][1].undefined):
            key, member = left.pop(0)
            certain.append(f"{key!a}: {member.code}")
        name = self.assign(f"{{{', '.join(certain)}}}", "object")
        for key, member in left:
            test = f"if {member.code} is not UNDEFINED: " if member.undefined else ""
            self.line(f"{test}{name}[{key!a}] = {member.code}")
        return name

    def _list(self, stored: list[Json], use: Use) -> Piece:
        """Undefined elements keep their places."""
        items = [self.value(item, use) for item in stored]
        if all(item.is_certain for item in items):
            return self.fixed([item.value for item in items])
        code = self.assign(f"[{', '.join(item.code for item in items)}]", "list")
        holes = any(item.undefined or item.holes for item in items)
        return Piece(code, undefined=False, holes=holes)
