"""Sessions: how a browser that signed in is known again, until it is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple

from headgate.control.access.people import actor_of_user
from headgate.store.sessions import Sessions

if TYPE_CHECKING:
    from headgate.control.access.actor import Actor
    from headgate.control.work import Premises
    from headgate.store.database import Transaction
    from headgate.store.records import SessionRecord

_SECRET_BYTES: Final = 32
LONGEST_SECRET: Final = 128
"""What is longer is no id of a session: it costs no look into the store."""
SEEN_MS: Final = 60_000
"""How exactly it is known, at least, when a session was shown last: noting it is a write."""


class Lengths(NamedTuple):
    """How long a session lives, in milliseconds: from its begin, and since it was shown last."""

    whole_ms: int = 7 * 86_400_000
    idle_ms: int = 12 * 3_600_000


class Recognised(NamedTuple):
    """Who showed a session, with the roles of this moment."""

    actor: Actor
    session: SessionRecord


def new_secret() -> str:
    """256 bits of chance: the id of a session, or what a link holds."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def hashed(secret: str) -> str:
    """What is kept of it."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def csrf_of(secret: str) -> str:
    """What a page of our own must send with each change; it follows from the session's id.

    That id is in a cookie which no page can read, so nobody else can tell it.
    """
    digest = hmac.digest(secret.encode(errors="surrogatepass"), b"headgate csrf", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_over(session: SessionRecord, now: int, lengths: Lengths) -> bool:
    """Whether its time is up, or nobody has shown it for too long."""
    return session.expires_at <= now or now - session.seen_at >= lengths.idle_ms


def recognise(
    transaction: Transaction, secret: str, now: int, lengths: Lengths
) -> Recognised | None:
    """Whose session this is, as an actor with the roles of now; None for one worth nothing."""
    if len(secret) > LONGEST_SECRET:
        return None
    session = Sessions(transaction).shown(hashed(secret))
    if session is None or is_over(session, now, lengths):
        return None
    actor = actor_of_user(transaction, session.workspace, session.user)
    return None if actor is None else Recognised(actor, session)


def known(premises: Premises, secret: str, lengths: Lengths) -> Recognised | None:
    """The same from the store as it is now; notes when the session was shown."""
    now = premises.clock.now_ms()
    with premises.store.read() as transaction:
        found = recognise(transaction, secret, now, lengths)
    if found is not None and now - found.session.seen_at >= min(SEEN_MS, lengths.idle_ms // 2):
        with premises.store.write() as transaction:
            Sessions(transaction).seen(found.session.id, now)
    return found
