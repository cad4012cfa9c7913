"""The contract of the store: what is published change by change is what is committed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import text

from headgate.control.publication import publish_current, publish_whole
from headgate.store import current
from headgate.store.commands import Commands
from headgate.store.connections import Connections
from headgate.store.current import changes_since, current_snapshot
from headgate.store.migrations.versions.v0007_marks import THINGS
from headgate.store.oauth_apps import Attachments, OAuthApps
from headgate.store.revision import raise_version, version
from headgate.store.snapshot import PublicKey, SnapshotReader
from headgate.store.sources import Sources
from headgate.store.subscriptions import Subscriptions
from headgate.store.workspaces import Workspaces
from headgate.store.write_keys import WriteKeys
from tests.harness.fixtures import tell

if TYPE_CHECKING:
    import pytest

    from headgate.store.database import Store, Transaction
    from headgate.store.snapshot import Snapshot

TURNS = 80


class Somebody:
    """Changes things by chance, in two workspaces."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable
        self.made = 0

    def change(self, transaction: Transaction) -> None:
        slug = self.chance.choice(["ours", "theirs"])
        found = Workspaces(transaction).named(slug) or Workspaces(transaction).add(slug)
        turns = [self.source, self.connection, self.subscription, self.key, self.app, self.command]
        for turn in self.chance.choices([*turns, self.less], k=self.chance.randint(1, 4)):
            turn(transaction, found.id)

    def _name(self) -> str:
        self.made += 1
        return f"n{self.made}"

    def source(self, transaction: Transaction, workspace: str) -> None:
        sources, name = Sources(transaction, workspace), self._name()
        there = sources.all()
        if there and self.chance.random() < 0.5:
            old = self.chance.choice(there)
            sources.update(msgspec.structs.replace(old, name=name))
        else:
            sources.add(slug=name, name=name, enabled=True, answers="strict", labels={})

    def key(self, transaction: Transaction, workspace: str) -> None:
        keys, there = WriteKeys(transaction, workspace), Sources(transaction, workspace).all()
        if not there:
            return
        own = keys.all()
        if own and self.chance.random() < 0.4:
            keys.remove(self.chance.choice(own).key)
        else:
            keys.add(self._name(), self.chance.choice(there).id)

    def app(self, transaction: Transaction, workspace: str) -> None:
        apps, there = OAuthApps(transaction, workspace), Sources(transaction, workspace).all()
        own = apps.all()
        if not own or self.chance.random() < 0.3:
            apps.add(
                slug=self._name(),
                name="App",
                keys=(PublicKey("k", "pem"),),
                scopes=(),
                token_seconds=60,
                enabled=True,
                revoke_before=None,
            )
        elif there:
            source = self.chance.choice(there).id
            chosen = self.chance.sample([each.id for each in own], self.chance.randint(0, 1))
            Attachments(transaction, workspace).replace(source, chosen)

    def connection(self, transaction: Transaction, workspace: str) -> None:
        connections, there = Connections(transaction, workspace), Sources(transaction, workspace)
        own = connections.all()
        if own and self.chance.random() < 0.5:
            old = self.chance.choice(own)
            connections.update(msgspec.structs.replace(old, settings={"url": self._name()}))
        elif sources := there.all():
            name, source = self._name(), self.chance.choice(sources).id
            connections.add(slug=name, source=source, destination="webhook")

    def subscription(self, transaction: Transaction, workspace: str) -> None:
        connections = Connections(transaction, workspace).all()
        subscriptions = Subscriptions(transaction, workspace)
        own = subscriptions.all()
        if own and self.chance.random() < 0.5:
            old = self.chance.choice(own)
            if self.chance.random() < 0.5:
                subscriptions.remove(old.id)
            else:
                subscriptions.update(msgspec.structs.replace(old, name=self._name()))
        elif connections:
            subscriptions.add(
                connection=self.chance.choice(connections).id,
                ordinal=self.made,
                name=self._name(),
                action="send",
                enabled=True,
                fql="strict",
                trigger='type = "track"',
                mapping={},
            )

    def command(self, transaction: Transaction, workspace: str) -> None:
        if there := Connections(transaction, workspace).all():
            chosen = self.chance.choice(there).id
            Commands(transaction, workspace).add(connection=chosen, kind="pause", args={}, at=1)

    def less(self, transaction: Transaction, workspace: str) -> None:
        """A connection goes with its subscriptions and commands, or a source with its keys."""
        connections, sources = Connections(transaction, workspace), Sources(transaction, workspace)
        if own := connections.all():
            connections.remove(self.chance.choice(own).id)
        used = {each.source for each in connections.all()}
        if free := [each.id for each in sources.all() if each.id not in used]:
            sources.remove(self.chance.choice(free))


def committed(store: Store) -> Snapshot:
    with store.read() as transaction:
        return current_snapshot(transaction)


def seeded() -> Somebody:
    seed = random.SystemRandom().getrandbits(32)
    tell(f"seed {seed}")
    return Somebody(seed)


def test_any_history_is_published_change_by_change(store: Store) -> None:
    somebody, reader = seeded(), SnapshotReader(store.folder.snapshots)
    publish_whole(store)
    for _ in range(TURNS):
        with store.write() as transaction:
            somebody.change(transaction)
            raise_version(transaction)
        if somebody.chance.random() < 0.7:
            assert publish_current(store) == committed(store).version
            assert reader.refresh() == committed(store)
    publish_current(store)
    assert SnapshotReader(store.folder.snapshots).refresh() == committed(store)


def test_without_its_triggers_a_change_would_be_missed(store: Store) -> None:
    """Were they not there, the test above would see it."""
    publish_whole(store)
    with store.write() as transaction:
        dialect = transaction.connection.dialect.name
        for table in THINGS:
            names = [f"mark_{table}_{each}" for each in ("INSERT", "UPDATE", "DELETE")]
            drops = names if dialect == "sqlite" else [f"mark_{table} ON {table}"]
            for name in drops:
                transaction.connection.execute(text(f"DROP TRIGGER {name}"))
    somebody, reader = seeded(), SnapshotReader(store.folder.snapshots)
    for _ in range(TURNS):
        with store.write() as transaction:
            somebody.change(transaction)
            raise_version(transaction)
    publish_current(store)
    assert reader.refresh() != committed(store)


def test_a_change_costs_what_changed(store: Store) -> None:
    somebody = seeded()
    with store.write() as transaction:
        for _ in range(TURNS):
            somebody.change(transaction)
        raise_version(transaction)
    publish_whole(store)
    with store.write() as transaction:
        known = version(transaction)
        workspace = Workspaces(transaction).all()[0].id
        made = Sources(transaction, workspace).add(
            slug="one-more", name="S", enabled=True, answers="strict", labels={}
        )
        raise_version(transaction)
        changes = changes_since(transaction, known)
    assert changes is not None
    assert ([each.id for each in changes.things], changes.gone) == ([made.id], ())


def test_too_many_changes_are_published_as_a_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current, "MOST_CHANGES", 3)
    somebody, reader = seeded(), SnapshotReader(store.folder.snapshots)
    publish_whole(store)
    with store.write() as transaction:
        for _ in range(TURNS):
            somebody.change(transaction)
        raise_version(transaction)
        assert changes_since(transaction, 1) is None
    publish_current(store)
    assert reader.refresh() == committed(store)
