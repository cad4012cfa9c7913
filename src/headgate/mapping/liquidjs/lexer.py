"""Cutting a template into texts, outputs and tags."""

from __future__ import annotations

import re
from typing import NamedTuple

from headgate.mapping.liquidjs.cursor import BLANK, Cursor

_OPENING = re.compile(r"\{[%{]")


class Piece(NamedTuple):
    """A stretch of the template: a text, or what stands between delimiters.

    `name` is a tag's; `start` and `stop` bound what is inside, after the name. `text` is a text
    without what whitespace control took away.
    """

    kind: str
    begin: int
    end: int
    start: int
    stop: int
    name: str = ""
    trims_left: bool = False
    trims_right: bool = False
    text: str = ""

    def cursor(self, source: str) -> Cursor:
        return Cursor(source, self.start, self.stop)


def pieces(source: str) -> list[Piece]:
    """Cut a whole template. Raises `MappingError` for a delimiter that is not closed."""
    found: list[Piece] = []
    at = 0
    raw = -1
    while at < len(source):
        if raw >= 0:
            piece = _raw_or_end(source, at, raw)
            raw = raw if piece.kind == "text" else -1
        else:
            piece = _piece(source, at)
            raw = at if piece.name == "raw" else -1
        found.append(piece)
        at = piece.end
    return _trimmed(source, found)


def lines(source: str, start: int, stop: int) -> list[Piece]:
    """Cut the inside of a `{% liquid %}` tag, where each line is a tag."""
    found: list[Piece] = []
    cursor = Cursor(source, start, stop)
    while True:
        cursor.skip_blank()
        if cursor.done():
            return found
        begin = cursor.at
        cursor.at += 1
        cursor.skip_past("\n")
        found.append(
            _tag(source, (begin, cursor.at), (begin, cursor.at), "illegal liquid tag syntax")
        )


def _piece(source: str, at: int) -> Piece:
    if source.startswith("{%", at):
        return _closed_tag(source, at)
    if source.startswith("{{", at):
        return _output(source, at)
    match = _OPENING.search(source, at)
    end = match.start() if match else len(source)
    return Piece("text", at, end, at, end)


def _closed_tag(source: str, at: int) -> Piece:
    closing = source.find("%}", at + 1)
    if closing < 0:
        whole = Cursor(source, at, len(source))
        whole.refuse(f"tag {whole.shown()} not closed")
    return _delimited_tag(source, at, closing + 2)


def _delimited_tag(source: str, begin: int, end: int) -> Piece:
    why = "illegal tag syntax, tag name expected"
    return _tag(source, (begin, end), (begin + 2, end - 2), why)


def _tag(source: str, whole: tuple[int, int], inside: tuple[int, int], why: str) -> Piece:
    start, stop, left, right = _content(source, *inside)
    cursor = Cursor(source, start, stop)
    cursor.skip_blank()
    if source.startswith("#", cursor.at):
        name = "#"
        cursor.at += 1
    else:
        name = cursor.identifier()
    if not name:
        cursor.refuse(why)
    cursor.skip_blank()
    return Piece("tag", *whole, cursor.at, stop, name, left, right)


def _output(source: str, at: int) -> Piece:
    cursor = Cursor(source, at, len(source))
    while not cursor.done():
        if cursor.skip_quoted():
            continue
        cursor.at += 1
        if source.startswith("}}", cursor.at - 2):
            start, stop, left, right = _content(source, at + 2, cursor.at - 2)
            return Piece("output", at, cursor.at, start, stop, "", left, right)
    whole = Cursor(source, at, len(source))
    return whole.refuse(f"output {whole.shown()} not closed")


def _content(source: str, start: int, stop: int) -> tuple[int, int, bool, bool]:
    """Take the hyphens of whitespace control and the blanks off what is between delimiters."""
    left = source[start : start + 1] == "-"
    right = source[stop - 1 : stop] == "-"
    start, stop = start + left, stop - right
    while start < stop and source[start] in BLANK:
        start += 1
    while stop > start and source[stop - 1] in BLANK:
        stop -= 1
    return start, stop, left, right


def _raw_or_end(source: str, at: int, raw: int) -> Piece:
    """Read on after `{% raw %}`: the text up to `{% endraw %}`, then that tag."""
    opening = source.find("{%", at)
    cursor = Cursor(source, opening + 2, len(source))
    while opening >= 0:
        if cursor.identifier() != "endraw":
            opening = source.find("{%", cursor.at)
            cursor.at = opening + 2
            continue
        closing, again = source.find("%}", cursor.at), source.find("{%", cursor.at)
        if closing >= 0 and not 0 <= again < closing:
            text = Piece("text", at, opening, at, opening)
            return text if opening > at else _delimited_tag(source, at, closing + 2)
        if again < 0:
            break
        cursor.at = again + 2
    whole = Cursor(source, at, len(source))
    return whole.refuse(f"raw {whole.shown(raw)} not closed")


def _trimmed(source: str, found: list[Piece]) -> list[Piece]:
    """Apply whitespace control: a hyphen takes the blanks of the text beside it."""
    raw = False
    left: set[int] = set()
    right: set[int] = set()
    for index, piece in enumerate(found):
        if piece.trims_left and not raw:
            right.add(index - 1)
        raw = {"raw": True, "endraw": False}.get(piece.name, raw)
        if piece.trims_right and not raw:
            left.add(index + 1)
    return [
        _with_text(source, piece, left=index in left, right=index in right)
        for index, piece in enumerate(found)
    ]


def _with_text(source: str, piece: Piece, *, left: bool, right: bool) -> Piece:
    if piece.kind != "text":
        return piece
    text = source[piece.begin : piece.end]
    text = text.lstrip(BLANK) if left else text
    return piece._replace(text=text.rstrip(BLANK) if right else text)
