"""One thing that is wrong with a declaration, and the rules that find such things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from headgate.kit.destination import Destination

Level: TypeAlias = Literal["error", "warning"]


class Finding(NamedTuple):
    """`place` is where in the declaration, such as `actions/send/fields/url`; "" is all of it."""

    level: Level
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


Findings: TypeAlias = Iterator[Finding]
Check: TypeAlias = "Callable[[Destination[Any]], Findings]"


def error(place: str, message: str) -> Finding:
    return Finding("error", place, message)


def warning(place: str, message: str) -> Finding:
    return Finding("warning", place, message)
