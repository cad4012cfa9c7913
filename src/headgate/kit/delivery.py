"""What an action may know of a delivery, beside its payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

import msgspec

from headgate.kit.fields.conditions import SyncMode
from headgate.kit.membership import membership

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.mapping import Json

SYNC_MODE: Final = "__segment_internal_sync_mode"
MATCHING_KEY: Final = "__segment_internal_matching_key"
HOOKS: Final = ("onMappingSave", "retlOnMappingSave")


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """The event, and what its subscription says of it.

    `event` is shared with other deliveries: never change it. `sync_mode` and `matching_key` are
    the subscription's. `membership` tells whether the user is in the audience that the event is
    about, None where it is about none. `audience` holds the audience's own settings, and `saved`
    what hooks of the action saved, by hook.
    """

    event: Mapping[str, Any] = {}
    subscription: str = ""
    sync_mode: SyncMode | None = None
    matching_key: str | None = None
    membership: bool | None = None
    audience: Mapping[str, Any] = {}
    saved: Mapping[str, Mapping[str, Any]] = {}


def delivery(
    event: Mapping[str, Any],
    mapping: Json,
    *,
    subscription: str = "",
    has_sync_modes: bool = False,
) -> Delivery:
    """Gather what a stored mapping and an event say (kit-behaviour 4.1)."""
    stored = mapping if isinstance(mapping, dict) else {}
    mode = stored.get(SYNC_MODE)
    sync_mode = cast("SyncMode", mode) if has_sync_modes and mode in get_args(SyncMode) else None
    key = stored.get(MATCHING_KEY)
    return Delivery(
        event=event,
        subscription=subscription,
        sync_mode=sync_mode,
        matching_key=str(key) if key else None,
        membership=membership(event, sync_mode),
        audience=_audience(event),
        saved={name: _outputs(stored[name]) for name in HOOKS if name in stored},
    )


def _audience(event: Mapping[str, Any]) -> Mapping[str, Any]:
    context = event.get("context")
    personas = context.get("personas") if isinstance(context, dict) else None
    settings = personas.get("audience_settings") if isinstance(personas, dict) else None
    return settings if isinstance(settings, dict) else {}


def _outputs(saved: Json) -> Mapping[str, Any]:
    outputs = saved.get("outputs") if isinstance(saved, dict) else None
    return outputs if isinstance(outputs, dict) else {}
