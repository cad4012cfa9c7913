"""The placeholders of a template: where they stand, and which place of the event each names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from headgate.mapping.javascript import WHITE_SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator


class Place(NamedTuple):
    path: str


Piece: TypeAlias = str | Place
"""Text that stays as it is, or a place to be filled in."""


def pieces(template: str) -> Iterator[Piece]:
    """Cut at the triple braces first, then each text between them at the double ones."""
    for piece in triples(template):
        if isinstance(piece, Place):
            yield piece
        else:
            yield from doubles(piece)


def triples(text: str) -> Iterator[Piece]:
    return _cut(text, "{{{", "}}}")


def doubles(text: str) -> Iterator[Piece]:
    return _cut(text, "{{", "}}")


def _cut(text: str, opening: str, closing: str) -> Iterator[Piece]:
    """Cut at `opening`, anything but `}`, `closing`, in one pass over the text.

    An opening at which the next `}` closes nothing fails for all openings before that `}`.
    """
    at = search = 0
    while (start := text.find(opening, search)) >= 0:
        inner = start + len(opening)
        end = text.find("}", inner)
        if end < 0:
            break
        search = end
        if end > inner and text.startswith(closing, end):
            yield text[at:start]
            yield Place(text[inner:end].strip(WHITE_SPACE))
            at = search = end + len(closing)
    yield text[at:]
