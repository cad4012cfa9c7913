"""Findings about declared fields, those of settings and those of payloads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headgate.kit import validation
from headgate.kit.destination.signatures import name_of, takes
from headgate.kit.fields.declaration import declared
from headgate.kit.findings.finding import error, warning
from headgate.mapping import Json

if TYPE_CHECKING:
    from headgate.kit.destination import Destination
    from headgate.kit.fields import Fields
    from headgate.kit.findings.finding import Findings

_SECRET_WORD = re.compile(r"(^|[^a-z])(key|token|secret|password|code)s?([^a-z]|$)")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "text": (str,),
    "password": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_SETTING_TYPES = frozenset({"string", "text", "password", "boolean", "integer", "number"})
_TAKEN_BY_OAUTH: Final = frozenset(
    {
        "accesstoken",
        "apikey",
        "apisecret",
        "clientsecret",
        "oauth",
        "oauth2",
        "password",
        "refreshtoken",
        "secret",
        "secretkey",
        "securitytoken",
        "tokentype",
    }
)
"""Names, without - and _, that OAuth destinations cannot have (kit-behaviour 3.2)."""
_ARGUMENTS_OF_CHOICES = 3


def settings(destination: Destination[Any]) -> Findings:
    """What a customer fills in: of plain types, secrets marked, defaults that fit."""
    place = "settings"
    yield from described(place, destination.settings)
    yield from readable(place, destination.settings)
    for key, stored in destination.settings.stored_fields().items():
        at = f"{place}/{key}"
        yield from _setting(at, key, stored)
        taken = re.sub(r"[-_]", "", key.lower()) in _TAKEN_BY_OAUTH
        if destination.auth is not None and taken:
            yield error(at, "OAuth gives this already: leave it out, or name it otherwise.")


def _setting(at: str, key: str, stored: Any) -> Findings:
    if stored["type"] not in _SETTING_TYPES or stored.get("multiple"):
        yield error(at, f"a setting cannot be {stored['type']}: use text, number or true/false.")
    if stored["type"] != "password" and _SECRET_WORD.search(_WORDS.sub("_", key).lower()):
        yield warning(at, "sounds secret: mark it secret=True, or name it otherwise.")
    yield from default(at, stored)


def default(at: str, stored: Any) -> Findings:
    """A plain default has the type that the annotation promises, and is one of the choices."""
    if "default" not in stored:
        return
    value, types = stored["default"], _TYPES.get(stored["type"])
    if types and not stored.get("multiple") and not _is_of(value, types):
        yield error(at, f"the default {value!r} must be of type {stored['type']}.")
    choices = [choice["value"] for choice in stored.get("choices", ())]
    if choices and not stored.get("multiple") and value not in choices:
        yield error(at, f"the default {value!r} must be one of its choices.")


def _is_of(value: Json, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def described(place: str, fields: type[Fields]) -> Findings:
    """Every field says what it is called and what it is for."""
    for name, info in fields.model_fields.items():
        said, at = declared(info), f"{place}/{info.alias or name}"
        if not said.label.strip():
            yield error(at, "has no label: declare it with field(…).")
        if not said.help.strip():
            yield error(at, "does not say what it is for: give it a help text.")


def readable(place: str, fields: type[Fields]) -> Findings:
    """What is declared can be checked, and conditions name fields that exist."""
    forms: dict[str, Any] = fields.stored_fields()
    try:
        validation.compile(validation.read(forms))
    except validation.DefinitionError as refusal:
        for fault in refusal.faults:
            yield error(place, fault)
    for key, form in forms.items():
        for conditions in (form.get("depends_on"), form.get("required")):
            if isinstance(conditions, dict):
                asked = [each.get("fieldKey") for each in conditions["conditions"]]
                for unknown in [each for each in asked if each and each not in forms]:
                    yield error(f"{place}/{key}", f"depends on {unknown}, which is no field.")
        values = [choice["value"] for choice in form.get("choices", ())]
        if len(values) != len(set(values)):
            yield error(f"{place}/{key}", "offers a choice twice.")
    yield from _choices(place, fields)


def _choices(place: str, fields: type[Fields]) -> Findings:
    for path, function in fields.dynamic_choices().items():
        try:
            name_of(function)
            takes(function, _ARGUMENTS_OF_CHOICES)
        except TypeError as refusal:
            yield error(f"{place}/{path}", f"its choices cannot be asked for: {refusal}.")
