"""Values as properties of HubSpot hold them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headgate.kit import Discard
from headgate.mapping.javascript import WHITE_SPACE, string, stringify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.mapping import Json

Properties = dict[str, Any]

_BOOLEANS = {"true": True, "false": False}
_NAME = re.compile(r"[a-z].*", re.DOTALL)


def flattened(members: Mapping[str, object] | None) -> Properties:
    """Write lists as `a;b`, objects as JSON, texts without white space around; drop nulls."""
    said = (members or {}).items()
    return {name: _flat(value) for name, value in said if value is not None}


def _flat(value: Any) -> Json:
    if isinstance(value, list):
        return ";".join(_element(each) for each in value)
    if isinstance(value, dict):
        return written(value)
    return trimmed(value) if isinstance(value, str) else value


def _element(value: object) -> str:
    is_scalar = value is not None and not isinstance(value, (dict, list))
    return string(value) if is_scalar else written(value)


def written(value: object) -> str:
    """Give the JSON of a value as a text."""
    return stringify(value).decode("utf-8", "surrogatepass")


def trimmed(text: str) -> str:
    return text.strip(WHITE_SPACE)


def typed(members: Mapping[str, object] | None) -> Properties:
    """Name properties as HubSpot does, and give texts that are true or false their type.

    Objects and lists become JSON; nulls are dropped. Raises `Discard` for a name that cannot be.
    """
    said = (members or {}).items()
    return {property_name(name): _typed(value) for name, value in said if value is not None}


def _typed(value: Any) -> Json:
    if isinstance(value, (dict, list)):
        return written(value)
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]  # a number or a boolean
    text = trimmed(value)
    return _BOOLEANS.get(text.lower(), text)


def property_name(name: str) -> str:
    """Give the internal name: lower case, and `_` for all but letters, digits and `_`."""
    internal = re.sub(r"[^a-z0-9_]", "_", name.lower())
    if not _NAME.fullmatch(internal):
        raise Discard(f"The property {name!r} must have a name that begins with a letter.")
    return internal
