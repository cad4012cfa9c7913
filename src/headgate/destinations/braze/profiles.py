"""Actions that keep profiles up to date."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from headgate.destinations.braze.account import Account
from headgate.destinations.braze.attributes import FirstProfile, Profile
from headgate.destinations.braze.events import updates_only
from headgate.destinations.braze.people import UPDATE_ONLY, identity
from headgate.destinations.braze.tracking import Entries, tracked
from headgate.kit import SyncModes
from headgate.kit.values import iso, present

MODES = SyncModes(
    "How to sync records",
    {"update": "Update profiles that exist"},
    default="update",
    description="What becomes of people whom Braze does not know.",
)
_GENDERS = {
    "M": ("man", "male", "m"),
    "F": ("woman", "female", "w", "f"),
    "O": ("other", "o"),
    "N": ("not applicable", "n"),
    "P": ("prefer not to say", "p"),
}
_BY_WORD = {word: code for code, words in _GENDERS.items() for word in words}
_NAMED = frozenset(Profile.stored_fields()) - {"custom_attributes", "subscription_groups"}
_NOT_CUSTOM = _NAMED | {
    "firstName",
    "lastName",
    "avatar",
    "time",
    "products",
    "properties",
    UPDATE_ONLY,
    "enable_batching",
    "batch_size",
}
"""Traits that are no attributes of your own."""


def profile(payload: Profile, _: Account, mode: str | None) -> Entries:
    """Change the profile of a person, or create it."""
    who = identity(payload, payload.email)
    custom = payload.custom_attributes or {}
    return [
        {
            **{name: value for name, value in custom.items() if name not in _NOT_CUSTOM},
            **who,
            **_attributes(payload),
            **present({UPDATE_ONLY: updates_only(payload, mode)}),
        }
    ]


def _attributes(payload: Profile) -> dict[str, Any]:
    """Give the attributes that were mapped; null takes one away."""
    said = payload.model_dump(
        exclude_unset=True,
        exclude={"user_alias", "custom_attributes", "update_existing_only"},
    )
    for name in ("current_location", "subscription_groups"):
        if name in said and not said[name]:
            del said[name]
    written = {name: _written(value) for name, value in said.items()}
    if payload.dob is not None:
        written["dob"] = iso(payload.dob)[:10]
    if payload.gender is not None:
        written["gender"] = gender(payload.gender)
    return written


def _written(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value


def gender(word: str) -> str:
    """Give Braze's letter for a word; one that is not known stays as it is."""
    return _BY_WORD.get(word.lower(), word)


update_profile = tracked(
    "Update user profile",
    FirstProfile,
    profile,
    to="attributes",
    slug="updateUserProfile",
    trigger='type = "identify"',
)
update_profile_2 = tracked(
    "Update user profile V2",
    Profile,
    profile,
    to="attributes",
    slug="updateUserProfile2",
    trigger='type = "identify"',
    sync_modes=MODES,
)
