"""What must be true before roles start: the store is current and its snapshot published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.clock import SystemClock
from headgate.control.ended_keys import end_write_keys
from headgate.control.publication import publish_whole
from headgate.ledger.reserve import Reserve
from headgate.services.parts import open_store
from headgate.store.errors import StoreUnreachable
from headgate.store.keyring import secret_box
from headgate.store.snapshot import SnapshotReader
from headgate.telemetry import log

if TYPE_CHECKING:
    from headgate.folder import DataFolder
    from headgate.settings import Settings


def settle(folder: DataFolder, settings: Settings) -> int:
    """Migrate the store and publish what is committed; returns the version in force.

    On a full disk this takes the room that was kept for the ledger. Where the database of the
    store is away, what was published last stays in force: events need no store.
    """
    Reserve(folder.reserve).give_way()
    try:
        return _published(folder, settings)
    except StoreUnreachable as error:
        last = SnapshotReader(folder.snapshots).refresh()
        if last is None:
            raise
        log.warning("store.unreachable", error=str(error), version=last.version)
        return last.version


def _published(folder: DataFolder, settings: Settings) -> int:
    with open_store(folder, settings) as store:
        with store.write() as transaction:
            box = secret_box(transaction, folder, settings.environment())
        end_write_keys(store, SystemClock().now_ms())
        if box.file is not None:
            log.info(
                "secret_key.in_data_folder",
                file=str(box.file),
                advice="move it to HEADGATE_SECRET_KEY: a copy of the folder then opens no secret",
            )
        return publish_whole(store)
