"""Who an event, a purchase or a profile belongs to."""

from __future__ import annotations

from typing import Any

from headgate.kit import Discard, Fields, Payload, field, path


class Alias(Fields):
    alias_name: str | None = field("Alias Name", "The name itself.")
    alias_label: str | None = field("Alias Label", "What kind of name it is.")


class WholeAlias(Fields):
    alias_name: str = field("Alias Name", "The name itself.")
    alias_label: str = field("Alias Label", "What kind of name it is.")


class Identified(Payload):
    external_id: str | None = field(
        "External User ID", "Your ID of the person.", mapping=path("$.userId")
    )


class Person(Identified):
    user_alias: Alias | None = field(
        "User Alias Object", "Another name of the person; it needs both of its parts."
    )
    braze_id: str | None = field(
        "Braze User Identifier",
        "Braze's own ID of the person.",
        mapping=path("$.properties.braze_id"),
        allow_null=True,
    )


class OnlyExisting(Payload):
    update_existing_only: bool | None = field(
        "Update Existing Only",
        "Change profiles that exist, and create none.",
        key="_update_existing_only",
        mapping=False,
    )


UPDATE_ONLY = "_update_existing_only"


def identity(person: Person, email: str | None) -> dict[str, Any]:
    """Give whose it is, nulls included. Raises `Discard` where nothing says it."""
    alias = whole(person.user_alias)
    if not (person.external_id or person.braze_id or alias or email):
        raise Discard('One of "external_id" or "user_alias" or "braze_id" or "email" is required.')
    said = person.model_dump(
        by_alias=True, exclude_unset=True, include={"external_id", "braze_id", "email"}
    )
    return {**said, "user_alias": alias} if alias else said


def whole(alias: Alias | WholeAlias | None) -> dict[str, str] | None:
    """Give an alias that has both of its parts."""
    if alias is None or not (alias.alias_name and alias.alias_label):
        return None
    return {"alias_label": alias.alias_label, "alias_name": alias.alias_name}
