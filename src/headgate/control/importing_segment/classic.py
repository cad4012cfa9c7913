"""The classic webhook, whose fixed mapping can be said as subscriptions to every event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from headgate.control.importing_segment.workspace import ActionMetadata, Subscription
from headgate.events.calls import CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.control.importing_segment.workspace import Destination

WEBHOOKS: Final = "54521fdc25e721e32a72ef04"
"""The id of `Webhooks` in Segment's catalogue."""
_SEND: Final = "send"
_EVERY: Final = " or ".join(f'type = "{call}"' for call in CALLS)
_ADDRESSES: Final = frozenset({"globalHook", "hooks"})


def is_webhooks(destination: Destination) -> bool:
    return destination.metadata.id == WEBHOOKS


def as_actions(destination: Destination) -> tuple[Destination, tuple[Subscription, ...]]:
    """The same with a subscription for each address, as if it had actions."""
    settings = destination.settings or {}
    metadata = msgspec.structs.replace(destination.metadata, actions=(ActionMetadata(_SEND),))
    kept = {key: value for key, value in settings.items() if key not in _ADDRESSES}
    return (
        msgspec.structs.replace(destination, metadata=metadata, settings=kept),
        tuple(
            Subscription(
                id=f"{destination.id}-{number}",
                name=f"Webhook {number}",
                action_slug=_SEND,
                enabled=True,
                trigger=_EVERY,
                settings={"url": url, "headers": headers or None, "data": {"@path": "$."}},
            )
            for number, (url, headers) in enumerate(_addresses(settings), 1)
        ),
    )


def _addresses(settings: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """(address, headers); the single one of old only where there are no others."""
    found = [(str(each["hook"]), _headers(each)) for each in _objects(settings, "hooks", "hook")]
    if not found and settings.get("globalHook"):
        found = [(str(settings["globalHook"]), {})]
    yield from found


def _headers(hook: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(each["key"]): str(each.get("value") or "") for each in _objects(hook, "headers", "key")
    }


def _objects(within: Mapping[str, Any], key: str, needed: str) -> list[Mapping[str, Any]]:
    """The objects of a list that say what is needed."""
    given = within.get(key)
    listed = given if isinstance(given, list) else []
    return [each for each in listed if isinstance(each, dict) and each.get(needed)]
