"""Tokens as people see them: made by chance, shown once, known by their hash."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import zlib
from typing import TYPE_CHECKING, NamedTuple

from headgate.control.access.actor import Actor
from headgate.store.access import Grants, Tokens, token_with

if TYPE_CHECKING:
    from headgate.store.database import Transaction

_PREFIX = "hgt_"
_SECRET_BYTES = 32
_TOKEN = re.compile(r"hgt_([A-Za-z0-9_-]{43})([0-9a-f]{8})")
USED_MS = 60_000
"""How exactly it is known when a token was used last: noting it is a write."""


class Shown(NamedTuple):
    """A new token: `text` is told once, `hash` and `last4` are kept."""

    text: str
    hash: str
    last4: str


def new_token() -> Shown:
    """256 bits of chance, with a checksum by which scanners know a leaked one."""
    secret = base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=")
    text = f"{_PREFIX}{secret}{_checksum(secret)}"
    return Shown(text, hashed(text), text[-4:])


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Whether it can be one: what is misspelt costs no look into the store."""
    found = _TOKEN.fullmatch(text)
    return found is not None and _checksum(found[1]) == found[2]


def _checksum(secret: str) -> str:
    return f"{zlib.crc32(secret.encode()):08x}"


class Recognised(NamedTuple):
    """Who showed a token, and whether the time of that is to be noted."""

    actor: Actor
    is_to_note: bool


def recognise(transaction: Transaction, text: str, now: int) -> Recognised | None:
    """Whose token this is; None for one that never was, is revoked or has expired."""
    if not is_token(text):
        return None
    found = token_with(transaction, hashed(text))
    if found is None:
        return None
    token = Tokens(transaction, found.workspace).one(found.id)
    if token.expires_at is not None and token.expires_at <= now:
        return None
    actor = Actor(
        kind="token",
        id=token.id,
        workspace=found.workspace,
        name=token.name,
        grants=Grants(transaction, found.workspace).of(token.id),
    )
    return Recognised(actor, token.used_at is None or now - token.used_at >= USED_MS)
