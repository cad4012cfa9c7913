"""Parts and tables of Markdown, of which the reference pages are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def part(
    title: str, text: str = "", head: tuple[str, ...] = (), rows: Iterable[tuple[str, ...]] = ()
) -> Iterator[str]:
    """The lines of a part below the title of a page: text, a table where it has a head, or both."""
    yield from ("", f"## {title}", "")
    if text:
        yield from (text, "") if head else (text,)
    if head:
        yield from table(head, rows)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table; `|` is escaped in a cell, and white space becomes one space."""
    yield _row(head)
    yield "|---" * len(head) + "|"
    yield from map(_row, rows)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(" ".join(it.replace("|", "\\|").split()) for it in cells) + " |"
