"""Writing the Python source of a mapper.

Only names of this module's making and `ascii()` of stored values get into the source; every other
value is handed over as a constant. Nothing that a customer wrote is ever read as code.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from headgate.mapping import access
from headgate.mapping.errors import MappingError
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headgate.mapping.values import Mode, Value

_DEEPEST_BLOCK = 8
_MOST_STEPS = 6
_SMALL = 2**53
_MANY_READS = 256  # of a whole event of 32 KB each
_MANY_TEXTS = 8  # made by a directive, of up to a million characters each


class Piece(NamedTuple):
    """A part of a mapping, written: `code` is an expression that is cheap to repeat.

    `undefined`: it may be undefined. `holes`: something inside it may be. `is_fixed`: it is the
    same `value` for every event.
    """

    code: str
    undefined: bool = True
    holes: bool = False
    is_fixed: bool = False
    value: Value = UNDEFINED

    @property
    def is_certain(self) -> bool:
        """Tell whether it is the same JSON for every event."""
        return self.is_fixed and not self.undefined


NOTHING = Piece("UNDEFINED", is_fixed=True)


class Program:
    """All functions of one mapper, and the constants that they name."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.reads = 0
        self.texts = 0
        self.is_growing = False
        self.constants: dict[str, object] = {
            "UNDEFINED": UNDEFINED,
            "MappingError": MappingError,
            "member": access.member,
            "walk": access.walk,
        }
        self.functions: list[str] = []
        self._numbers = count(1)

    @property
    def may_grow(self) -> bool:
        """Tell whether even ordinary events could give results of many megabytes."""
        return self.is_growing or self.reads > _MANY_READS or self.texts > _MANY_TEXTS

    def name(self, kind: str) -> str:
        return f"{kind}{next(self._numbers)}"

    def constant(self, value: object) -> str:
        """Write a value that no event changes: in place when it is plain, else by a name."""
        if value is None or isinstance(value, (bool, str)):
            return ascii(value)
        if value is UNDEFINED:
            return "UNDEFINED"
        if isinstance(value, int) and abs(value) < _SMALL:
            return ascii(value)
        name = self.name("constant")
        self.constants[name] = value
        return name

    def define(self, function: Callable[..., object]) -> str:
        """Give the name by which the source calls a function of ours."""
        name = function.__name__
        self.constants[name] = function
        return name

    def source(self) -> str:
        return "\n\n".join(self.functions)


class Body:
    """The lines of one function with one parameter, the event (or an element of a list)."""

    def __init__(self, program: Program, *, of_object: bool) -> None:
        self.program = program
        self.name = program.name("function")
        self.of_object = of_object
        self._lines: list[str] = []
        self._depth = 1
        self._read: dict[access.Steps, str] = {}

    def line(self, text: str) -> None:
        self._lines.append(f"{'    ' * self._depth}{text}")

    def assign(self, code: str, kind: str = "v") -> str:
        """Keep a value under a new name."""
        name = self.program.name(kind)
        self.line(f"{name} = {code}")
        return name

    def named(self, piece: Piece) -> str:
        """Write a piece so that it can be tested: Python warns of tests on literals."""
        return self.assign(piece.code) if piece.is_fixed else piece.code

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Write an indented block; what is read inside is not known after it."""
        self.line(header)
        outer, before = self._read, len(self._lines)
        self._read, self._depth = dict(outer), self._depth + 1
        yield
        if len(self._lines) == before:
            self.line("pass")
        self._read, self._depth = outer, self._depth - 1

    @property
    def is_deep(self) -> bool:
        """Too deep for another block: Python allows 100 levels of indentation, readers fewer."""
        return self._depth > _DEEPEST_BLOCK

    def finish(self, result: str) -> None:
        self.line(f"return {result}")
        self.program.functions.append("\n".join([f"def {self.name}(event):", *self._lines]))

    def fail(self, *messages: str) -> Piece:
        """Write what happens when this place is reached, which only some events do."""
        self.line(f"raise MappingError({', '.join(map(ascii, messages))})")
        return NOTHING

    def read(self, steps: access.Steps) -> Piece:
        """Write a walk down from the event; the start that two walks share is walked once."""
        self.program.reads += 1
        if not steps:
            return Piece("event", undefined=not self.of_object)
        at = "event"
        for depth in range(1, min(len(steps), _MOST_STEPS) + 1):
            at = self._step(at, steps[:depth])
        if len(steps) > _MOST_STEPS:
            rest = self.program.constant(steps[_MOST_STEPS:])
            at = self.assign(f"walk({at}, {rest})")
        return Piece(at)

    def _step(self, at: str, steps: access.Steps) -> str:
        known = self._read.get(steps)
        if known is None:
            key = ascii(steps[-1])
            code = f"{at}.get({key}, UNDEFINED)"
            if not (at == "event" and self.of_object):
                missing = f"{at} is UNDEFINED or {at} is None"  # by far the usual other cases
                code = (
                    f"{code} if type({at}) is dict else {at} if {missing} else member({at}, {key})"
                )
            known = self._read[steps] = self.assign(code)
        return known
