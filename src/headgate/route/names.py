"""The names under which events speak of a destination, in `integrations` and `_metadata`."""

from __future__ import annotations

from headgate import catalog


def names_of(slug: str) -> frozenset[str]:
    """The names of a cloud destination: its own, its slug, and those it had, at Segment too.

    A destination that cannot be loaded has its slug alone: why is told where it is used.
    """
    try:
        found = catalog.destination(slug)
    except Exception:  # noqa: BLE001 - what a package raises must not end the routing of others
        return frozenset({slug})
    return frozenset({slug, found.name, *found.listing.previous_names})
