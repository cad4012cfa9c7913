"""What a source says to the access token of a request, or to its absence (domain section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.collect.answers import Answer, error, unavailable
from headgate.collect.oauth.access_tokens import AccessToken, Fault, read
from headgate.collect.oauth.apps import App, Apps

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.collect.oauth.signing_key import SigningKey
    from headgate.store.snapshot import Snapshot, Source

SCOPE = "tracking_api:write"

TOKEN_REQUIRED = error(
    401,
    "token_required",
    "This source takes events only with an access token: send Authorization: Bearer, and writeKey"
    " in the body.",
)
FORGED = error(401, "invalid_token", "This is no access token of this server.")
NOT_ATTACHED = error(
    401, "invalid_token", "The access token is of an OAuth app that this source does not take."
)
WRONG_SCOPE = error(401, "invalid_token", f"The access token lacks the scope {SCOPE}.")
WITHDRAWN = error(
    401, "token_revoked", "The OAuth app of the access token, or its key, is no longer in use."
)
NO_KEY = unavailable("Access tokens cannot be checked: see the log of this server.")

REVOKED = error(511, "token_revoked", "The access token was revoked: get a new one.")
EXPIRED = error(511, "token_expired", "The access token has expired: get a new one.")
OTHER_KEY = error(511, "token_expired", "The access token is of another time: get a new one.")
"""511 where a new token cures it: clients then get one and send the same events again, and on any
4xx they drop them (wire/oauth, retry matrix)."""

_ANSWERS = {Fault.FORGED: FORGED, Fault.OTHER_KEY: OTHER_KEY}


class Bearers:
    """Checks `Authorization: Bearer` by the newest snapshot, in microseconds and without I/O."""

    def __init__(self, key: SigningKey, clock: Clock) -> None:
        self._key, self._clock = key, clock
        self._apps: dict[str, App] = {}

    def configure(self, snapshot: Snapshot) -> None:
        """Go by this snapshot's apps; where there are any, see to it that there is a key."""
        self._apps = Apps(snapshot).by_id
        if self._apps:
            self._key.load()

    def check(self, authorization: bytes, source: Source) -> Answer | None:
        """None lets the request pass; `authorization` is the header's value, b"" for absent.

        A source to which no app is attached has no use for tokens and passes over them. One
        that does not require a token still refuses a bad one, so that clients can be tried out.
        """
        asked = source.oauth
        if asked is None:
            return None
        text = bearer_in(authorization)
        if text is None:
            return TOKEN_REQUIRED if asked.required else None
        if self._key.key is None:
            return NO_KEY
        token = read(text, self._key.key)
        if isinstance(token, Fault):
            return _ANSWERS[token]
        return self._judge(token, asked.apps)

    def _judge(self, token: AccessToken, attached: tuple[str, ...]) -> Answer | None:
        app = self._apps.get(token.app)
        if app is None or not app.of.enabled or token.key not in app.fingerprints:
            return WITHDRAWN
        if token.app not in attached:
            return NOT_ATTACHED
        if SCOPE not in token.scopes:
            return WRONG_SCOPE
        if token.issued < (app.of.revoke_before or 0):
            return REVOKED
        return EXPIRED if token.expires <= self._clock.now_ms() else None


def bearer_in(authorization: bytes) -> bytes | None:
    """The token of a header value; None for another scheme."""
    scheme, _, token = authorization.partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else None
