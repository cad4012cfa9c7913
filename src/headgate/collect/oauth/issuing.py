"""Exchanges an assertion for an access token, once it is clear who asks and for the first time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from headgate.collect.oauth.access_tokens import AccessToken, sign
from headgate.collect.oauth.apps import fingerprint
from headgate.collect.oauth.assertions import (
    check_claims,
    has_signature_of,
    normal,
    read_assertion,
)
from headgate.collect.oauth.refused import Refused, bad_client
from headgate.collect.oauth.token_request import read_token_request

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.collect.oauth.apps import App
    from headgate.collect.oauth.assertions import Assertion
    from headgate.collect.oauth.pace import Pace
    from headgate.collect.oauth.signing_key import SigningKey
    from headgate.collect.oauth.used_ids import UsedIds
    from headgate.store.snapshot import PublicKey


class Asked(NamedTuple):
    """What of an HTTP request decides about its token, and the apps that there are."""

    body: bytes
    content_type: bytes
    host: bytes
    apps: dict[str, App]
    """By slug, which is the client id."""


class Granted(NamedTuple):
    access_token: str
    seconds: int
    scopes: tuple[str, ...]


class Issuer:
    """Decides about one request after the other, in a thread: it reads and writes small files.

    `pace` holds an app back, once it has shown that it is the app.
    """

    def __init__(
        self, key: SigningKey, used: UsedIds, pace: Pace, clock: Clock, public_url: str
    ) -> None:
        self._key, self._used, self._pace, self._clock = key, used, pace, clock
        self._public_url = public_url

    def grant(self, asked: Asked) -> Granted:
        """Raises Refused, and OSError when the disk does not take the note of the assertion."""
        wanted = read_token_request(asked.body, asked.content_type)
        assertion = read_assertion(wanted.assertion)
        app, key = _signer(assertion, asked.apps)
        now = self._clock.now_ms()
        check_claims(assertion.claims, audiences(self._public_url, asked.host), now / 1000)
        scopes = _scopes(wanted.scopes, app)
        self._slow_down(app)
        if (secret := self._key.load()) is None:
            raise OSError("there is no key to sign tokens with")
        if not self._used.take(app.of.id, assertion.claims.jti):
            raise bad_client("the assertion was used before: jti must be another one each time")
        expires = now + app.of.token_seconds * 1000
        token = AccessToken(app.of.id, fingerprint(key), scopes, now, expires)
        return Granted(sign(token, secret), app.of.token_seconds, scopes)

    def _slow_down(self, app: App) -> None:
        if wait := self._pace.take(app.of.id):
            raise too_fast(wait)


def too_fast(wait: float) -> Refused:
    """`wait` in seconds."""
    return Refused(429, "slow_down", "too many tokens at once: ask again later", math.ceil(wait))


def audiences(public_url: str, host: bytes) -> frozenset[str]:
    """What `aud` may be: where clients reach us, or its /token (RFC 7523 section 3).

    Without a public URL that is the request's host under either scheme, as TLS may end before
    us; then an assertion that was made for another server could be used here.
    """
    name = host.decode("latin-1")
    roots = [public_url] if public_url else [f"http://{name}", f"https://{name}"]
    return frozenset(normal(root) + end for root in roots for end in ("", "/token"))


def _signer(assertion: Assertion, apps: dict[str, App]) -> tuple[App, PublicKey]:
    app = apps.get(assertion.claims.sub)
    if app is None or not app.of.enabled:
        raise bad_client("sub names no OAuth app that is in use here: it is the slug of the app")
    key = app.keys.get(assertion.header.kid)
    if key is None:
        raise bad_client("kid names no key of this OAuth app")
    if not has_signature_of(assertion, key.pem):
        raise bad_client("the signature is not of the key that kid names")
    return app, key


def _scopes(wanted: tuple[str, ...], app: App) -> tuple[str, ...]:
    if not set(wanted) <= set(app.of.scopes):
        allowed = " ".join(app.of.scopes)
        raise Refused(400, "invalid_scope", f"this OAuth app may have the scope {allowed}")
    return wanted or app.of.scopes
