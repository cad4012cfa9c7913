"""Rules of the contract, what breaks them, and how they are judged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, TypeAlias, get_args

from headgate.kit.testing.recordings import UnreadableRecording
from headgate.kit.testing.subject import Subject

Level: TypeAlias = Literal["experimental", "beta", "stable"]
"""How far a destination has come; each level has its rules, and those of the levels before."""

LEVELS: tuple[Level, ...] = get_args(Level)


class Fault(NamedTuple):
    """One way in which a rule is broken; `place` is what a waiver names."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


Faults: TypeAlias = AsyncIterator[Fault]


class Rule(NamedTuple):
    """A promise of a destination. `check` finds where it is broken."""

    name: str
    level: Level
    promise: str
    check: Callable[[Subject], Faults]


class Verdict(NamedTuple):
    """What a rule found: faults, those that are waived, and waivers that nothing needed."""

    rule: Rule
    faults: tuple[Fault, ...] = ()
    waived: tuple[Fault, ...] = ()

    @property
    def is_kept(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        lines = [f"{self.rule.name}: {self.rule.promise}"]
        return "\n".join([*lines, *(f"  {fault}" for fault in self.faults)])


def judge(subject: Subject, rule: Rule) -> Verdict:
    """Look whether a destination keeps a rule; a waiver that nothing needs is a fault too."""
    found = asyncio.run(_found(subject, rule))
    try:
        waivers = subject.waivers.get(rule.name, {})
    except UnreadableRecording:
        waivers = {}  # a rule of its own tells of it
    waived = tuple(
        fault for fault in found if any(fnmatchcase(fault.place, place) for place in waivers)
    )
    unneeded = [
        Fault(place, "nothing needs this waiver: remove it")
        for place in waivers
        if not any(fnmatchcase(fault.place, place) for fault in found)
    ]
    return Verdict(rule, (*(f for f in found if f not in waived), *unneeded), waived)


async def _found(subject: Subject, rule: Rule) -> list[Fault]:
    return [fault async for fault in rule.check(subject)]
