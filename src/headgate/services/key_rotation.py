"""Gives the secrets another key, step by step: whoever dies in between has lost nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from headgate.control.errors import Refused
from headgate.control.publication import publish_current, wait_in_force
from headgate.control.resealing import keys_of, keys_of_settings, reseal
from headgate.deliver.tokens import reseal_tokens, sealed_tokens
from headgate.store.connections import Connections
from headgate.store.key_file import decoded_keys, new_key, replace_keys
from headgate.store.keyring import secret_box
from headgate.store.secrets import OLD_VARIABLE, VARIABLE, SecretBox, sealed_with
from headgate.store.snapshot import SnapshotReader
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from headgate.clock import Clock
    from headgate.store.database import Store

FORCE_SECONDS = 30.0
"""The longest to wait until no running process needs an older key."""


class Step(NamedTuple):
    """What is done now."""

    name: str
    told: str


class Keys(NamedTuple):
    """The ids of the keys that are known, the newest first, and how many secrets each sealed."""

    known: tuple[str, ...]
    used: Counter[str]

    @property
    def is_settled(self) -> bool:
        """Whether the newest sealed everything."""
        return not set(self.used) - {self.known[0]}


def keys(store: Store, environ: Mapping[str, str]) -> Keys:
    """Of the store, of what is in force, and of renewed tokens. Raises SecretKeyUnusable."""
    with store.read() as transaction:
        used = Counter(keys_of(transaction))
        owners = _connections(store)
        known = SecretBox.load(store.folder, environ).key_ids
    in_force = SnapshotReader(store.folder.snapshots).refresh()
    for connection in in_force.connections.values() if in_force else ():
        used.update(keys_of_settings(connection.settings))
    for _, connection_id in owners:
        if (tokens := sealed_tokens(store.folder, connection_id)) is not None:
            used[sealed_with(tokens)] += 1
    return Keys(known, used)


def rotation(store: Store, environ: Mapping[str, str], clock: Clock) -> Generator[Step]:
    """Everything under a new key, or under the newest where an earlier rotation was not finished.

    Older keys stay known. Where the key is given from outside, no other is made. Raises
    SecretUnreadable for a secret that no key opens, and then none has changed.
    """
    with store.write() as transaction:
        secret_box(transaction, store.folder, environ)
        if keys(store, environ).is_settled and not environ.get(VARIABLE):
            _add_key(store.folder.secret_key)
        box = SecretBox.load(store.folder, environ)
        yield Step("key", f"key {box.key_id} is known")
        count = reseal(transaction, box, clock.now_ms())
    yield Step("store", f"{count} secrets of the store are sealed with it")
    version = publish_current(store)
    yield Step("published", f"in force as version {version}")
    moved = sum(reseal_tokens(store.folder, box, *owner) for owner in _connections(store))
    yield Step("tokens", f"{moved} files of renewed tokens are sealed with it")


def forget(store: Store, environ: Mapping[str, str], seconds: float = FORCE_SECONDS) -> int:
    """Take the older keys away; how many there were.

    It waits until the running processes have what is in force. Raises Refused while an older key
    is needed, or where the keys are given from outside.
    """
    if environ.get(VARIABLE):
        raise Refused(f"the keys are given from outside: start without {OLD_VARIABLE}")
    version = publish_current(store)
    if late := wait_in_force(store.folder.run, version, seconds):
        raise Refused(f"an older key is still needed: {late[0]}")
    with store.write():
        found = keys(store, environ)
        if not found.is_settled:
            told = ", ".join(sorted(set(found.used) - {found.known[0]}))
            raise Refused(f"{told} sealed what is still there: run `headgate key rotate` first")
        newest, *older = _read(store.folder.secret_key)
        if older:
            replace_keys(store.folder.secret_key, [newest])
    return len(older)


def _add_key(path: Path) -> None:
    replace_keys(path, [new_key(), *_read(path)])


def _read(path: Path) -> tuple[bytes, ...]:
    return decoded_keys(path.read_bytes(), str(path))


def _connections(store: Store) -> list[tuple[str, str]]:
    """Each workspace and connection, by their ids."""
    with store.read() as transaction:
        return [
            (workspace.id, connection.id)
            for workspace in Workspaces(transaction).all()
            for connection in Connections(transaction, workspace.id).all()
        ]
