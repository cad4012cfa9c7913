"""The secret box of a store: its key is made once, and never again in place of a lost one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from headgate.store.connections import Connections
from headgate.store.people import Users
from headgate.store.secrets import VARIABLE, SecretBox, is_sealed
from headgate.store.warehouses import Warehouses
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.folder import DataFolder
    from headgate.store.database import Transaction


def secret_box(
    transaction: Transaction, folder: DataFolder, environ: Mapping[str, str] = os.environ
) -> SecretBox:
    """The box of this data folder, with a new key if nothing was ever sealed.

    Raises SecretKeyUnusable when the store holds secrets and their key is gone: a new key
    would hide that until a delivery fails.
    """
    is_new = not has_key(folder, environ) and not _has_secrets(transaction)
    return SecretBox.load(folder, environ, create=is_new)


def rehearsal_box(
    transaction: Transaction, folder: DataFolder, environ: Mapping[str, str] = os.environ
) -> SecretBox:
    """The same without making a file: a key that nobody keeps stands for one not made yet."""
    if has_key(folder, environ) or _has_secrets(transaction):
        return SecretBox.load(folder, environ)
    return SecretBox.ephemeral()


def has_key(folder: DataFolder, environ: Mapping[str, str]) -> bool:
    return bool(environ.get(VARIABLE)) or folder.secret_key.exists()


def _has_secrets(transaction: Transaction) -> bool:
    return Users(transaction).have_totp() or any(
        is_sealed(value) for settings in _all_settings(transaction) for value in settings.values()
    )


def _all_settings(transaction: Transaction) -> Iterator[dict[str, Any]]:
    for workspace in Workspaces(transaction).all():
        for connection in Connections(transaction, workspace.id).all():
            yield connection.settings
        for warehouse in Warehouses(transaction, workspace.id).all():
            yield warehouse.settings
