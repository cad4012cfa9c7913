"""The snapshot: what it holds, and how it is published, read and followed.

Light on purpose: collect imports this package, so nothing in it may import SQLAlchemy,
pydantic or cryptography.
"""

from headgate.store.snapshot.model import (
    Answers,
    Changes,
    Command,
    CommandKind,
    Connection,
    Language,
    Mode,
    OAuthApp,
    PublicKey,
    Schema,
    Snapshot,
    Source,
    SourceOAuth,
    Subscription,
)
from headgate.store.snapshot.reader import SnapshotReader
from headgate.store.snapshot.watch import SnapshotWatch
from headgate.store.snapshot.writer import SnapshotWriter

__all__ = [
    "Answers",
    "Changes",
    "Command",
    "CommandKind",
    "Connection",
    "Language",
    "Mode",
    "OAuthApp",
    "PublicKey",
    "Schema",
    "Snapshot",
    "SnapshotReader",
    "SnapshotWatch",
    "SnapshotWriter",
    "Source",
    "SourceOAuth",
    "Subscription",
]
