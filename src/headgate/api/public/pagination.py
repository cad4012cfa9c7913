"""Pages of lists: cursors of one workspace and one operation, in every client's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from headgate.api.cursors import BadCursor, opened, sealed
from headgate.control.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
MOST, USUAL = 1000, 200
_SPELLINGS = ("pagination[{0}]", "pagination.{0}")


class Page(NamedTuple):
    """Which part of a list is asked for: `most` items whose key is above `after`.

    `most` is one more than are shown: so it is known whether there is a next page.
    """

    after: Any
    most: int
    mark: str
    """What the cursors of this list are bound to."""

    def answer(self, found: Sequence[T], key: Callable[[T], Any], total: int) -> dict[str, Any]:
        """What a client is told of the page that `found` begins with."""
        told = {"current": self._cursor(self.after), "totalEntries": total}
        if len(found) == self.most:
            told["next"] = self._cursor(key(found[-2]))
        return told

    def shown(self, data: dict[str, Any]) -> dict[str, Any]:
        """What a client is shown of the data of a list: all but the one more."""
        if "pagination" not in data:
            return data
        return {
            name: value[: self.most - 1] if isinstance(value, list) else value
            for name, value in data.items()
        }

    def _cursor(self, after: Any) -> str:
        return sealed(after, self.mark)


def page_of(query: Mapping[str, str], mark: str) -> Page:
    """What a query asks for. Raises Invalid."""
    given = _given(query)
    count, cursor = given.get("count"), given.get("cursor")
    most = USUAL if count is None else _count(count)
    return Page(_opened(str(cursor), mark) if cursor else None, most + 1, mark)


def _given(query: Mapping[str, str]) -> dict[str, Any]:
    """Python sends one JSON text, qs one parameter for each member."""
    if text := query.get("pagination"):
        try:
            given = msgspec.json.decode(text)
        except msgspec.DecodeError:
            given = None
        if not isinstance(given, dict):
            raise Invalid([Problem("pagination", "must be an object with count and cursor")])
        return given
    return {
        name: query[spelling.format(name)]
        for name in ("count", "cursor")
        for spelling in _SPELLINGS
        if spelling.format(name) in query
    }


def _count(given: Any) -> int:
    try:
        count = int(given) if isinstance(given, str) or type(given) is int else 0
    except ValueError:
        count = 0
    if not 1 <= count <= MOST:
        raise Invalid([Problem("pagination.count", f"must be a number from 1 to {MOST}")])
    return count


def _opened(cursor: str, mark: str) -> Any:
    try:
        return opened(cursor, mark)
    except BadCursor as error:
        raise Invalid([Problem("pagination.cursor", str(error))]) from None
