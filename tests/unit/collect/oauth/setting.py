"""What the tests of OAuth are about: one app, one source that takes its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.collect.oauth.access_tokens import AccessToken, sign
from headgate.collect.oauth.apps import fingerprint
from headgate.store.snapshot import OAuthApp, PublicKey, Snapshot, Source, SourceOAuth
from tests.harness.assertions import key_pair
from tests.unit.store.snapshots import oauth_app, snapshot, source

if TYPE_CHECKING:
    from headgate.collect.oauth import SigningKey

NOW = 1_795_333_162.0
SCOPE = "tracking_api:write"


class Standing:
    """A clock that goes only when it is told to; both kinds of time in seconds."""

    def __init__(self) -> None:
        self.now = NOW

    def now_ms(self) -> int:
        return round(self.now * 1000)

    def monotonic(self) -> float:
        return self.now


def public(name: str = "k1", pair: str = "first") -> PublicKey:
    return PublicKey(name, key_pair(pair).public)


def app(number: int = 1, **changes: Any) -> OAuthApp:
    return oauth_app(number, **{"keys": (public(),), "token_seconds": 3600, **changes})


def holding(*apps: OAuthApp) -> Snapshot:
    return snapshot(1, *apps)


def asking(*apps: str, required: bool = True) -> Source:
    """A source with these apps attached, `app_1` if none is named."""
    return source(oauth=SourceOAuth(apps or ("app_1",), required))


def token(key: SigningKey, **changes: Any) -> str:
    """An access token of the app, issued now, for an hour; times in seconds from now."""
    given: dict[str, Any] = {"app": "app_1", "of": public(), "scopes": (SCOPE,)}
    given |= {"issued": 0, "expires": 3600, **changes}
    assert key.key is not None
    made = AccessToken(
        given["app"],
        fingerprint(given["of"]),
        given["scopes"],
        round((NOW + given["issued"]) * 1000),
        round((NOW + given["expires"]) * 1000),
    )
    return sign(made, key.key)
