"""Settings of an instance: what its destination declares, secrets as references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.control.declaring.settling import variable
from headgate.control.importing_segment.report import Secret
from headgate.kit.access import OAUTH
from headgate.mapping.javascript import stringify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.control.catalogue import DestinationEntry
    from headgate.control.importing_segment.known import Ours
    from headgate.control.importing_segment.report import Notes

MASK: Final = "••"
"""How Segment begins a value that it does not tell."""
_SEGMENTS_OWN = frozenset({"dynamicAuthSettings"})
"""What its web app keeps beside the settings of every instance."""
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
_HIDDEN = "Segment shows it masked, and it is no secret here: write it into the file"
_UNDECLARED = "the destination has no such setting here"
_AGREEMENT: Final = (
    "agree at the destination anew, and give JSON with client_id, client_secret, access_token"
    " and refresh_token"
)


def plain_settings(
    given: Mapping[str, Any], ours: Ours, entry: DestinationEntry, slug: str, notes: Notes
) -> dict[str, Any]:
    """Those that are no secrets, told apart from what the destination cannot use."""
    none = _faults(entry, {})
    kept = {}
    for key, told in given.items():
        value = _as_text(told) if key in entry.texts else told
        if key in ours.secrets or key in _SEGMENTS_OWN or value in _EMPTY:
            continue
        if key not in ours.settings:
            if value is not False:
                notes.leave_out("setting", key, _UNDECLARED, of=slug)
        elif is_masked(value):
            notes.leave_out("setting", key, _HIDDEN, of=slug)
        elif faults := [each for each in _faults(entry, {key: value}) if each not in none]:
            notes.leave_out("setting", key, " ".join(faults), of=slug)
        else:
            kept[key] = value
    return kept


def secret_settings(given: Mapping[str, Any], ours: Ours) -> list[str]:
    """Those that Segment has a value for, or that the destination cannot do without."""
    return [
        key
        for key in (*(key for key in ours.settings if key in ours.secrets), *_tokens(ours))
        if key not in ours.settings or given.get(key) not in _EMPTY or _must_be(ours, key)
    ]


def missing_settings(kept: Mapping[str, Any], ours: Ours) -> list[str]:
    """What is no secret and must be said, but is not."""
    return [
        key
        for key in ours.settings
        if key not in ours.secrets and key not in kept and _must_be(ours, key)
    ]


def reference(slug: str, key: str, notes: Notes) -> dict[str, str]:
    """What stands for a secret in a declaration; the report names its variable."""
    how = _AGREEMENT if key == OAUTH else ""
    notes.secrets.append(Secret(variable(f"{slug}.{key}"), slug, key, how))
    return {"@secret": f"{slug}.{key}"}


def is_masked(value: Any) -> bool:
    """Whether Segment keeps back a value, or anything inside it."""
    if isinstance(value, dict):
        return any(map(is_masked, value.values()))
    if isinstance(value, list):
        return any(map(is_masked, value))
    return isinstance(value, str) and value.startswith(MASK)


def _as_text(value: Any) -> Any:
    """A number as Segment makes a text of it: there, it may stand for one."""
    return stringify(value).decode() if isinstance(value, bool | int | float) else value


def _tokens(ours: Ours) -> Iterator[str]:
    if ours.asks_agreement:
        yield OAUTH


def _must_be(ours: Ours, key: str) -> bool:
    form = ours.settings[key]
    return form.get("required") is True and "default" not in form


def _faults(entry: DestinationEntry, values: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        entry.check_settings(values)
    except ValueError as error:
        return tuple(getattr(error, "faults", ())) or (str(error),)
    return ()
