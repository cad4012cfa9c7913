"""A compiled trigger before it becomes one function: clauses of Python text, joined by all and any.

Both languages become such a program. Running it and explaining it read the same clauses, so they
cannot disagree. Texts and keys reach a clause by `repr`, everything else by a bound name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Test: TypeAlias = "Callable[[Mapping[str, Any]], bool]"


class Unanswerable(Exception):
    """Raised by a clause that keeps the whole trigger from matching."""


class Place(msgspec.Struct, frozen=True):
    """A place of the event that a clause looks at: as people write it, and the Python for it."""

    text: str
    source: str


class Clause(msgspec.Struct, frozen=True):
    """One test; `start` and `end` count characters of the trigger.

    `holds` and `fails` are Python expressions over `event`: whether the clause surely holds, and
    whether it surely does not. Where values have the wrong type neither is true. `wanted` is
    False where the trigger negates the clause.
    """

    start: int
    end: int
    holds: str
    fails: str
    places: tuple[Place, ...] = ()
    wanted: bool = True

    @property
    def source(self) -> str:
        return self.holds if self.wanted else self.fails


class Joined(msgspec.Struct, frozen=True):
    """Several programs, of which all or any must be true."""

    how: Literal["and", "or"]
    parts: tuple[Program, ...]


Program: TypeAlias = Clause | Joined


_FUNCTION = """
def run(event):
    try:
        return {source}
    except Unanswerable:
        return {unanswered}
    except AttributeError:
        return {no_object}
"""


def source(program: Program) -> str:
    """The expression for a whole program."""
    if isinstance(program, Clause):
        return program.source
    return f"({f' {program.how} '.join([source(part) for part in program.parts])})"


def test(program: Program, names: Mapping[str, object], no_object: str) -> Test:
    """Compile a program; it gives False where a clause is unanswerable.

    `no_object` is the expression for an event that is no object at all.
    """
    return _function(source(program), names, "False", no_object)


def answer(expression: str, names: Mapping[str, object]) -> Callable[[Mapping[str, Any]], Any]:
    """Compile an expression by itself; it gives None where it is unanswerable."""
    return _function(expression, names, "None", "None")


def may_hold(program: Program, names: Mapping[str, object], call: str) -> bool:
    """Whether an event of this type could fulfil the program, as far as the type alone decides."""
    if isinstance(program, Joined):
        how = all if program.how == "and" else any
        return how(may_hold(part, names, call) for part in program.parts)
    if any(place.text != "type" for place in program.places):
        return True
    return test(program, names, "False")({"type": call})


def _function(
    source: str, names: Mapping[str, object], unanswered: str, no_object: str
) -> Callable[[Mapping[str, Any]], Any]:
    text = _FUNCTION.format(source=source, unanswered=unanswered, no_object=no_object)
    own: dict[str, Any] = {**names, "Unanswerable": Unanswerable, "AttributeError": AttributeError}
    own["__builtins__"] = {}
    exec(compile(text, "<trigger>", "exec"), own)  # noqa: S102 - we wrote it: see the module
    run: Callable[[Mapping[str, Any]], Any] = own["run"]
    return run
