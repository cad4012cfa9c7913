"""Whether an event says that its user belongs to an audience (kit-behaviour 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPUTED = frozenset({"audience", "journey_step"})
_VALUES: Final = {"identify": "traits", "track": "properties"}
_ROWS: Final[dict[tuple[str, str], bool]] = {
    ("add", "new"): True,
    ("update", "updated"): True,
    ("upsert", "new"): True,
    ("upsert", "updated"): True,
    ("mirror", "new"): True,
    ("mirror", "updated"): True,
    ("delete", "deleted"): False,
    ("mirror", "deleted"): False,
}
"""(sync mode, what happened to a row of a warehouse) -> does its user belong."""


def membership(event: Mapping[str, Any], sync_mode: str | None) -> bool | None:
    """Tell from a computed audience, else from a row of a warehouse; None when neither says."""
    if (key := _computed(event)) is not None:
        values = event.get(_VALUES.get(_text(event.get("type")), ""))
        value = values.get(key) if isinstance(values, dict) else None
        return value if isinstance(value, bool) else None
    if sync_mode is None or event.get("type") != "track":
        return None
    return _ROWS.get((sync_mode, _text(event.get("event"))))


def _computed(event: Mapping[str, Any]) -> str | None:
    """The key under which a computed audience says yes or no."""
    context = event.get("context")
    personas = context.get("personas") if isinstance(context, dict) else None
    if not isinstance(personas, dict) or _text(personas.get("computation_class")) not in _COMPUTED:
        return None
    key = personas.get("computation_key")
    return key if isinstance(key, str) and key else None


def _text(value: object) -> str:
    """Events come from anywhere: what is no text, such as a list, names nothing."""
    return value if isinstance(value, str) else ""
