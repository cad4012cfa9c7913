"""Brings what is committed into force: publishes the snapshot and waits for the roles."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from headgate.control.errors import Refused
from headgate.presence import present
from headgate.store.current import changes_since, current_snapshot
from headgate.store.revision import raise_version, version
from headgate.store.snapshot.journal import base_of, delta_from

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.presence import Presence
    from headgate.store.database import Store, Transaction
    from headgate.store.snapshot import Snapshot, SnapshotWriter

_ROLES = frozenset({"collect", "deliver"})
_STEP = 0.01


def publish_current(store: Store) -> int:
    """Publish what is committed, if it is not yet; return the version in force.

    Call it after each commit: it costs what changed, and what somebody else did not publish.
    """
    with store.publisher as writer:
        if writer.version > 0 and not writer.wants_base:
            with store.read() as transaction:
                if version(transaction) == writer.version:
                    return writer.version
                changes = changes_since(transaction, writer.version)
            if changes is not None and writer.publish_changes(changes):
                return changes.version
        return _whole(store, writer)


def publish_whole(store: Store) -> int:
    """The same, whatever may have become of the store or of what was published before.

    Call it at each start. The store is the truth: where it was restored from a backup and the
    snapshots are ahead of it, its content gets a version above theirs.
    """
    with store.publisher as writer:
        return _whole(store, writer)


def _whole(store: Store, writer: SnapshotWriter) -> int:
    snapshot = _committed(store)
    if writer.holds(snapshot) and snapshot.version <= writer.version:
        return writer.version
    if snapshot.version <= writer.version:
        snapshot = _raised(store, above=writer.version)
    writer.publish(snapshot)
    return snapshot.version


def check_publishable(transaction: Transaction) -> None:
    """Roll back, by Refused, what could be stored and never be published.

    The snapshot carries no whole numbers beyond 64 bits and no text that is not UTF-8. Once such
    a thing is stored, every later change would fail with it. Call it after `raise_version`.
    """
    changes = changes_since(transaction, version(transaction) - 1)
    try:
        if changes is None:
            base_of(current_snapshot(transaction))
        else:
            delta_from({}, changes)
    except (ValueError, OverflowError, TypeError) as error:
        raise Refused(f"this cannot be kept: {error}") from None


def wait_in_force(run: Path, version: int, seconds: float = 2.0) -> tuple[str, ...]:
    """Wait until every running collect and deliver has the version; say which has not.

    Nothing runs on a stopped system, so there it returns at once.
    """
    end = time.monotonic() + seconds
    while (late := _late(run, version)) and time.monotonic() < end:
        time.sleep(_STEP)
    return tuple(
        f"{each.role}-{each.index} (process {each.pid}) still works with version "
        f"{each.snapshot}, not {version}"
        for each in late
    )


def _late(run: Path, version: int) -> list[Presence]:
    return [each for each in present(run) if each.role in _ROLES and each.snapshot < version]


def _committed(store: Store) -> Snapshot:
    with store.read() as transaction:
        return current_snapshot(transaction)


def _raised(store: Store, *, above: int) -> Snapshot:
    with store.write() as transaction:
        raise_version(transaction, above=above)
        return current_snapshot(transaction)
