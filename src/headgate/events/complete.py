"""The event as it is delivered: what the client sent, with what the server knows better."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from headgate.clock import iso

_decode = msgspec.json.Decoder().decode
_decode_defaults = msgspec.json.Decoder(dict[str, Any]).decode


class Stamped(Protocol):
    """What the server decided when it accepted the event (a record of the log has it)."""

    @property
    def received_at(self) -> int: ...
    @property
    def message_id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def anonymous_id(self) -> str | None: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def ip(self) -> str | None: ...
    @property
    def original(self) -> bytes: ...


def complete(stamped: Stamped, defaults: bytes | None, source_id: str) -> dict[str, Any]:
    """One event, ready for triggers and mappings.

    Null at the top means absent; batch defaults fill what the event itself does not say; fields
    that the server owns (`receivedAt`, `timestamp`, `messageId`, `type`, `projectId`) replace
    whatever a client put there, and the client's `timestamp` becomes `originalTimestamp`.
    """
    event: dict[str, Any] = _decode(stamped.original)
    if None in event.values():
        event = {name: value for name, value in event.items() if value is not None}
    event.pop("writeKey", None)
    _merge(event, None if defaults is None else _decode_defaults(defaults))
    original = event.get("timestamp") or event.get("originalTimestamp")
    if original:
        event["originalTimestamp"] = original
    for name, value in (("userId", stamped.user_id), ("anonymousId", stamped.anonymous_id)):
        if value is not None:
            event[name] = value
        else:
            event.pop(name, None)  # blank, which is none
    if stamped.ip is not None and "ip" not in event["context"]:
        event["context"]["ip"] = stamped.ip
    event["messageId"] = stamped.message_id
    event["type"] = stamped.type
    event["timestamp"] = iso(stamped.timestamp)
    event["receivedAt"] = iso(stamped.received_at)
    event["projectId"] = source_id
    return event


def _merge(event: dict[str, Any], defaults: dict[str, Any] | None) -> None:
    for name in ("context", "integrations"):
        own = event.get(name) or {}
        outer = defaults.get(name) if defaults else None
        event[name] = {**outer, **own} if outer else own
    if defaults and "sentAt" not in event and defaults.get("sentAt"):
        event["sentAt"] = defaults["sentAt"]
