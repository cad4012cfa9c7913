"""How mature a destination is: the highest level whose rules it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.kit.testing.rule import LEVELS, Level, Verdict, judge
from headgate.kit.testing.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.kit.testing.subject import Subject


class Maturity(NamedTuple):
    """`level` is None below the first one; `lacking` names what the next level asks for."""

    level: Level | None
    verdicts: tuple[Verdict, ...]

    @property
    def lacking(self) -> tuple[str, ...]:
        wanted = LEVELS[0] if self.level is None else _next(self.level)
        broken = (v.rule for v in self.verdicts if not v.is_kept)
        return tuple(rule.name for rule in broken if rule.level == wanted)

    def __str__(self) -> str:
        level = self.level or "below experimental"
        return f"{level} (lacks {', '.join(self.lacking)})" if self.lacking else level


def maturity(subject: Subject) -> Maturity:
    """Judge a destination by all rules."""
    return of(judge(subject, rule) for rule in RULES)


def of(verdicts: Iterable[Verdict]) -> Maturity:
    """Give the maturity that verdicts on all rules amount to."""
    judged = tuple(verdicts)
    reached: Level | None = None
    for level in LEVELS:
        if any(not verdict.is_kept for verdict in judged if verdict.rule.level == level):
            break
        reached = level
    return Maturity(reached, judged)


def _next(level: Level) -> Level | None:
    place = LEVELS.index(level) + 1
    return LEVELS[place] if place < len(LEVELS) else None
