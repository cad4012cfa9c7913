"""Pages of lists: `page_size`, `page_token` and `next_page_token`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from headgate.api.cursors import BadCursor, opened, sealed
from headgate.control.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
MOST: Final = 1000
USUAL: Final = 100


class Page(NamedTuple):
    """Which part of a list is asked for: `most` items whose key is above `after`.

    `most` is one more than are shown: so it is known whether there is a next page.
    """

    after: Any
    most: int
    mark: str
    """What the tokens of this list are bound to."""

    def cut(self, found: Sequence[T], key: Callable[[T], Any]) -> tuple[Sequence[T], str]:
        """Those that are shown of what was found, and the token of the next page, or nothing."""
        if len(found) < self.most:
            return found, ""
        shown = found[: self.most - 1]
        return shown, sealed(key(shown[-1]), self.mark)

    def of_all(self, every: Sequence[T], key: Callable[[T], Any]) -> tuple[Sequence[T], str]:
        """The same of a list that is known as a whole, and stands in the order of its keys."""
        rest = [each for each in every if self.after is None or key(each) > self.after]
        return self.cut(rest[: self.most], key)


def page_of(query: Mapping[str, str], mark: str) -> Page:
    """What a query asks for; an empty parameter is none, and a size of 0 the usual one.

    Raises Invalid.
    """
    token = query.get("page_token")
    most = _size(query.get("page_size") or "0")
    try:
        return Page(opened(token, mark) if token else None, most + 1, mark)
    except BadCursor as error:
        raise Invalid([Problem("page_token", str(error))]) from None


def _size(given: str) -> int:
    size = int(given) if given.isdecimal() and given.isascii() and len(given) < len("10000") else -1
    if not 0 <= size <= MOST:
        raise Invalid([Problem("page_size", f"must be a number from 1 to {MOST}")])
    return size or USUAL
