"""What the `integrations` of an event say about a destination (domain section 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

INTEGRATIONS_OBJECT = "integrations_object"
SCHEMA_INTEGRATION = "schema_integration"

_NOT_DESTINATIONS = frozenset({"All", "Segment.io", "Warehouses"})
"""Names that mean something else: everything, the server itself, and what is loaded."""


def said(integrations: Any, names: frozenset[str]) -> bool | None:
    """Whether the event itself names the destination and wants it there; None if it does not.

    `names` are all that the destination goes by, letter for letter. An object of options wants it
    there. Of several names one `false` is enough. A value that is neither true, false nor an
    object says nothing, and neither does anything that is no object in place of the whole: what a
    client writes may have any shape.
    """
    if not isinstance(integrations, dict) or names.isdisjoint(integrations):
        return None
    found = [integrations[name] for name in names if name in integrations]
    if any(value is False for value in found):
        return False
    return True if any(value is True or isinstance(value, dict) for value in found) else None


def allowed(integrations: Any, *, own: bool | None) -> bool:
    """Whether the event may go there: its own word first (see `said`), else that of `All`.

    Only `All: false` speaks against a destination that is not named.
    """
    if own is not None:
        return own
    return not (isinstance(integrations, dict) and integrations.get("All") is False)


def unknown_names(integrations: Any, known: Collection[str]) -> list[str]:
    """The names that lead to no destination: Segment's UNKNOWN_INTEGRATION, here only a note."""
    if not isinstance(integrations, dict):
        return []
    return [name for name in integrations if name not in known and name not in _NOT_DESTINATIONS]
