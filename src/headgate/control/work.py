"""One actor's work in one workspace: what it may touch, and what is written down of it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, TypeVar

from headgate.control.access.actor import Target
from headgate.control.access.credentials import recognise
from headgate.control.errors import Forbidden, Missing, Refused
from headgate.control.noting import Note, write_down
from headgate.control.publication import check_publishable, publish_current
from headgate.control.workspaces import founded
from headgate.store.access import Tokens
from headgate.store.connections import Connections
from headgate.store.errors import NotFound, Unkeepable
from headgate.store.keyring import secret_box
from headgate.store.revision import raise_version
from headgate.store.sources import Sources
from headgate.store.trail import Trail
from headgate.store.warehouses import Warehouses
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence

    from headgate.clock import Clock
    from headgate.control.access.actor import Actor
    from headgate.control.access.roles import Access, Noun
    from headgate.control.catalogue import Catalogue
    from headgate.control.sending import Sends
    from headgate.ledger.port import LedgerReader
    from headgate.log.port import EventLog
    from headgate.store.database import Store, Transaction
    from headgate.store.records import (
        ConnectionRecord,
        SourceRecord,
        WarehouseRecord,
        WorkspaceRecord,
    )
    from headgate.store.secrets import SecretBox


T = TypeVar("T")
_CALLED: Final[Mapping[Noun, str]] = {
    "privacy": "regulations",
    "audit": "the audit trail",
    "pii": "what events say of people",
}
"""Nouns that are not called by adding an s."""


class Runs(Protocol):
    """Waits for what only a loop can do, in a thread that may wait."""

    def __call__(self, asked: Coroutine[Any, Any, T], /) -> T: ...


class Apart(Protocol):
    """Asks a log of its own what takes long, in a thread that may wait. Raises Refused."""

    def __call__(self, asked: Callable[[EventLog], Coroutine[Any, Any, T]], /) -> T: ...


@dataclass(frozen=True)
class Premises:
    """What all work is done with.

    `heads` tells where the log ends, by partition; `run` asks the log, whose methods want a loop,
    and `apart` asks what would keep that loop from others.
    `send` sends a test event as deliveries are sent; commands that are done stay `command_days`.
    """

    store: Store
    catalogue: Catalogue
    clock: Clock
    environ: Mapping[str, str]
    heads: Callable[[], Mapping[int, int]]
    log: EventLog | None = None
    ledgers: LedgerReader | None = None
    run: Runs = asyncio.run
    apart: Apart | None = None
    send: Sends | None = None
    command_days: float = 90


@dataclass
class Work:
    """The only way from a use case to the records: whatever it gives out, the actor may see.

    What the actor may not see is `Missing`, as if it were not there; what it may see and not
    change is `Forbidden`.
    """

    premises: Premises
    transaction: Transaction
    actor: Actor
    workspace: WorkspaceRecord
    now: int
    noted: int = 0
    is_configuration_changed: bool = False

    @cached_property
    def _trail(self) -> Trail:
        return Trail(self.transaction, self.workspace.id)

    @cached_property
    def box(self) -> SecretBox:
        return secret_box(self.transaction, self.premises.store.folder, self.premises.environ)

    # permission

    def check(self, access: Access, noun: Noun, target: Target | None = None) -> None:
        """Raise Forbidden unless a role of the actor allows it: the one place that decides."""
        if not self.actor.may(access, noun, target):
            self.forbid(access, noun)

    def check_somewhere(self, access: Access, noun: Noun) -> None:
        """The same for lists, which then show only what the actor may see."""
        if not self.actor.may_somewhere(access, noun):
            self.forbid(access, noun)

    def forbid(self, access: Access, noun: Noun) -> NoReturn:
        words = _CALLED.get(noun) or f"{noun.replace('_', ' ')}s"
        raise Forbidden(f"insufficient scope: no role of {self.actor.name} may {access} {words}")

    # what roles may be limited to

    def may_see(self, source: SourceRecord) -> bool:
        return self.actor.may("read", "source", target_of(source))

    def source(self, source: str, access: Access = "read") -> SourceRecord:
        """By its id. Raises Missing or Forbidden."""
        try:
            found = Sources(self.transaction, self.workspace.id).one(source)
        except NotFound:
            found = None
        if found is None or not self.may_see(found):
            raise Missing(f"there is no source {source}")
        self.check(access, "source", target_of(found))
        return found

    def connection(self, connection: str, access: Access = "read") -> ConnectionRecord:
        """By its id; it goes with its source. Raises Missing or Forbidden."""
        try:
            found = Connections(self.transaction, self.workspace.id).one(connection)
            source = Sources(self.transaction, self.workspace.id).one(found.source)
        except NotFound:
            raise Missing(f"there is no destination {connection}") from None
        if not self.may_see(source):
            raise Missing(f"there is no destination {connection}")
        self.check(access, "source", target_of(source))
        return found

    def may_see_warehouse(self, warehouse: str) -> bool:
        return self.actor.may("read", "warehouse", _target_of_warehouse(warehouse))

    def warehouse(self, warehouse: str, access: Access = "read") -> WarehouseRecord:
        """By its id. Raises Missing or Forbidden."""
        self.check_somewhere("read", "warehouse")
        try:
            found = Warehouses(self.transaction, self.workspace.id).one(warehouse)
        except NotFound:
            found = None
        if found is None or not self.may_see_warehouse(found.id):
            raise Missing(f"there is no warehouse {warehouse}")
        self.check(access, "warehouse", _target_of_warehouse(found.id))
        return found

    # the trail

    def note(
        self, type_: str, resource_type: str, resource: str, name: str, what: Sequence[str] = ()
    ) -> None:
        """Write down what was done; `what` are names of fields, never values."""
        self.noted += 1
        note = Note(type_, resource_type, resource, name, tuple(what))
        write_down(self._trail, self.actor, self.now, note)


@contextmanager
def _keepable() -> Iterator[None]:
    try:
        yield
    except Unkeepable:
        raise Refused("some text holds what the database cannot keep, such as NUL") from None


def target_of(source: SourceRecord) -> Target:
    return Target("SOURCE", source.id, source.labels)


def _target_of_warehouse(warehouse: str) -> Target:
    """By its id; warehouses carry no labels."""
    return Target("WAREHOUSE", warehouse, {})


class Control:
    """Where actors are known and their work is begun, committed and brought into force."""

    def __init__(self, premises: Premises) -> None:
        self.premises = premises

    def recognise(self, token: str) -> Actor | None:
        """Whose token this is; None for one that is worth nothing. Notes when it was used."""
        now = self.premises.clock.now_ms()
        with self.premises.store.read() as transaction:
            found = recognise(transaction, token, now)
        if found is None:
            return None
        if found.is_to_note:
            with self.premises.store.write() as transaction:
                Tokens(transaction, found.actor.workspace).used(found.actor.id, now)
        return found.actor

    @contextmanager
    def read(self, actor: Actor) -> Iterator[Work]:
        """Raises Refused also for what the database cannot keep, as `write` does."""
        with _keepable(), self.premises.store.read() as transaction:
            yield self._work(transaction, actor)

    @contextmanager
    def write(self, actor: Actor) -> Iterator[Work]:
        """All of it or nothing; what changes the configuration is in force within seconds."""
        with self._writing(lambda _: actor) as work:
            yield work

    @contextmanager
    def operate(self, workspace: str | None) -> Iterator[Work]:
        """The same for the operator of a workspace, by its slug, made with it if it is absent.

        Raises UnknownWorkspace where none is named and there are several.
        """
        with self._writing(lambda transaction: founded(transaction, workspace)) as work:
            yield work

    @contextmanager
    def _writing(self, acting: Callable[[Transaction], Actor]) -> Iterator[Work]:
        with _keepable(), self.premises.store.write() as transaction:
            work = self._work(transaction, acting(transaction))
            yield work
            if not work.noted:
                raise AssertionError("a use case changed something and wrote nothing down")
            if work.is_configuration_changed:
                raise_version(transaction)
                check_publishable(transaction)
        if work.is_configuration_changed:
            publish_current(self.premises.store)

    def _work(self, transaction: Transaction, actor: Actor) -> Work:
        workspace = Workspaces(transaction).one(actor.workspace)
        if workspace is None:
            raise Missing("there is no such workspace")
        return Work(self.premises, transaction, actor, workspace, self.premises.clock.now_ms())
