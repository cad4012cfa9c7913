"""The data folder: where each file of one running system is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataFolder:
    """The paths of `data-path`: everything that must be backed up is below `root`."""

    root: Path

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def run(self) -> Path:
        """Files that describe running processes: worthless once nothing runs."""
        return self.root / "run"

    @property
    def store(self) -> Path:
        return self.root / "store.db"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def secret_key(self) -> Path:
        return self.root / "secret.key"

    @property
    def tokens(self) -> Path:
        """Sealed OAuth tokens that were renewed, a file for each connection."""
        return self.root / "tokens"

    @property
    def oauth_key(self) -> Path:
        """What access tokens for ingest are signed with."""
        return self.root / "oauth.key"

    @property
    def assertions(self) -> Path:
        """The assertions that were exchanged for an access token: none of them works twice."""
        return self.root / "assertions"

    @property
    def appender_socket(self) -> Path:
        return self.run / "log.sock"

    @property
    def reserve(self) -> Path:
        """Room that is kept for the ledger when the disk is full."""
        return self.root / "reserve"

    def in_hand(self, process: int) -> Path:
        """The event that a deliver process works on, for its successor to see."""
        return self.run / f"in-hand-{process}"

    def ledger(self, process: int) -> Path:
        return self.root / f"ledger-{process}.db"

    def attempts(self, process: int, day: str) -> Path:
        """`day` is the UTC date as `2026-11-22`: attempts are dropped as whole files."""
        return self.root / f"attempts-{process}-{day}.db"

    @property
    def ledger_schema(self) -> Path:
        """Says in which schema of a database the ledger is, where it is in no file."""
        return self.root / "ledger.schema"

    def make(self) -> DataFolder:
        """Create the folders that must exist before any role starts."""
        for path in (self.root, self.log, self.run, self.snapshots):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self
