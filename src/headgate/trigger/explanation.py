"""Why a trigger matched an event or did not: the clauses that decided, and what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from headgate.trigger.numerals import plain
from headgate.trigger.program import Clause, answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.trigger.program import Program

State: TypeAlias = Literal["true", "false", "undecided"]

_LONGEST_VALUE = 40
_LONGEST_CLAUSE = 80
_MOST_TOLD = 3


class Found(msgspec.Struct, frozen=True):
    """What the event has at a place, shortened, as people write it."""

    place: str
    value: str


class Decisive(msgspec.Struct, frozen=True):
    """A clause that decided: its characters `start` to `end` of the trigger.

    `state` is `undecided` where values of the wrong kind were to be compared, or where Segment
    gives up; then the clause is as bad as one that is not as wanted. A negated one is wanted to
    be false.
    """

    text: str
    start: int
    end: int
    negated: bool
    state: State
    found: tuple[Found, ...]


class Explanation(msgspec.Struct, frozen=True):
    """What decided, in a sentence and clause by clause.

    Of conditions that all must be true these are all of them, or the first that is not; where
    any will do it is the first that is true, or all.
    """

    matches: bool
    sentence: str
    clauses: tuple[Decisive, ...]


class _Stopped(Exception):
    def __init__(self, clause: Decisive) -> None:
        super().__init__()
        self.clause = clause


class _Explainer(msgspec.Struct, frozen=True):
    text: str
    names: Mapping[str, object]
    event: Mapping[str, Any]

    def decide(self, program: Program) -> tuple[bool, list[Decisive]]:
        """Tell whether a program is true, and what decided."""
        if isinstance(program, Clause):
            decisive = self._decisive(program)
            return decisive.state == ("true" if program.wanted else "false"), [decisive]
        settles = program.how == "or"  # the value of a part that settles the whole
        everything: list[Decisive] = []
        for part in program.parts:
            is_true, clauses = self.decide(part)
            if is_true is settles:
                return settles, clauses
            everything += clauses
        return not settles, everything

    def _decisive(self, clause: Clause) -> Decisive:
        state = self._state(clause)
        found = tuple(
            [Found(place.text, _shown(self._value(place.source))) for place in clause.places]
        )
        text = self.text[clause.start : clause.end]
        decisive = Decisive(
            text, clause.start, clause.end, not clause.wanted, state or "undecided", found
        )
        if state is None:
            raise _Stopped(decisive)
        return decisive

    def _state(self, clause: Clause) -> State | None:
        """None where the trigger cannot go on."""
        holds = self._value(clause.holds)
        if holds is None:
            return None
        return "true" if holds else "false" if self._value(clause.fails) else "undecided"

    def _value(self, source: str) -> object:
        return answer(source, self.names)(self.event)


def explain(
    text: str, program: Program, names: Mapping[str, object], event: Mapping[str, Any]
) -> Explanation:
    """Run a program clause by clause."""
    try:
        matches, clauses = _Explainer(text, names, event).decide(program)
    except _Stopped as stopped:
        matches, clauses = False, [stopped.clause]
    told = [_told(clause) for clause in clauses[:_MOST_TOLD]]
    if len(clauses) > _MOST_TOLD:
        told.append(f"and {len(clauses) - _MOST_TOLD} more")
    sentence = f"It {'matches' if matches else 'does not match'}: {'; '.join(told)}."
    return Explanation(matches, sentence, tuple(clauses))


def _told(clause: Decisive) -> str:
    state = "cannot be told" if clause.state == "undecided" else f"is {clause.state}"
    negated = ", and it is negated" if clause.negated else ""
    found = ", ".join([f"{each.place} is {each.value}" for each in clause.found])
    return f"`{_cut(clause.text, _LONGEST_CLAUSE)}` {state}{negated}{found and f' ({found})'}"


def _shown(value: object) -> str:
    match value:
        case None | bool():
            return {None: "missing or null", True: "true", False: "false"}[value]
        case int() | float():
            return plain(value)
        case str():
            return f'"{_cut(value, _LONGEST_VALUE)}"'
        case list() | dict():
            return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    return "what every object has"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
