"""Access by OAuth: current tokens, and one refresh at a time."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from headgate.kit.destination import Tokens
from headgate.kit.errors import DeliveryError, Disconnect, Retry

if TYPE_CHECKING:
    from headgate.kit.destination import Client, Destination, OAuth2
    from headgate.kit.http import Http


class TokenStore(Protocol):
    """Where the tokens of a connection are kept, for all processes that deliver through it."""

    async def read(self) -> Tokens: ...

    async def replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        """Keep fresh tokens if the stale ones are still there; give what is kept now."""
        ...


class Refresher:
    """Gives the tokens of one connection, and renews them once for all who find them stale."""

    def __init__(self, destination: Destination[Any], client: Client, store: TokenStore) -> None:
        self._destination, self._client, self._store = destination, client, store
        self._lock = asyncio.Lock()

    async def current(self) -> Tokens:
        return await self._store.read()

    async def fresh(self, stale: Tokens, http: Http) -> Tokens:
        """Give tokens that are not the stale ones. Raises `Disconnect` when none are to be had."""
        async with self._lock:
            kept = await self._store.read()
            if kept.access != stale.access:
                return kept
            try:
                renewed = await self._renewed(stale, http)
            except DeliveryError:
                kept = await self._store.read()
                if kept.access == stale.access:
                    raise
                return kept  # another process was faster, and its renewal made ours invalid
            return await self._store.replace(stale, renewed)

    async def _renewed(self, stale: Tokens, http: Http) -> Tokens:
        refresh = self._destination.refresh_tokens
        try:
            if refresh is not None:
                return await refresh(http, stale, self._client)
            return await refreshed(http, _oauth(self._destination), stale, self._client)
        except Retry:
            raise
        except DeliveryError as error:
            # The engine takes the status for that of the delivery, which was refused with 401.
            reason = f"The access was not renewed: {error}"
            raise Disconnect(reason, status=HTTPStatus.UNAUTHORIZED) from None


async def refreshed(http: Http, oauth: OAuth2, stale: Tokens, client: Client) -> Tokens:
    """Renew tokens as RFC 6749 section 6 says; the refresh token stays unless a new one came."""
    form = {"grant_type": "refresh_token", "refresh_token": stale.refresh}
    if oauth.client_in == "body":
        form |= {"client_id": client.id, "client_secret": client.secret}
        response = await http.post(oauth.token, form=form)
    else:
        pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
        basic = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        response = await http.post(oauth.token, form=form, headers=basic)
    answer = response.json()
    access = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(access, str) or not access:
        raise Disconnect("the answer holds no access_token.")
    return Tokens(access, str(answer.get("refresh_token") or stale.refresh))


def _oauth(destination: Destination[Any]) -> OAuth2:
    if destination.auth is None:
        raise TypeError(f"{destination.name} declares no auth=OAuth2(…)")
    return destination.auth
