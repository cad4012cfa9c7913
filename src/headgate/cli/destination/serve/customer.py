"""The customer that the author plays: settings, tokens, and the way out of this machine or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.cli.destination.access import OAUTH
from headgate.cli.destination.given import variable
from headgate.cli.destination.serve.asked import Access, camel, filled
from headgate.cli.destination.trying import Quiet
from headgate.kit import Client, Destination, Http, Tokens
from headgate.kit.connected import Connected
from headgate.kit.oauth import Refresher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headgate.cli.destination.serve.asked import Asked
    from headgate.kit import Transport


def parted(
    destination: Destination[Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], Access]:
    """Part settings from tokens: these stand in `oauth`, or beside the settings as for `try`."""
    if destination.auth is None:
        return dict(given), Access()
    own = destination.settings.stored_fields()
    beside = {name for name in given if name in OAUTH and name not in own}
    tokens = {**{name: given[name] for name in beside}, **(given.get("oauth") or {})}
    settings = {name: it for name, it in given.items() if name not in {*beside, "oauth"}}
    return settings, msgspec.convert(camel(tokens), Access)


class Customer(NamedTuple):
    """The destination as one request asks for it."""

    connected: Connected[Any]
    http: Http
    is_sending: bool


class Kept:
    """The tokens of one request; those that it renews are noted, so that no answer shows them."""

    def __init__(self, tokens: Tokens, renewed: set[str]) -> None:
        self._tokens, self._renewed = tokens, renewed

    async def read(self) -> Tokens:
        return self._tokens

    async def replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        del stale
        self._tokens = fresh
        self._renewed.update(each for each in fresh if each)
        return fresh


class Customers:
    """Makes customers, with `settings` where a request gives none.

    `way_out` opens the guarded transport, at the first request that sends.
    """

    def __init__(
        self,
        destination: Destination[Any],
        settings: Mapping[str, Any],
        way_out: Callable[[], Transport],
        *,
        sends: bool = False,
    ) -> None:
        self.destination = destination
        self.settings, self._access = parted(destination, settings)
        self.sends = sends
        self._way_out = way_out
        self._transport: Transport | None = None
        self._renewed: set[str] = set()

    def customer(self, asked: Asked, key: str = "serve") -> Customer:
        """Raises `InvalidSettings` for settings that do not fit."""
        given = filled(self.settings, asked.settings)
        settings = self.destination.settings.read(given)
        connected = Connected(self.destination, settings, self.refresher(asked.auth))
        is_sending = self.sends if asked.send is None else asked.send
        transport = self._open() if is_sending else Quiet()
        return Customer(connected, Http(transport, idempotency_key=key), is_sending)

    def secrets(self, asked: Asked) -> tuple[str, ...]:
        """What is secret in settings, whether they fit or not, and tokens."""
        names = self.destination.settings.stored_secrets()
        given = (*self.settings.items(), *asked.settings.items())
        values = (str(value) for name, value in given if name in names)
        return (*values, *asked.auth.secrets, *self._access.secrets, *self._renewed)

    def refresher(self, access: Access) -> Refresher | None:
        if self.destination.auth is None:
            return None
        kept = self._access
        client = Client(
            access.client_id or kept.client_id, access.client_secret or kept.client_secret
        )
        tokens = Tokens(
            access.access_token or kept.access_token, access.refresh_token or kept.refresh_token
        )
        return Refresher(self.destination, client, Kept(tokens, self._renewed))

    def _open(self) -> Transport:
        if self._transport is None:
            self._transport = self._way_out()
        return self._transport


def from_environment(destination: Destination[Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Settings, and tokens, that the environment gives."""
    names = (*destination.settings.stored_fields(), *(OAUTH if destination.auth else ()))
    return {name: environ[variable(name)] for name in names if environ.get(variable(name))}
