"""A strict trigger as pages evaluate it, by Segment's library, which knows less of the language."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from headgate.trigger import strict


class Paged(NamedTuple):
    """JSON texts of two conditions; `undecided` is None where the trigger can always tell."""

    holds: str
    undecided: str | None


def for_pages(text: str) -> Paged:
    """Give the conditions for pages. Raises `TriggerError` for what pages cannot evaluate."""
    holds, fails, is_sure = strict.pages.pair(strict.parse(text))
    return Paged(_json(holds), None if is_sure else _json(["!", ["or", holds, fails]]))


def _json(ir: list[object]) -> str:
    return msgspec.json.encode(ir).decode()
