"""Names of destinations: each has one, no two the same, and nothing is found by another's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.api.config.names import destination_slugs, last_of
from headgate.control.errors import Invalid
from headgate.store.records import ConnectionRecord

WORDS = ("webhook", "slack", "heap", "orders")
CONNECTIONS = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)),
    unique_by=lambda each: each[1],
    max_size=len(WORDS),
)
"""Destinations with slugs of their own, which are unique; some are those of other destinations."""


def connection(destination: str, slug: str) -> ConnectionRecord:
    return ConnectionRecord(
        id=f"con_{slug}",
        number=1,
        source="src",
        slug=slug,
        name=slug,
        destination=destination,
        enabled=True,
        mode="cloud",
        ordering="user",
        settings={},
        filters=[],
        consent=[],
        start=None,
    )


@given(CONNECTIONS)
def test_no_two_go_by_one_name(made: list[tuple[str, str]]) -> None:
    found = [connection(*each) for each in made]
    slugs = destination_slugs(found)
    assert len({*slugs.values()}) == len(found)
    for each in found:
        others = {other.slug for other in found if other is not each}
        assert slugs[each.id] in (each.destination, each.slug)
        assert slugs[each.id] not in others, "nobody else is found by it"
        is_alone = [other.destination for other in found].count(each.destination) == 1
        goes_by_its_entry = is_alone and each.destination not in others
        assert slugs[each.id] == (each.destination if goes_by_its_entry else each.slug)


@pytest.mark.parametrize(
    "name", ["", "shop", "workspaces/main/sources", "workspaces/main/sources/", "x/shop"]
)
def test_a_name_begins_with_that_of_its_parent(name: str) -> None:
    assert last_of("workspaces/main/sources/shop", "workspaces/main/sources", "name") == "shop"
    with pytest.raises(Invalid, match=r"^name: must be a name such as workspaces/main/sources/"):
        last_of(name, "workspaces/main/sources", "name")
