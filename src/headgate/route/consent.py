"""Whether the person consented to what a connection is for (domain section 11, consent)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CONSENT = "consent"


def is_consented(event: Mapping[str, Any], categories: Collection[str]) -> bool:
    """Whether every category of the connection is true in `context.consent`.

    An event without a consent object is not asked; one that has it, and no preferences in it
    that can be read, consents to nothing.
    """
    context = event.get("context")
    consent = context.get("consent") if isinstance(context, dict) else None
    if consent is None:
        return True
    preferences = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if not isinstance(preferences, dict):
        return False
    return all(preferences.get(category) is True for category in categories)
