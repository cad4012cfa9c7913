"""The names under which events speak of a destination, in `integrations` and `_metadata`."""

from __future__ import annotations


def names_of(slug: str) -> frozenset[str]:
    """The names of a cloud destination: its own, its slug, and those it had, at Segment too.

    A destination that cannot be loaded has its slug alone: why is told where it is used.
    """
    from headgate import catalog  # with the kit: who only reads conditions needs neither

    try:
        found = catalog.destination(slug)
    except Exception:  # noqa: BLE001 - what a package raises must not end the routing of others
        return frozenset({slug})
    return frozenset({slug, found.name, *found.listing.previous_names})


def name_of(slug: str) -> str:
    """What people call it; the slug where it cannot be loaded."""
    from headgate import catalog

    try:
        return catalog.destination(slug).name
    except Exception:  # noqa: BLE001 - as above
        return slug


def names_of_plugin(slug: str) -> frozenset[str]:
    """The names of a plugin for pages: its own, that by which pages know it, and its slug."""
    from headgate import catalog

    try:
        found = catalog.browser_destination(slug)
    except Exception:  # noqa: BLE001 - as above
        return frozenset({slug})
    return frozenset({slug, found.name, found.creation_name})
