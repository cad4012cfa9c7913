"""What can go wrong with the store, named by what the caller does next.

* StoreError
  * StoreTooNew          a newer Headgate wrote the store: run that one
  * StoreUnreachable     its database does not answer: start it, or say where it is
  * StoreBusy            another process writes for too long: try again
  * StoreElsewhere       what this data folder is configured to do is kept in another store
  * Unkeepable           a value cannot be kept in this database: give another
  * NotFound             the workspace has no such record
  * SecretKeyUnusable    the key cannot be read or is no key: give a good one
  * SecretUnreadable     an envelope does not open with this key, at this place
  * SnapshotUnknown      that version is not among the kept snapshots
"""

from __future__ import annotations


class StoreError(Exception):
    """Base of every error of the store."""


class StoreTooNew(StoreError):
    """The store was written by a newer Headgate."""


class StoreUnreachable(StoreError):
    """The database of the store does not answer, or no longer."""


class StoreBusy(StoreError):
    """Another process has been writing for longer than anybody waits."""


class StoreElsewhere(StoreError):
    """The data folder belongs to another store than the one it was opened with."""


class Unkeepable(StoreError):
    """The database cannot keep a value, or look for it: PostgreSQL's text has no NUL."""


class NotFound(StoreError):
    """The workspace has no such record; another workspace's counts as none."""


class SecretKeyUnusable(StoreError):
    """There is no usable key to seal and open secrets with."""


class SecretUnreadable(StoreError):
    """A sealed value does not open: another key, another place, or changed bytes."""


class SnapshotUnknown(StoreError):
    """No kept snapshot has this version."""
