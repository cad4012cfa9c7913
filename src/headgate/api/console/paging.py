"""Pages of the console's lists, whose whole length nobody counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from headgate.api.cursors import sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.api.public.pagination import Page

T = TypeVar("T")


class Pagination(msgspec.Struct, frozen=True, omit_defaults=True):
    """Cursors: of this page, and of the next one where there is one."""

    current: str
    next: str | None = None


def paginated(page: Page, found: Sequence[T], key: Callable[[T], Any]) -> Pagination:
    """Of `found`, which has one more than are shown where there is a next page."""
    if len(found) < page.most:
        return Pagination(sealed(page.after, page.mark))
    return Pagination(sealed(page.after, page.mark), sealed(key(found[-2]), page.mark))
