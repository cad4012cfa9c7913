"""The problems of one payload, as far as anyone would read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.kit.validation.sentences import Problem, problem

if TYPE_CHECKING:
    from headgate.kit.validation.sentences import Place

MOST = 100
"""Problems of one payload that are kept: a long list of wrong items says it with fewer."""


class Problems:
    """Notes problems; the sentences of those beyond `MOST` are never made."""

    def __init__(self) -> None:
        self._noted: list[Problem] = []

    def add(self, place: Place, title: str | None, predicate: str) -> None:
        if len(self._noted) < MOST:
            self._noted.append(problem(place, title, predicate))

    def noted(self) -> tuple[Problem, ...]:
        return tuple(self._noted)
