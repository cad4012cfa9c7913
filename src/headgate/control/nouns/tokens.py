"""Tokens: what programs show instead of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.control.access.credentials import new_token
from headgate.control.access.roles import ROLES
from headgate.control.errors import Invalid, Missing, Problem
from headgate.store.access import Grants, Tokens
from headgate.store.errors import NotFound
from headgate.store.ids import new_id
from headgate.store.records import GrantRecord, TokenRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.control.work import Work

DAY_MS = 86_400_000
LONGEST_NAME = 128
MOST_DAYS = 3650


class Made(NamedTuple):
    """A new token; `text` is what its user shows, and nobody is told again."""

    token: TokenRecord
    text: str


class Held(NamedTuple):
    """A token and its roles."""

    token: TokenRecord
    grants: tuple[GrantRecord, ...]


def create(work: Work, name: str, roles: Sequence[str], *, days: float | None = None) -> Made:
    """A token with these roles, that lives for so many days. Raises Invalid or Forbidden."""
    work.check("write", "token")
    _check(name, roles, days)
    shown = new_token()
    token = Tokens(work.transaction, work.workspace.id).add(
        TokenRecord(
            id=new_id("tok"),
            name=name,
            hash=shown.hash,
            last4=shown.last4,
            created_at=work.now,
            created_by=work.actor.id,
            expires_at=None if days is None else work.now + int(days * DAY_MS),
            used_at=None,
        )
    )
    for role in roles:
        Grants(work.transaction, work.workspace.id).add(token.id, role)
    work.note("Token Created", "TOKEN", token.id, name)
    return Made(token, shown.text)


def listed(work: Work) -> list[Held]:
    work.check("read", "token")
    grants = Grants(work.transaction, work.workspace.id)
    tokens = Tokens(work.transaction, work.workspace.id).all()
    return [Held(each, grants.of(each.id)) for each in tokens]


def revoke(work: Work, token: str) -> TokenRecord:
    """From the next request on it is worth nothing. Raises Missing or Forbidden."""
    work.check("write", "token")
    tokens = Tokens(work.transaction, work.workspace.id)
    try:
        record = tokens.one(token)
    except NotFound:
        raise Missing(f"there is no token {token}") from None
    tokens.remove(token)
    Grants(work.transaction, work.workspace.id).remove_all(token)
    work.note("Token Revoked", "TOKEN", token, record.name)
    return record


def _check(name: str, roles: Sequence[str], days: float | None) -> None:
    problems = [
        Problem("role", f"there is no role {role!r}; there is {', '.join(ROLES)}")
        for role in roles
        if role not in ROLES
    ]
    if not roles:
        problems.append(Problem("role", "a token needs a role"))
    if not 1 <= len(name) <= LONGEST_NAME:
        problems.append(Problem("name", f"must have 1 to {LONGEST_NAME} characters"))
    if days is not None and not 0 < days <= MOST_DAYS:
        problems.append(Problem("days", f"must be above 0 and at most {MOST_DAYS}"))
    if problems:
        raise Invalid(problems)
