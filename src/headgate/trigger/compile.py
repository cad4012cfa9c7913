"""Compiling a trigger into one function, once, so that each event only runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import msgspec

from headgate.events.calls import CALLS
from headgate.trigger import compatible, explanation, strict
from headgate.trigger import program as programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.trigger.explanation import Explanation
    from headgate.trigger.program import Program, Test

Mode: TypeAlias = Literal["strict", "compatible"]


class Trigger(msgspec.Struct, frozen=True):
    """A compiled trigger; `matches(event)` tells whether it wants an event, and never raises."""

    text: str
    mode: Mode
    matches: Test

    def explain(self, event: Mapping[str, object]) -> Explanation:
        """Tell which clauses decide about an event. For people: it compiles them again."""
        program, names, _ = _program(self.text, self.mode)
        return explanation.explain(self.text, program, names, event)

    def types(self) -> frozenset[str]:
        """The calls that it could match, whatever else is in an event. It compiles it again."""
        program, names, _ = _program(self.text, self.mode)
        return frozenset(each for each in CALLS if programs.may_hold(program, names, each))


def opposite(text: str) -> Test:
    """Compile whether a strict trigger surely does not match; null, which is not true, does not.

    An event for which neither holds is one of which the trigger cannot tell. Raises
    `TriggerError`.
    """
    return programs.test(*strict.opposite(text), "False")


def compile(text: str, mode: Mode = "strict") -> Trigger:  # noqa: A001 - reads like `re.compile`
    """Compile a trigger. Raises `TriggerError` with the place of what cannot be read.

    In compatible mode that is what Segment calls an invalid subscription, which never matches.
    """
    return Trigger(text, mode, programs.test(*_program(text, mode)))


class _Compiled(NamedTuple):
    program: Program
    names: Mapping[str, object]
    no_object: str


def _program(text: str, mode: Mode) -> _Compiled:
    if mode == "strict":
        return _Compiled(*strict.program(text), "False")
    return _Compiled(compatible.program(text), compatible.NAMES, compatible.NO_OBJECT)
