"""OAuth for ingest as a declaration file says it (domain section 2): read, and written again."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from headgate.clock import iso
from headgate.control.declaring.declared import DeclaredOAuth, DeclaredOAuthApp
from headgate.control.declaring.reading import SLUG
from headgate.store.snapshot import PublicKey

if TYPE_CHECKING:
    from headgate.control.declaring.reading import Section

SCOPES = ("tracking_api:write",)
MOST_KEYS = 2
"""One in use, and one that takes its place."""
LEAST_BITS = 2048
MOST_DAYS = 30

KEY_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_LIFETIME = re.compile(r"([1-9][0-9]{0,6}) (second|minute|hour|day|week)s?")
_UNITS = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
_KEYS = ("slug", "name", "enabled", "keys", "scopes", "lifetime", "revoke_before")


def read_oauth_app(section: Section) -> DeclaredOAuthApp:
    """A name that is not given is the slug; a lifetime is a day."""
    section.allow(*_KEYS)
    slug = section.text("slug", like=SLUG)
    return DeclaredOAuthApp(
        slug=slug,
        name=section.text("name", slug or "?"),
        keys=_keys(section),
        scopes=_scopes(section),
        token_seconds=_lifetime(section),
        enabled=section.flag("enabled", default=True),
        revoke_before=_revoke_before(section),
    )


def read_oauth(section: Section) -> DeclaredOAuth | None:
    """What a source says of tokens; None when it has nothing to do with them."""
    if not section.has("oauth"):
        return None
    oauth = section.section("oauth")
    oauth.allow("apps", "required")
    apps = _slugs(oauth)
    required = oauth.flag("required", default=False)
    if required and not apps:
        oauth.refuse("must name the app whose tokens are required, or nobody can send", "apps")
    return DeclaredOAuth(apps, required) if apps else None


def written_oauth_app(app: DeclaredOAuthApp) -> dict[str, Any]:
    """As `read_oauth_app` reads it."""
    revoked = {} if app.revoke_before is None else {"revoke_before": iso(app.revoke_before)}
    return {
        "slug": app.slug,
        "name": app.name,
        **({} if app.enabled else {"enabled": False}),
        "keys": [{"id": key.id, "pem": key.pem} for key in app.keys],
        "scopes": list(app.scopes),
        "lifetime": _written_lifetime(app.token_seconds),
        **revoked,
    }


def _slugs(oauth: Section) -> tuple[str, ...]:
    slugs: set[str] = set()
    for index, slug in enumerate(oauth.items("apps")):
        if not isinstance(slug, str):
            oauth.refuse("must be the slug of an OAuth app", "apps", index)
        elif slug in slugs:
            oauth.refuse(f"{slug!r} comes twice", "apps", index)
        else:
            slugs.add(slug)
    return tuple(sorted(slugs))


def _keys(section: Section) -> tuple[PublicKey, ...]:
    keys = tuple(_key(each) for each in section.sections("keys"))
    if not 1 <= len(keys) <= MOST_KEYS:
        section.refuse(f"must have 1 to {MOST_KEYS} public keys", "keys")
    if len({key.id for key in keys}) < len(keys):
        section.refuse("two keys have the same id", "keys")
    return keys


def _key(section: Section) -> PublicKey:
    section.allow("id", "pem")
    pem = section.text("pem")
    try:
        pem = canonical_pem(pem) if pem else ""
    except ValueError as error:
        section.refuse(str(error), "pem")
    return PublicKey(section.text("id", like=KEY_ID), pem)


def canonical_pem(pem: str) -> str:
    """The one form of an RSA public key, however it was written.

    Raises ValueError that does not repeat what was given: it may be a private key.
    """
    if "PRIVATE KEY" in pem:
        raise ValueError(
            "is a private key: write the public one here, and make a new pair, as others have"
            " seen this one now"
        )
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        key = serialization.load_pem_public_key(pem.encode())
    except Exception:  # noqa: BLE001  the library raises its own kinds for what is no key, too
        raise ValueError("is no public key in PEM (-----BEGIN PUBLIC KEY-----)") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise ValueError(f"must be an RSA key of at least {LEAST_BITS} bits")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def _scopes(section: Section) -> tuple[str, ...]:
    given = section.items("scopes") if section.has("scopes") else list(SCOPES)
    for index, scope in enumerate(given):
        if scope not in SCOPES:
            section.refuse(f"must be one of {', '.join(SCOPES)}, not {scope!r}", "scopes", index)
    if not given:
        section.refuse(f"must name what a token is good for: {', '.join(SCOPES)}", "scopes")
    return tuple(scope for scope in SCOPES if scope in given)


def _lifetime(section: Section) -> int:
    text = section.text("lifetime", "1 day")
    found = _LIFETIME.fullmatch(text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if text and not 1 <= seconds <= MOST_DAYS * _UNITS["day"]:
        section.refuse(
            f"{text!r} is no lifetime: write `12 hours`, `1 day`, `3 weeks`, at most"
            f" {MOST_DAYS} days",
            "lifetime",
        )
    return seconds


def _written_lifetime(seconds: int) -> str:
    """In the largest unit that needs no fraction."""
    unit = next(unit for unit, length in _UNITS.items() if seconds % length == 0)
    count = seconds // _UNITS[unit]
    return f"{count} {unit}" + ("s" if count > 1 else "")


def _revoke_before(section: Section) -> int | None:
    """A time to come is refused: tokens that are given until then would be worthless at once."""
    if not section.has("revoke_before"):
        return None
    text = section.text("revoke_before")
    ms = _milliseconds(text)
    if ms is None:
        section.refuse(
            f"{text!r} is no time with its zone, like 2026-11-22T07:20:32Z", "revoke_before"
        )
    elif ms > time.time() * 1000:
        section.refuse(f"{text} is still to come: write the present time", "revoke_before")
    return ms


def _milliseconds(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        return round(moment.timestamp() * 1000) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
