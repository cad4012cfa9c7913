"""Slugs for what is called otherwise at Segment: never the same twice."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from headgate.control.declaring.settling import variable

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 64
_OTHER = re.compile(r"[^a-z0-9_-]+")


def slug_of(text: str, otherwise: str) -> str:
    """The nearest slug to a text; `otherwise` where nothing of it can stand in one."""
    return _OTHER.sub("-", text.lower()).strip("-_")[:LONGEST].rstrip("-_") or otherwise


class Slugs:
    """Those that are taken, and the variables that stand for the secrets of connections."""

    def __init__(self) -> None:
        self._slugs: set[str] = set()
        self._variables: set[str] = set()

    def take(self, wished: str, secrets: Iterable[str] = ()) -> str:
        """The wished slug or the next with a number; no two secrets share a variable."""
        fields = tuple(secrets)
        for slug in _numbered(wished):
            variables = {variable(f"{slug}.{field}") for field in fields}
            if slug not in self._slugs and self._variables.isdisjoint(variables):
                break
        self._slugs.add(slug)
        self._variables |= variables
        return slug


def _numbered(wished: str) -> Iterable[str]:
    yield wished
    for number in itertools.count(2):
        ending = f"-{number}"
        yield wished[: LONGEST - len(ending)] + ending
