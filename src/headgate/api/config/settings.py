"""The settings of a destination as a list of named values, to clients and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.config.models import Setting, SettingType
from headgate.api.config.names import below, last_of
from headgate.control.nouns import connection_settings, destinations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headgate.api.config.bodies import GivenSetting
    from headgate.api.config.names import Place
    from headgate.control.nouns.destinations import Entry
    from headgate.control.work import Work

_TYPES: Final[dict[str, SettingType]] = {
    "string": "string",
    "text": "string",
    "password": "password",
    "boolean": "boolean",
    "number": "number",
    "integer": "number",
}
_TEXTS: Final = frozenset({"string", "password"})


def usual_type(form: Mapping[str, Any]) -> SettingType:
    """What Segment calls the type of a declared setting."""
    return "list" if form.get("multiple") else _TYPES.get(form["type"], "mixed")


def shown(work: Work, place: Place) -> list[Setting]:
    """Every setting of a connection with its value, or the usual one; secrets are masked."""
    connection = place.connection
    entry = destinations.entry_of(connection.destination, connection.mode)
    values = connection_settings.shown(work, connection)
    forms: Mapping[str, Mapping[str, Any]] = (
        entry.settings() if entry else {key: {"type": "mixed"} for key in values}
    )
    return [
        Setting(
            name=below(place.name, "config", key),
            display_name=form.get("label", key),
            type=usual_type(form),
            value=values.get(key, _usual(form)),
        )
        for key, form in forms.items()
    ]


def _usual(form: Mapping[str, Any]) -> Any:
    return form.get("default", "" if usual_type(form) in _TEXTS else None)


def given(entry: Entry | None, settings: Sequence[GivenSetting], *names: str) -> dict[str, Any]:
    """Values by setting, of a destination that goes by one of these names.

    None stands for the usual value, as an empty text does where a setting is one. Raises Invalid
    for the names of other things.
    """
    forms = entry.settings() if entry else {}
    values = {
        _key(each.name, names, f"config[{at}].name"): each.value for at, each in enumerate(settings)
    }
    return {
        key: None if value == "" and usual_type(forms.get(key, {"type": ""})) in _TEXTS else value
        for key, value in values.items()
    }


def _key(name: str, names: Iterable[str], field: str) -> str:
    *others, last = (f"{each}/config" for each in names)
    prefix = next((each for each in others if name.startswith(f"{each}/")), last)
    return last_of(name, prefix, field)
