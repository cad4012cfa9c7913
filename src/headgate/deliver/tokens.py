"""Where renewed OAuth tokens are kept: a sealed file for each connection, shared by processes."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headgate.kit import Retry, Tokens
from headgate.store.errors import SecretUnreadable
from headgate.store.secrets import is_sealed, secret_place
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.folder import DataFolder
    from headgate.store.secrets import SecretBox
    from headgate.store.snapshot import Connection


class Renewed(msgspec.Struct, frozen=True):
    """Tokens that came of the configured ones, which `origin` tells apart from later ones.

    `since` is when that agreement was taken up here, in nanoseconds since 1970.
    """

    origin: str
    access: str
    refresh: str
    since: int = 0

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.access, self.refresh)


class Unwritten(NamedTuple):
    """Renewed tokens that the file could not take, and the ones that hold there."""

    instead_of: Tokens
    fresh: Tokens


def file_tokens(
    folder: DataFolder, box: SecretBox, connection: Connection, configured: Tokens
) -> FileTokens:
    """Give the place of a connection's tokens in the data folder."""
    place = secret_place(connection.workspace, connection.id, "tokens")
    return FileTokens(_path(folder, connection.id), configured, box, place)


class FileTokens:
    """The tokens of one connection: the configured ones until they were renewed.

    A new agreement, which changes the configured ones, makes what was renewed before worthless.
    A file that fails raises `Retry`; tokens that it could not take are kept in memory, as the
    ones before them may be void, and are written at the next read that finds it well.
    """

    def __init__(self, path: Path, configured: Tokens, box: SecretBox, place: str) -> None:
        self._path, self._configured = path, configured
        self._box, self._place = box, place
        self._origin = hashlib.sha256("\0".join(configured).encode()).hexdigest()
        self._since = time.time_ns()
        self._unwritten: Unwritten | None = None

    async def read(self) -> Tokens:
        if self._unwritten is not None:
            return await asyncio.to_thread(self._rewrite, self._unwritten)
        try:
            return self._holding(self._read())
        except OSError as error:
            raise self._failure(error) from None

    async def replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        return await asyncio.to_thread(self._replace, stale, fresh)

    def _replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        try:
            with _locked(self._path):
                there = self._read()
                kept = self._newest(self._holding(there))
                return self._put(there, fresh) if kept == stale else kept
        except OSError as error:
            before = self._unwritten.instead_of if self._unwritten else stale
            self._unwritten = Unwritten(before, fresh)
            raise self._failure(error) from None

    def _rewrite(self, unwritten: Unwritten) -> Tokens:
        try:
            with _locked(self._path):
                there = self._read()
                kept = self._newest(self._holding(there))
                return self._put(there, kept) if self._unwritten else kept
        except OSError:
            return unwritten.fresh

    def _newest(self, written: Tokens) -> Tokens:
        """Give what waits to be written, unless another process has written since."""
        waiting = self._unwritten
        if waiting is None or waiting.instead_of == written:
            return waiting.fresh if waiting else written
        self._unwritten = None
        return written

    def _put(self, there: Renewed | None, fresh: Tokens) -> Tokens:
        """Write fresh tokens; beside a newer agreement they are for those who began before."""
        self._unwritten = Unwritten(self._holding(there), fresh)
        if not self._is_outdated(there):
            self._write(Renewed(self._origin, *fresh, self._since))
            self._unwritten = None
        return fresh

    def _is_outdated(self, there: Renewed | None) -> bool:
        return there is not None and there.origin != self._origin and there.since > self._since

    def _holding(self, there: Renewed | None) -> Tokens:
        """What holds of the file, under the agreement of the configured tokens."""
        return there.tokens if there and there.origin == self._origin else self._configured

    def _read(self) -> Renewed | None:
        try:
            sealed = _envelope(self._path.read_bytes())
            return msgspec.convert(self._box.open(sealed, self._place), Renewed)
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, UnicodeDecodeError, SecretUnreadable) as error:
            log.warning("tokens.unreadable", path=self._path.name, error=str(error))
            return None

    def _write(self, renewed: Renewed) -> None:
        _put(self._path, self._box.seal(msgspec.to_builtins(renewed), self._place))

    def _failure(self, error: OSError) -> Retry:
        reason = error.strerror or type(error).__name__
        log.warning("tokens.failed", path=self._path.name, error=reason)
        return Retry(
            f"The file of this connection's tokens failed: {reason}. Check the disk and the "
            "rights of the data folder."
        )


def sealed_tokens(folder: DataFolder, connection: str) -> dict[str, str] | None:
    """What is kept of a connection's renewed tokens, by its id; None where nothing can be read."""
    try:
        return _envelope(_path(folder, connection).read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, SecretUnreadable):
        return None


def reseal_tokens(folder: DataFolder, box: SecretBox, workspace: str, connection: str) -> bool:
    """Seal a connection's tokens with the newest key; whether they were with another one.

    Both are ids. Raises OSError. What no key opens stays as it is: it is worth nothing.
    """
    path, place = _path(folder, connection), secret_place(workspace, connection, "tokens")
    if not path.exists():
        return False
    with _locked(path):
        if (there := sealed_tokens(folder, connection)) is None:
            return False
        try:
            fresh = box.renewed(there, place)
        except SecretUnreadable:
            return False
        if fresh is not there:
            _put(path, fresh)
        return fresh is not there


def _path(folder: DataFolder, connection: str) -> Path:
    return folder.tokens / f"{connection}.json"


def _put(path: Path, sealed: dict[str, str]) -> None:
    """Have the new file on disk before it takes the place of the old one."""
    beside = path.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(sealed))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _envelope(content: bytes) -> dict[str, str]:
    sealed = msgspec.json.decode(content, type=dict[str, str])
    if not is_sealed(sealed):
        raise SecretUnreadable("it holds no sealed value")
    return sealed
