"""A destination with the settings that an author gives, from a file and the environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.cli.destination.access import OAUTH, Access, access
from headgate.cli.destination.given import tree_of, variable
from headgate.cli.failures import Failed
from headgate.kit.connected import Connected
from headgate.kit.errors import InvalidSettings
from headgate.kit.masking import secret_texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headgate.kit import Destination, Settings
    from headgate.mapping import Json

_STAND_INS: Final[dict[str, Json]] = {
    "boolean": False,
    "integer": 1,
    "number": 1,
    "datetime": "2026-01-01T00:00:00.000Z",
    "object": {},
}
_STAND_INS_OF_FORMATS: Final = {"uri": "https://example.com", "email": "ada@example.com"}


class Customer(NamedTuple):
    """A destination connected for one customer.

    `values` are the settings by stored name, of which `stand_ins` were made up. `secrets` are
    all texts that nobody may see; `access` knows more of them once a token was renewed.
    """

    connected: Connected[Any]
    values: dict[str, Any]
    secrets: tuple[str, ...]
    stand_ins: tuple[str, ...]
    access: Access | None


def customer(
    destination: Destination[Any],
    given: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    stands_in: bool = False,
) -> Customer:
    """Connect with given settings, and those of the environment, which wins.

    With `stands_in`, what is required and was not given is made up. Raises `Failed` that names
    settings and never their values.
    """
    forms = destination.settings.stored_fields()
    beside = [name for name in OAUTH if destination.auth and name not in forms]
    values = {**given, **_from_environment((*forms, *beside), forms, environ)}
    tokens = {name: str(values.pop(name)) for name in beside if name in values}
    made_up = _made_up(destination, values) if stands_in else {}
    settings = _read(destination, {**values, **made_up})
    opened = access(destination, tokens, stands_in=stands_in)
    return Customer(
        Connected(destination, settings, opened),
        {**values, **made_up},
        secret_texts(destination.settings, values),
        tuple(made_up),
        opened,
    )


def _read(destination: Destination[Any], values: dict[str, Any]) -> Settings:
    try:
        settings: Settings = destination.settings.read(values)
    except InvalidSettings as error:
        names = ", ".join(map(variable, destination.settings.stored_fields()))
        cure = f" Give them in a file with --settings, or as {names}" if names else ""
        raise Failed(f"the settings do not fit: {error}{cure}") from None
    return settings


def settings_of(file: Path | None) -> dict[str, Any]:
    """Read a file of settings; none gives none."""
    tree = {} if file is None else tree_of(file, "settings")
    if not isinstance(tree, dict):
        raise Failed(f"{file} must hold an object of settings by their names")
    return tree


def _from_environment(
    names: tuple[str, ...], forms: dict[str, Json], environ: Mapping[str, str]
) -> dict[str, Any]:
    given = {name: environ[variable(name)] for name in names if environ.get(variable(name))}
    return {name: _typed(forms.get(name), value) for name, value in given.items()}


def _typed(form: Any, value: str) -> Any:
    """A variable holds text; of other types it is JSON."""
    is_text = form is None or form["type"] in {"string", "text", "password", "datetime"}
    if is_text and not (form or {}).get("multiple"):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _made_up(destination: Destination[Any], values: dict[str, Any]) -> dict[str, Json]:
    forms: dict[str, Any] = destination.settings.stored_fields()
    return {
        key: _stand_in(key, form)
        for key, form in forms.items()
        if form.get("required") is True and values.get(key) in (None, "")
    }


def _stand_in(key: str, form: Any) -> Json:
    choices = form.get("choices")
    value: Json = choices[0]["value"] if choices else _STAND_INS.get(form["type"])
    if value is None:
        value = _STAND_INS_OF_FORMATS.get(form.get("format", ""), f"your-{key.replace('_', '-')}")
    return [value] if form.get("multiple") else value
