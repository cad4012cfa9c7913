"""Attempts and dead letters, as people look for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headgate.control.errors import Missing
from headgate.control.observing import deliveries, personal
from headgate.control.observing.deliveries import Dead, Tried
from headgate.control.observing.sight import lanes_of, ledgers_of, look, sight
from headgate.ledger.queries import (
    AttemptFilter,
    LetterFilter,
    LetterMark,
    Mark,
    letter_mark,
    mark,
)

if TYPE_CHECKING:
    from headgate.control.work import Work
    from headgate.ledger.port import Letter

_DIGITS = 18


class Placed(NamedTuple):
    """An attempt, and where it stands in the order of all."""

    tried: Tried
    mark: Mark


class FoundLetter(msgspec.Struct, frozen=True):
    """A dead letter under the id by which it is asked for."""

    id: str
    letter: Dead


class PlacedLetter(NamedTuple):
    """The same, and where it stands in the order of all."""

    found: FoundLetter
    mark: LetterMark


class OpenedLetter(msgspec.Struct, frozen=True):
    """A dead letter with its attempts, the newest first, and the samples that were kept.

    Without the right to see what events say of people there are no samples.
    """

    id: str
    letter: Dead
    attempts: tuple[Tried, ...]
    is_veiled: bool


def attempts(
    work: Work, which: AttemptFilter, *, connection: str | None, message_id: str | None
) -> list[Placed]:
    """The newest first. Raises Missing or Forbidden."""
    lanes = lanes_of(work, sight(work), connection)
    if message_id is not None:
        places = look(work, lambda log: deliveries.places_of(log, message_id))
        which = which._replace(places=places)
    found = ledgers_of(work).find_attempts(which._replace(lanes=frozenset(lanes.rows))).attempts
    rows = look(work, lambda log: deliveries.tries(log, lanes, found))
    return [
        Placed(_veiled(work, row), mark(n, each))
        for row, (n, each) in zip(rows, found, strict=True)
    ]


def letters(work: Work, which: LetterFilter, *, connection: str | None) -> list[PlacedLetter]:
    """The newest first. Raises Missing or Forbidden."""
    lanes = lanes_of(work, sight(work), connection)
    meant = which._replace(lanes=frozenset(lanes.rows), newest_first=True)
    return [_named(lanes, each) for each in ledgers_of(work).letters(meant)]


def letter(work: Work, id_: str) -> OpenedLetter:
    """One, with what was sent and answered. Raises Missing or Forbidden."""
    lanes = lanes_of(work, sight(work))
    row = _found(work, lanes, id_)
    which = AttemptFilter(
        lanes=frozenset({row.letter.lane}),
        places=frozenset({(row.letter.partition, row.letter.position)}),
        subscription=row.letter.subscription,
    )
    found = ledgers_of(work).find_attempts(which).attempts
    rows = look(work, lambda log: deliveries.tries(log, lanes, found))
    named, _ = _named(lanes, row)
    is_veiled = not personal.may_see_people(work)
    return OpenedLetter(
        named.id, named.letter, tuple(_veiled(work, each) for each in rows), is_veiled
    )


def _found(work: Work, lanes: deliveries.Lanes, id_: str) -> Letter:
    of, _, text = id_.partition(".")
    number = int(text) if text.isdecimal() and len(text) <= _DIGITS else 0
    lane = next((each for each in lanes.rows if lanes.id(each) == of), None)
    if number and lane is not None:
        which = LetterFilter(frozenset({lane}), after=number - 1, limit=1)
        for row in ledgers_of(work).letters(which):
            if row.id == number:
                return row
    raise Missing(f"there is no letter {id_}")


def _named(lanes: deliveries.Lanes, row: Letter) -> PlacedLetter:
    at = letter_mark(row)
    found = FoundLetter(f"{lanes.id(at.lane)}.{at.id}", deliveries.dead(lanes, row))
    return PlacedLetter(found, at)


def _veiled(work: Work, tried: Tried) -> Tried:
    """What was sent and answered holds what an event says."""
    if personal.may_see_people(work):
        return tried
    reason = tried.reason and personal.WITHHELD
    return msgspec.structs.replace(tried, request=None, response=None, reason=reason)
