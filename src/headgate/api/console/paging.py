"""Pages of the console's lists, whose whole length nobody counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from headgate.api.cursors import sealed
from headgate.control.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.api.public.pagination import Page

T = TypeVar("T")


class Pagination(msgspec.Struct, frozen=True, omit_defaults=True):
    """Cursors: of this page, and of the next one where there is one."""

    current: str
    next: str | None = None


def opened(page: Page, type_: type[T]) -> T | None:
    """The key behind which a page begins; None for the first one. Raises Invalid.

    Cursors are no secret, so that somebody may have made one up.
    """
    if page.after is None:
        return None
    try:
        found = msgspec.convert(page.after, type_)
    except msgspec.ValidationError:
        found = None
    if found is None or any(_is_long(each) for each in _parts(found)):
        raise Invalid([Problem("pagination.cursor", "is none of this list")])
    return found


def _parts(found: object) -> tuple[object, ...]:
    return found if isinstance(found, tuple) else (found,)


def _is_long(part: object) -> bool:
    return isinstance(part, int) and not 0 <= part < 1 << 63


def paginated(page: Page, found: Sequence[T], key: Callable[[T], Any]) -> Pagination:
    """Of `found`, which has one more than are shown where there is a next page."""
    if len(found) < page.most:
        return Pagination(sealed(page.after, page.mark))
    return Pagination(sealed(page.after, page.mark), sealed(key(found[-2]), page.mark))
