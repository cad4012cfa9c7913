"""What is told when PostgreSQL does not do what it was asked: what happened, and what to do."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from headgate.store.errors import StoreBusy, StoreError, StoreUnreachable, Unkeepable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.store.postgresql_address import Address

_CURES: dict[str, tuple[type[StoreError], str]] = {
    "25006": (StoreError, "it only reads: name the primary server in HEADGATE_STORE"),
    "25P03": (StoreBusy, "a change stood still for too long and was taken back: run it again"),
    "40P01": (StoreBusy, "nothing was changed: run it again"),
    "42501": (
        StoreError,
        "make the user of HEADGATE_STORE the owner of the database: ALTER DATABASE … OWNER TO …",
    ),
    "53100": (StoreError, "its disk is full, nothing was changed: make room there"),
    "55P03": (StoreBusy, "another process is writing to the store: try again when it is done"),
}
"""By SQLSTATE, as PostgreSQL's appendix of error codes names them."""

_AWAY = ("08", "28", "3D", "53", "57P")
"""Classes of SQLSTATE of a server that cannot be talked to, or that does not let us in."""

_START = "start the database, or say in HEADGATE_STORE where it is and who asks"
_UNKNOWN = (
    "it is not known whether the change was kept: look with `headgate export` when it is back"
)


@dataclass
class Phase:
    """How far a transaction came: once it `commits`, nobody here knows how that ended."""

    commits: bool = False


@contextmanager
def told(at: Address) -> Iterator[Phase]:
    """Raise as errors of the store what its callers cannot have caused; pass on all others."""
    phase = Phase()
    try:
        yield phase
    except DBAPIError as error:
        found = _explained(error, at, phase)
        if found is None:
            raise
        raise found from None


def _explained(error: DBAPIError, at: Address, phase: Phase) -> StoreError | None:
    state = getattr(error.orig, "sqlstate", None) or ""
    reason = at.without_secrets(str(error.orig).partition("\n")[0])
    if state in _CURES:
        kind, cure = _CURES[state]
        return kind(f"the store at {at.shown} said: {reason}: {cure}")
    if _is_away(error, state):
        cure = _UNKNOWN if phase.commits else _START
        return StoreUnreachable(f"the store at {at.shown} cannot be reached: {reason}: {cure}")
    if isinstance(error, DataError):
        return Unkeepable(f"the store at {at.shown} cannot keep this: {reason}")
    return None


def _is_away(error: DBAPIError, state: str) -> bool:
    """One that broke is invalid; one that could not be made often has no SQLSTATE."""
    is_unmade = not state and isinstance(error, OperationalError)
    return error.connection_invalidated or is_unmade or state.startswith(_AWAY)
