"""What a customer's agreement gave: the tokens of an OAuth destination, one secret setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from headgate.kit.destination.authentication import Client, Tokens
from headgate.kit.errors import InvalidSettings
from headgate.kit.fields import Fields, field
from headgate.kit.masking import secret_texts

if TYPE_CHECKING:
    from headgate.kit.destination import Destination
    from headgate.kit.fields import Settings

OAUTH: Final = "oauth"
"""The stored name of the setting, as at Segment."""


class Access(Fields):
    """What stands in the setting `oauth`."""

    client_id: str = field("Client id", "What the destination knows this installation by.")
    client_secret: str = field("Client secret", secret=True)
    access_token: str = field("Access token", secret=True)
    refresh_token: str = field("Refresh token", secret=True, default="")

    @property
    def client(self) -> Client:
        return Client(self.client_id, self.client_secret)

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.access_token, self.refresh_token)


class Account(NamedTuple):
    """The settings of a connection, read; `access` only where the destination has OAuth."""

    settings: Settings
    access: Access | None = None


def read_account(destination: Destination[Any], values: Mapping[str, Any]) -> Account:
    """Read all settings of a connection. Raises `InvalidSettings` with every fault."""
    own = {key: value for key, value in values.items() if key != OAUTH or not destination.auth}
    if destination.auth is None:
        return Account(destination.settings.read(own))
    faults: list[str] = []
    settings = _read(destination.settings, own, faults)
    access = _read(Access, _object(values.get(OAUTH)), faults, "In oauth: ")
    if settings is None or access is None:
        raise InvalidSettings(tuple(faults))
    return Account(settings, access)


def secret_settings(destination: Destination[Any]) -> frozenset[str]:
    """The stored names of all settings that must be sealed."""
    own = destination.settings.stored_secrets()
    return frozenset({*own, OAUTH}) if destination.auth else frozenset(own)


def secret_values(destination: Destination[Any], values: Mapping[str, Any]) -> tuple[str, ...]:
    """Every secret text among settings, for masking."""
    kept = _object(values.get(OAUTH)) if destination.auth else {}
    found = (*secret_texts(destination.settings, values), *secret_texts(Access, kept))
    return tuple(filter(None, found))


def _object(given: object) -> object:
    """Read the JSON of a text, which is how environment variables give it."""
    if not isinstance(given, str):
        return {} if given is None else given
    try:
        return msgspec.json.decode(given)
    except msgspec.DecodeError:
        return given


def _read(fields: Any, values: object, faults: list[str], place: str = "") -> Any:
    try:
        return fields.read(values)
    except InvalidSettings as error:
        faults += [f"{place}{fault}" for fault in error.faults]
        return None
