"""How a destination lets a customer in, beside what its settings say."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

Scheme: TypeAlias = Literal["custom", "basic", "oauth2", "oauth-managed"]


class Tokens(NamedTuple):
    """What OAuth gave for a customer; never shown."""

    access: str
    refresh: str = ""

    def __repr__(self) -> str:
        return "Tokens(***)"


class Client(NamedTuple):
    """What the destination knows this installation by."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"Client({self.id!r}, ***)"


class OAuth2(msgspec.Struct, frozen=True, kw_only=True):
    """Permission by OAuth 2: the customer agrees at `authorize`, codes become tokens at `token`.

    `scopes` is what is asked for. `client_in` says how the client's secret is sent to `token`.
    `is_managed`: the destination's maker configures client and addresses in the portal. The access
    token goes out as `Authorization: Bearer …`, unless `header` names another header and `prefix`
    what stands before the token.
    """

    authorize: str
    token: str
    scopes: tuple[str, ...] = ()
    client_in: Literal["body", "basic"] = "body"
    is_managed: bool = False
    header: str = "Authorization"
    prefix: str = "Bearer "

    @property
    def scheme(self) -> Scheme:
        return "oauth-managed" if self.is_managed else "oauth2"

    def headers(self, tokens: Tokens) -> dict[str, str]:
        return {self.header: f"{self.prefix}{tokens.access}"}
