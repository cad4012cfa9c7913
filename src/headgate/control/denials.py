"""Denied calls in the audit trail: that somebody tries is written down, not how often."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from headgate.control.errors import Forbidden, Missing
from headgate.store.trail import Trail
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from headgate.control.access.actor import Actor
    from headgate.control.errors import ControlError
    from headgate.control.work import Premises

HOUR_MS: Final = 3_600_000


class Tried(NamedTuple):
    """An operation of the API, as its name and as its method and path."""

    op: str
    told: str


class Denials:
    """Writes down the first denied call of an actor, an operation and an hour, and then nothing.

    So however many calls are denied, the trail grows by one record an hour for each operation
    that a known actor may not use; each process remembers for itself what it wrote. What is not
    there for the actor counts, too: that is how the things of other workspaces are refused.
    """

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._lock = Lock()
        self._hour = -1
        self._written: set[tuple[str, str]] = set()

    def note(self, actor: Actor, tried: Tried, error: ControlError) -> None:
        """Whatever else went wrong with a call is no denial."""
        now = self._premises.clock.now_ms()
        if isinstance(error, Forbidden | Missing) and self._is_first(actor, tried, now):
            try:
                self._write(actor, tried, error, now)
            except BaseException:
                self._written.discard((actor.id, tried.op))
                raise

    def _is_first(self, actor: Actor, tried: Tried, now: int) -> bool:
        with self._lock:
            if self._hour != now // HOUR_MS:
                self._hour, self._written = now // HOUR_MS, set()
            key = (actor.id, tried.op)
            is_first = key not in self._written
            self._written.add(key)
            return is_first

    def _write(self, actor: Actor, tried: Tried, error: ControlError, now: int) -> None:
        with self._premises.store.write() as transaction:
            if Workspaces(transaction).one(actor.workspace) is None:
                return
            Trail(transaction, actor.workspace).add(
                at=now,
                type="Access Denied",
                actor=actor.id,
                email=actor.email,
                resource=tried.op,
                resource_type="OPERATION",
                resource_name=tried.told,
                what=("forbidden" if isinstance(error, Forbidden) else "missing",),
            )
