"""Seals the secrets of the store with another key, and tells which keys sealed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from headgate.control.access import totp
from headgate.control.access.actor import operator
from headgate.control.noting import Note, write_down
from headgate.store.connections import Connections
from headgate.store.people import Users
from headgate.store.records import ConnectionRecord, WarehouseRecord
from headgate.store.revision import raise_version
from headgate.store.secrets import is_sealed, sealed_with, secret_place
from headgate.store.trail import Trail
from headgate.store.warehouses import Warehouses
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headgate.store.database import Transaction
    from headgate.store.records import WorkspaceRecord
    from headgate.store.secrets import SecretBox

R = TypeVar("R", ConnectionRecord, WarehouseRecord)


def keys_of(transaction: Transaction) -> Iterator[str]:
    """The id of the key of each secret of the store."""
    for workspace in Workspaces(transaction).all():
        for settings in _all_settings(transaction, workspace.id):
            yield from keys_of_settings(settings)
    for user in Users(transaction).with_totp():
        if (kept := totp.of(user)) is not None:
            yield sealed_with(kept.secret)


def keys_of_settings(settings: Mapping[str, Any]) -> Iterator[str]:
    yield from (sealed_with(each) for each in settings.values() if is_sealed(each))


def _all_settings(transaction: Transaction, workspace: str) -> Iterable[Mapping[str, Any]]:
    yield from (each.settings for each in Connections(transaction, workspace).all())
    yield from (each.settings for each in Warehouses(transaction, workspace).all())


def reseal(transaction: Transaction, box: SecretBox, now: int) -> int:
    """Seal each secret with the newest key; how many there were with another one.

    `now` is in milliseconds since 1970. Raises SecretUnreadable for one that no key opens.
    """
    count = sum(
        _of_workspace(transaction, each, box, now) for each in Workspaces(transaction).all()
    )
    count += _of_users(transaction, box)
    if count:
        raise_version(transaction)
    return count


def _of_workspace(
    transaction: Transaction, workspace: WorkspaceRecord, box: SecretBox, now: int
) -> int:
    connections = Connections(transaction, workspace.id)
    warehouses = Warehouses(transaction, workspace.id)
    count = _of_all(connections, box, workspace.id) + _of_all(warehouses, box, workspace.id)
    if count:
        note = Note(
            "Workspace Modified", "WORKSPACE", workspace.id, workspace.slug, ("secret_key",)
        )
        write_down(Trail(transaction, workspace.id), operator(workspace.id), now, note)
    return count


class _Kept(Protocol[R]):
    """Records with settings, in a repository."""

    def all(self) -> Iterable[R]: ...

    def update(self, record: R) -> None: ...


def _of_all(repository: _Kept[R], box: SecretBox, workspace: str) -> int:
    count = 0
    for record in repository.all():
        settings = _renewed(box, record.settings, workspace, record.id)
        changed = sum(settings[key] is not each for key, each in record.settings.items())
        if changed:
            repository.update(msgspec.structs.replace(record, settings=settings))
        count += changed
    return count


def _renewed(
    box: SecretBox, settings: Mapping[str, Any], workspace: str, owner: str
) -> dict[str, Any]:
    return {
        field: box.renewed(value, secret_place(workspace, owner, field))
        if is_sealed(value)
        else value
        for field, value in settings.items()
    }


def _of_users(transaction: Transaction, box: SecretBox) -> int:
    count = 0
    for user in Users(transaction).with_totp():
        if (kept := totp.of(user)) is None:
            continue
        secret = box.renewed(kept.secret, totp.place(user))
        if secret is not kept.secret:
            changed = msgspec.structs.replace(kept, secret=secret)
            Users(transaction).update(totp.given(user, changed))
            count += 1
    return count
