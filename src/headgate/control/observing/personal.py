"""What events say of people, and what those see of it whose roles do not let them (domain 21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from headgate.control.work import Work

WITHHELD: Final = "withheld: it may say who somebody is, which takes the role PII Access"
_PLAIN: Final = frozenset(
    (
        *("type", "event", "name", "category", "messageId", "channel", "version", "projectId"),
        *("timestamp", "originalTimestamp", "receivedAt", "sentAt"),
    )
)
"""What an event says of itself, and not of anybody."""
_PLAIN_CONTEXT: Final = frozenset({"library"})


def may_see_people(work: Work) -> bool:
    return work.actor.may("read", "pii")


def shown(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event whose shape stays, and of which no text or number tells who somebody is."""
    return {key: _shown(key, value) for key, value in event.items()}


def _shown(key: str, value: Any) -> Any:
    if key in _PLAIN:
        return value
    if key == "context" and isinstance(value, Mapping):
        return {name: of if name in _PLAIN_CONTEXT else veiled(of) for name, of in value.items()}
    return veiled(value)


def veiled(value: Any) -> Any:
    """The shape of a value: names stay, texts become their length, as in refused events."""
    if isinstance(value, Mapping):
        return {name: veiled(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [veiled(each) for each in value]
    if isinstance(value, str):
        return f"text of {len(value)}"
    return value if value is None or isinstance(value, bool) else "number"
