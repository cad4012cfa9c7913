"""Pages: whatever a client's spelling, a walk shows everything once, and its last page says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.api.public.pagination import page_of
from headgate.control.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator


def walk(total: int, count: int) -> Iterator[dict[str, Any]]:
    """What a client is shown of so many items, page by page."""
    items, cursor = list(range(1, total + 1)), None
    while True:
        query = {"pagination[count]": str(count)}
        page = page_of(query | ({"pagination[cursor]": cursor} if cursor else {}), "here")
        found = [each for each in items if page.after is None or each > page.after][: page.most]
        told = page.answer(found, lambda each: each, total)
        yield page.shown({"items": found, "pagination": told})
        cursor = told.get("next")
        if cursor is None:
            return


@given(st.integers(0, 30), st.integers(1, 10))
def test_a_walk_shows_everything_once_and_ends_without_an_empty_page(
    total: int, count: int
) -> None:
    pages = list(walk(total, count))
    assert [each for page in pages for each in page["items"]] == list(range(1, total + 1))
    assert len(pages) == max(1, -(-total // count))
    for page in pages:
        assert isinstance(page["pagination"]["current"], str)
        assert page["pagination"]["totalEntries"] == total


@pytest.mark.parametrize(
    "query",
    [
        {"pagination": '{"count": 2}'},
        {"pagination[count]": "2"},
        {"pagination.count": "2"},
    ],
)
def test_every_client_may_spell_it_its_way(query: dict[str, str]) -> None:
    page = page_of(query, "here")
    assert (page.after, page.most) == (None, 3)


@pytest.mark.parametrize("count", ["0", "-1", "1001", "1e3", "x", "", "true", "9" * 5000])
def test_a_count_is_from_1_to_1000(count: str) -> None:
    with pytest.raises(Invalid, match=r"pagination\.count"):
        page_of({"pagination[count]": count}, "here")


@pytest.mark.parametrize(
    "text", ["[]", "1", "x", '{"count": true}', '{"count": null, "cursor": 1}']
)
def test_an_object_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="pagination"):
        page_of({"pagination": text}, "here")


@given(st.text(max_size=40))
def test_a_cursor_that_nobody_gave_out_is_refused(cursor: str) -> None:
    if not cursor:
        return
    with pytest.raises(Invalid, match=r"pagination\.cursor"):
        page_of({"pagination[cursor]": cursor}, "here")


def test_a_cursor_is_good_for_its_own_list_only() -> None:
    told = page_of({"pagination[count]": "1"}, "here").answer([1, 2], lambda each: each, 2)
    asked = {"pagination[cursor]": told["next"]}
    assert page_of(asked, "here").after == 1
    with pytest.raises(Invalid):
        page_of(asked, "elsewhere")
