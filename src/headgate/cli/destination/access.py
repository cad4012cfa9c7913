"""Access by OAuth for one run of a command: tokens that an author has, renewed if they can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.cli.destination.given import variable
from headgate.cli.failures import Failed
from headgate.kit.destination import Client, Tokens
from headgate.kit.errors import Disconnect
from headgate.kit.oauth import Refresher
from headgate.kit.testing.recordings import MemoryTokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.kit import Destination, Http

OAUTH: Final = ("access_token", "refresh_token", "client_id", "client_secret")
"""What a destination with OAuth takes beside its declared settings."""


class Access(Refresher):
    """Renews tokens where the author gave all that this needs; knows every token it ever had."""

    def __init__(self, destination: Destination[Any], client: Client, tokens: Tokens) -> None:
        super().__init__(destination, client, MemoryTokens(tokens))
        self._can_renew = bool(tokens.refresh and client.id)
        self._client_secret = client.secret
        self._seen = [tokens]

    @property
    def was_renewed(self) -> bool:
        return len(self._seen) > 1

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that nobody may see."""
        tokens = (token for pair in self._seen for token in pair)
        return tuple(filter(None, (*tokens, self._client_secret)))

    async def fresh(self, stale: Tokens, http: Http) -> Tokens:
        """Give other tokens. Raises `Disconnect` when none are to be had."""
        if not self._can_renew:
            names = ", ".join(map(variable, OAUTH))
            raise Disconnect(f"The access token was refused; to have it renewed, give {names}.")
        renewed = await super().fresh(stale, http)
        self._seen.append(renewed)
        return renewed


def access(
    destination: Destination[Any], given: Mapping[str, str], *, stands_in: bool
) -> Access | None:
    """Give access to a destination with OAuth; raises `Failed` without a token."""
    if destination.auth is None:
        return None
    token = given.get("access_token") or ("your-access-token" if stands_in else "")
    tokens = Tokens(token, given.get("refresh_token", ""))
    if not any(tokens):
        raise Failed(
            f"{destination.name} needs a token: give {variable('access_token')}, or access_token"
            " in the file of --settings"
        )
    client = Client(given.get("client_id", ""), given.get("client_secret", ""))
    return Access(destination, client, tokens)
